import { assign } from 'xstate'
import {
  type GlobalCoordinatorContext,
  type GlobalCoordinatorEvent,
  globalCoordinatorMachine,
} from '../../src/machines/global-coordinator-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: GlobalCoordinatorContext
  readonly event: GlobalCoordinatorEvent
}

export const globalCoordinatorMutants: readonly Mutant[] = [
  mutant('anybody may say that a loan was lent or returned', globalCoordinatorMachine, {
    guards: { isOfLender: ({ context, event }: Args) => 'loan' in event && context.loans[event.loan] !== undefined },
  }),
  mutant('anybody may ask for the return of a loan', globalCoordinatorMachine, {
    guards: { isOfBorrower: ({ context, event }: Args) => 'loan' in event && context.loans[event.loan] !== undefined },
  }),
  mutant('a loan that was lent runs out of time', globalCoordinatorMachine, {
    guards: { isUnanswered: ({ context, event }: Args) => 'loan' in event && context.loans[event.loan] !== undefined },
  }),
  mutant('a request that comes twice opens a second loan', globalCoordinatorMachine, {
    guards: { isKnown: () => false },
    actions: { openLoan: assign({ loans: {} }) },
  }),
  mutant('returned loans are kept', globalCoordinatorMachine, { actions: { closeLoan: () => {} } }),
]
