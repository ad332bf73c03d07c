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
  mutant('a step is asked for that no journal knows of', moveMachine, { actions: { journalIntent() {} } }),
  mutant('an answer is forgotten by the next life of the master', moveMachine, { actions: { journalAnswer() {} } }),
  mutant('a step has no deadline', moveMachine, { actions: { startStepTimer() {} } }),
  mutant('a deadline outlives its step', moveMachine, { actions: { cancelStepTimer() {} } }),
  mutant('what proved the blade is lost with the next answer', moveMachine, {
    actions: {
      recordAnswer: assign(({ context, event }: Args) =>
        event.type === 'move.step.answered' && event.result.outcome === 'done'
          ? {
              ...context,
              index: context.index + 1,
              attempt: context.rollingBack ? context.attemptMax + 1 : 1,
              evidence: {
                identity: event.result.identity ?? null,
                address: event.result.address ?? null,
                receipt: event.result.receipt ?? null,
              },
            }
          : context,
      ),
    },
  }),
]
