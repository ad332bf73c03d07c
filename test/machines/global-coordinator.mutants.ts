import { assign } from 'xstate'
import {
  type GlobalCoordinatorContext,
  type GlobalCoordinatorEvent,
  globalCoordinatorMachine,
  loanOf,
} from '../../src/machines/global-coordinator-machine.ts'
import { brokered, isLentAsAsked, siteOf, withLoan } from '../../src/machines/loan-book.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: GlobalCoordinatorContext
  readonly event: GlobalCoordinatorEvent
}

const isKnown = ({ context, event }: Args) => loanOf(context, event) !== undefined

export const globalCoordinatorMutants: readonly Mutant[] = [
  mutant('anybody may say that a loan was returned', globalCoordinatorMachine, { guards: { isOfLender: isKnown } }),
  mutant('anybody may ask for the return of a loan', globalCoordinatorMachine, { guards: { isOfBorrower: isKnown } }),
  mutant('anybody may say that a loan was lent', globalCoordinatorMachine, {
    guards: {
      isLentAsAsked({ context, event }: Args) {
        const { lender } = loanOf(context, event) ?? {}
        const from = `bw://${lender}/m1/coordinator-link` as const
        return event.type === 'loan.lent' && lender !== undefined && isLentAsAsked(context, { ...event, from })
      },
    },
  }),
  mutant('a lender may lend what serves another loan', globalCoordinatorMachine, {
    guards: {
      isLentAsAsked({ context, event }: Args) {
        const loan = loanOf(context, event)
        const alone = { ...context, loans: loan === undefined ? {} : withLoan({ sites: {}, loans: {} }, loan) }
        return event.type === 'loan.lent' && isLentAsAsked(alone, event)
      },
    },
  }),
  mutant('one site reports for another', globalCoordinatorMachine, { guards: { isImpostor: () => false } }),
  mutant('a loan that was lent runs out of time', globalCoordinatorMachine, { guards: { isUnanswered: isKnown } }),
  mutant('a late refusal makes a lent loan forgotten', globalCoordinatorMachine, {
    guards: {
      isRefusedByLender: ({ context, event }: Args) =>
        'from' in event && isKnown({ context, event }) && loanOf(context, event)?.lender === siteOf(event.from),
    },
  }),
  mutant('what one borrower was promised is promised to another', globalCoordinatorMachine, {
    actions: {
      openLoan: assign(({ context, event }: Args) => {
        const loan = event.type === 'loan.request' ? brokered({ ...context, loans: {} }, event) : undefined
        return loan === undefined ? context : { ...context, loans: withLoan(context, loan) }
      }),
    },
  }),
  mutant('what was lent is spare until it is reported gone', globalCoordinatorMachine, {
    actions: {
      noteLent: assign(({ context, event }: Args) => {
        const loan = loanOf(context, event)
        if (event.type !== 'loan.lent' || loan === undefined) return context
        return { ...context, loans: withLoan(context, { ...loan, state: 'lent', blades: event.blades, lentAt: 0 }) }
      }),
    },
  }),
  mutant('a request that comes twice is refused', globalCoordinatorMachine, { guards: { isRepeated: () => false } }),
  mutant('returned loans are kept', globalCoordinatorMachine, { actions: { closeLoan: () => {} } }),
]
