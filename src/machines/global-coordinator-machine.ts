// The global coordinator: it knows what sites report and brokers loans between them (R50). It moves no blade; the lender's site
// master does, and gets it back scrubbed like any other. A site is believed for itself only, whichever of its masters speaks.
import { assign, setup } from 'xstate'
import type { Address } from '../protocol/address.ts'
import type { SiteId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import {
  brokered,
  isLentAsAsked,
  type LoanBook,
  loanIn,
  siteCountMax,
  siteIn,
  siteOf,
  withLoan,
  withoutLoan,
} from './loan-book.ts'
import { unprovided } from './unprovided.ts'

export interface GlobalCoordinatorContext extends LoanBook {}

type From<T> = T & { from: Address; at: number }
export type GlobalCoordinatorEvent =
  | From<MessageOf<'site.reported'>>
  | From<MessageOf<'loan.request'>>
  | From<MessageOf<'loan.lent'>>
  | From<MessageOf<'loan.refused'>>
  | From<MessageOf<'loan.return'>>
  | From<MessageOf<'loan.returned'>>
  /** The lender did not answer. */
  | { type: 'loan.timedOut'; loan: string; at: number }

export const globalCoordinatorMachine = setup({
  types: { context: {} as GlobalCoordinatorContext, events: {} as GlobalCoordinatorEvent },
  guards: {
    isAsking: ({ context }) => Object.values(context.loans).some(({ state }) => state === 'asked'),
    isLending: ({ context }) => Object.keys(context.loans).length > 0,
    knowsSites: ({ context }) => Object.keys(context.sites).length >= 2,
    isImpostor: ({ event }) => 'site' in event && siteOf(event.from) !== event.site,
    isOfKnownSite: ({ context, event }) => 'site' in event && siteIn(context, event.site) !== undefined,
    hasRoom: ({ context }) => Object.keys(context.sites).length < siteCountMax,
    isRepeated: ({ context, event }) =>
      event.type === 'loan.request' && loanIn(context, event.loan)?.borrower === event.site,
    canBroker: ({ context, event }) => event.type === 'loan.request' && brokered(context, event) !== undefined,
    isLentAsAsked: ({ context, event }) => event.type === 'loan.lent' && isLentAsAsked(context, event),
    isOfNoLoan: ({ context, event }) => loanOf(context, event) === undefined,
    isRefusedByLender: ({ context, event }) => isOfLender(context, event) && loanOf(context, event)?.state !== 'lent',
    isOfLender: ({ context, event }) => isOfLender(context, event),
    isOfBorrower: ({ context, event }) => isFrom(loanOf(context, event)?.borrower, event),
    isUnanswered: ({ context, event }) => loanOf(context, event)?.state === 'asked',
    isReturning: ({ context, event }) => loanOf(context, event)?.state === 'returning',
  },
  actions: {
    noteSite: assign({
      sites: ({ context, event }) => {
        if (event.type !== 'site.reported') return context.sites
        const { site, longitude, spare, groups, at, from } = event
        return { ...context.sites, [site]: { site, longitude, spare, groups, at, address: from } }
      },
    }),
    openLoan: assign({
      loans: ({ context, event }) => {
        const loan = event.type === 'loan.request' ? brokered(context, event) : undefined
        return loan === undefined ? context.loans : withLoan(context, loan)
      },
    }),
    noteLent: assign({
      loans: ({ context, event }) => {
        const loan = loanOf(context, event)
        if (event.type !== 'loan.lent' || loan === undefined) return context.loans
        return withLoan(context, { ...loan, state: 'lent', blades: event.blades, lentAt: event.at })
      },
    }),
    noteReturning: assign({
      loans: ({ context, event }) => {
        const loan = loanOf(context, event)
        return loan === undefined ? context.loans : withLoan(context, { ...loan, state: 'returning' })
      },
    }),
    closeLoan: assign({
      loans: ({ context, event }) => ('loan' in event ? withoutLoan(context, event.loan) : context.loans),
    }),
    // effects
    askLender: unprovided('askLender'),
    startLoanTimer: unprovided('startLoanTimer'),
    cancelLoanTimer: unprovided('cancelLoanTimer'),
    refuseRequest: unprovided('refuseRequest'),
    repeatAnswer: unprovided('repeatAnswer'),
    tellRefused: unprovided('tellRefused'),
    tellLent: unprovided('tellLent'),
    askReturn: unprovided('askReturn'),
    takeBack: unprovided('takeBack'),
    refuseReturn: unprovided('refuseReturn'),
    tellReturned: unprovided('tellReturned'),
    reportChange: unprovided('reportChange'),
  },
}).createMachine({
  id: 'globalCoordinator',
  description: 'Brokers loans of blades between sites',
  context: { sites: {}, loans: {} },
  initial: 'judging',
  on: {
    'site.reported': [
      { guard: 'isImpostor' },
      { guard: 'isOfKnownSite', actions: 'noteSite' },
      { guard: 'hasRoom', target: '.judging', actions: 'noteSite' },
    ],
    'loan.request': [
      { guard: 'isImpostor' },
      // Asked twice: what is under way is said again, never done again.
      { guard: 'isRepeated', actions: 'repeatAnswer' },
      { guard: 'canBroker', target: '.judging', actions: ['openLoan', 'askLender', 'startLoanTimer'] },
      { actions: 'refuseRequest' },
    ],
    'loan.lent': [
      { guard: 'isLentAsAsked', target: '.judging', actions: ['cancelLoanTimer', 'noteLent', 'tellLent'] },
      // Nobody waits for these blades any more. What is known and not as asked is taken back when its time is up.
      { guard: 'isOfNoLoan', actions: 'takeBack' },
    ],
    'loan.refused': {
      guard: 'isRefusedByLender',
      target: '.judging',
      actions: ['cancelLoanTimer', 'tellRefused', 'closeLoan'],
    },
    'loan.return': [
      { guard: 'isOfBorrower', target: '.judging', actions: ['noteReturning', 'askReturn', 'startLoanTimer'] },
      { guard: 'isOfNoLoan', actions: 'refuseReturn' },
    ],
    'loan.returned': {
      guard: 'isOfLender',
      target: '.judging',
      actions: ['cancelLoanTimer', 'tellReturned', 'closeLoan'],
    },
    'loan.timedOut': [
      {
        guard: 'isUnanswered',
        target: '.judging',
        // It may have begun: the loan stays known until it says that it has everything back.
        actions: ['tellRefused', 'noteReturning', 'askReturn', 'startLoanTimer'],
      },
      { guard: 'isReturning', actions: ['askReturn', 'startLoanTimer'] },
    ],
  },
  states: {
    judging: {
      description: 'What is under way is looked at; left at once',
      always: [
        { guard: 'isAsking', target: 'brokering' },
        { guard: 'isLending', target: 'lending' },
        { guard: 'knowsSites', target: 'ready' },
        { target: 'gathering' },
      ],
    },
    gathering: { description: 'Fewer than two sites have reported: there is nobody to lend', entry: 'reportChange' },
    ready: { description: 'Sites are known, no loan is under way', entry: 'reportChange' },
    brokering: { description: 'A lender was asked and has not answered', entry: 'reportChange' },
    lending: {
      description: 'Blades of one site serve a group of another, or are on their way back',
      entry: 'reportChange',
    },
  },
})

/** The loan that an event is about. */
export function loanOf(context: GlobalCoordinatorContext, event: GlobalCoordinatorEvent) {
  return 'loan' in event ? loanIn(context, event.loan) : undefined
}

function isOfLender(context: GlobalCoordinatorContext, event: GlobalCoordinatorEvent): boolean {
  return isFrom(loanOf(context, event)?.lender, event)
}

function isFrom(site: SiteId | undefined, event: GlobalCoordinatorEvent): boolean {
  return site !== undefined && 'from' in event && siteOf(event.from) === site
}
