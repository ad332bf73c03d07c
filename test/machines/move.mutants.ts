import { assign } from 'xstate'
import { type MoveContext, type MoveEvent, moveMachine } from '../../src/machines/move-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: MoveContext
  readonly event: MoveEvent
}

export const moveMutants: readonly Mutant[] = [
  mutant('an answer to another attempt counts', moveMachine, {
    guards: {
      isDone: ({ context, event }: Args) =>
        event.type === 'move.step.answered' &&
        event.step === context.steps[context.index] &&
        event.result.outcome === 'done',
    },
  }),
  mutant('the way out uses the commands of the way in', moveMachine, {
    actions: {
      beginRollback: assign(({ context }: Args) => ({
        ...context,
        steps: context.rollback,
        index: 0,
        attempt: 1,
        rollingBack: true,
      })),
    },
  }),
  mutant('a step is tried for ever', moveMachine, {
    guards: { canRetry: ({ event }: Args) => event.type === 'move.step.timedOut' },
  }),
  mutant('a failed way out begins another one', moveMachine, { guards: { canRollBack: () => true } }),
  mutant('a cancelled way out begins anew', moveMachine, { guards: { canCancel: () => true } }),
]
