import { assign } from 'xstate'
import { type HostBoardContext, type HostBoardEvent, hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: HostBoardContext
  readonly event: HostBoardEvent
}

export const hostBoardMutants: readonly Mutant[] = [
  mutant('a repeat is performed again', hostBoardMachine, { guards: { isKnown: () => false } }),
  mutant('an old epoch gets a promise', hostBoardMachine, { guards: { canPromise: () => true } }),
  mutant('nothing is ever refused', hostBoardMachine, { guards: { isRefused: () => false } }),
  mutant('the end of another command ends the one in hand', hostBoardMachine, { guards: { isInHand: () => true } }),
  mutant('a crash in a command leaves it running', hostBoardMachine, { actions: { interrupt: () => {} } }),
  mutant('whose data came in is forgotten', hostBoardMachine, {
    actions: {
      take: assign(({ context, event }: Args) => {
        if (event.type !== 'board.command') return context
        const { id, order, operation, from } = event
        return { ...context, command: { id, order, operation, from } }
      }),
    },
  }),
]
