import { assign } from 'xstate'
import {
  type LocalDecisionContext,
  type LocalDecisionEvent,
  localDecisionMachine,
} from '../../src/machines/local-decision-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: LocalDecisionContext
  readonly event: LocalDecisionEvent
}

export const localDecisionMutants: readonly Mutant[] = [
  mutant('it speaks at every report', localDecisionMachine, {
    guards: { isWorthSaying: ({ context }: Args) => context.opinion !== null },
  }),
  mutant('it never repeats itself', localDecisionMachine, {
    guards: {
      isWorthSaying: ({ context }: Args) =>
        context.opinion !== null && context.opinion.kind !== context.said?.opinion.kind,
    },
  }),
  mutant("another group's reports are its business", localDecisionMachine, { guards: { isOwnReport: () => true } }),
  mutant('what was said for one group counts for the next', localDecisionMachine, {
    guards: { isOther: () => false },
  }),
  mutant('the end of any mandate is the end of its own', localDecisionMachine, {
    guards: { isOwnEnd: ({ event }: Args) => event.type === 'decision.designate' && !event.on },
  }),
  mutant('what one role learnt counts for the other', localDecisionMachine, {
    guards: {
      isOther: ({ context, event }: Args) =>
        event.type === 'decision.designate' && context.mandate?.group !== event.group,
    },
  }),
  mutant('what was said counts for the next mandate', localDecisionMachine, {
    actions: { forget: assign({ mandate: null, opinion: null }) },
  }),
  mutant('it forgets what it said', localDecisionMachine, { actions: { noteSaid: assign({ said: null }) } }),
]
