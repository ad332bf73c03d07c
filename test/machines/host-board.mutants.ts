import { assign } from 'xstate'
import { freshMemory, memoryAfter, memoryBefore } from '../../src/machines/host-board-gate.ts'
import { type HostBoardContext, type HostBoardEvent, hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: HostBoardContext
  readonly event: HostBoardEvent
}

export const hostBoardMutants: readonly Mutant[] = [
  mutant('a repeat is performed again', hostBoardMachine, { guards: { isKnown: () => false } }),
  mutant('nothing is ever refused', hostBoardMachine, { guards: { isRefused: () => false } }),
  mutant('the end of another command ends the one in hand', hostBoardMachine, { guards: { isInHand: () => true } }),
  mutant('a crash in a command leaves it running', hostBoardMachine, { actions: { interrupt: () => {} } }),
  mutant('a reading of the past is believed', hostBoardMachine, { guards: { isFreshReading: () => true } }),
  mutant('what has changed is not told', hostBoardMachine, {
    guards: {
      isUnchangedReading: ({ context, event }: Args) =>
        event.type === 'board.reading.taken' && event.revision === context.revision,
    },
  }),
  mutant('a new agent does not know what the old one did', hostBoardMachine, {
    actions: {
      restore: assign(({ context, event }: Args) =>
        event.type === 'board.opened' ? { ...context, memory: freshMemory, facts: event.facts } : context,
      ),
    },
  }),
  mutant('a receipt counts from whatever carries one', hostBoardMachine, {
    actions: {
      finish: assign(({ context, event }: Args) => {
        if (event.type !== 'board.operation.ended' || context.command === null) return context
        const { command, memory } = context
        const verified = { id: command.id, operation: { step: 'verifyScrub' } as const }
        return { ...context, memory: memoryAfter(memory, verified, event.result), facts: event.facts }
      }),
    },
  }),
  mutant('power brings in no software', hostBoardMachine, {
    actions: {
      take: assign(({ context, event }: Args) => {
        if (event.type !== 'board.command') return context
        const { id, order, operation, from } = event
        const memory = memoryBefore(context.memory, event, { ...context.facts, pointers: null })
        return { ...context, memory, command: { id, order, operation, from }, revision: context.revision + 1 }
      }),
    },
  }),
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
