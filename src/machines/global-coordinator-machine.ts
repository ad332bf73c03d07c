// The global coordinator: it knows what sites report and brokers loans between them (R50). It moves no blade; the lender's site
// master does, and gets it back scrubbed like any other.
import { assign, setup } from 'xstate'
import { chooseLender, type LenderChoice, type SiteReport } from '../decision/broker.ts'
import type { Address } from '../protocol/address.ts'
import type { BladeId, GroupId, RoleId, SiteId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import { unprovided } from './unprovided.ts'

/** A site not heard of for longer is not counted on. */
export const reportAgeMaxMs = 10_000
/** Loans at a time, over all sites: a bound, not a policy. */
export const loanCountMax = 256

export interface Loan {
  readonly loan: string
  readonly borrower: SiteId
  /** Who asked, and hears how it goes. */
  readonly asker: Address
  readonly lender: SiteId
  readonly lenderAddress: Address
  readonly group: GroupId
  readonly role: RoleId
  readonly count: number
  readonly state: 'asked' | 'lent' | 'returning'
  readonly blades: readonly BladeId[]
  readonly choice: LenderChoice
}

export interface KnownSite extends SiteReport {
  readonly address: Address
}

export interface GlobalCoordinatorContext {
  readonly sites: Readonly<Record<SiteId, KnownSite>>
  readonly loans: Readonly<Record<string, Loan>>
}

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
    isKnown: ({ context, event }) => 'loan' in event && context.loans[event.loan] !== undefined,
    canBroker: ({ context, event }) => event.type === 'loan.request' && brokered(context, event) !== undefined,
    isOfLender: ({ context, event }) => loanOf(context, event)?.lenderAddress === fromOf(event),
    isOfBorrower: ({ context, event }) => loanOf(context, event)?.asker === fromOf(event),
    isUnanswered: ({ context, event }) => loanOf(context, event)?.state === 'asked',
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
        return loan === undefined ? context.loans : { ...context.loans, [loan.loan]: loan }
      },
    }),
    noteLent: assign({
      loans: ({ context, event }) =>
        event.type === 'loan.lent'
          ? changed(context, event.loan, { state: 'lent', blades: event.blades })
          : context.loans,
    }),
    noteReturning: assign({
      loans: ({ context, event }) =>
        event.type === 'loan.return' ? changed(context, event.loan, { state: 'returning' }) : context.loans,
    }),
    closeLoan: assign({
      loans: ({ context, event }) =>
        'loan' in event
          ? Object.fromEntries(Object.entries(context.loans).filter(([loan]) => loan !== event.loan))
          : context.loans,
    }),
    // effects
    askLender: unprovided('askLender'),
    startLoanTimer: unprovided('startLoanTimer'),
    cancelLoanTimer: unprovided('cancelLoanTimer'),
    refuseRequest: unprovided('refuseRequest'),
    tellRefused: unprovided('tellRefused'),
    tellLent: unprovided('tellLent'),
    askReturn: unprovided('askReturn'),
    tellReturned: unprovided('tellReturned'),
    reportChange: unprovided('reportChange'),
  },
}).createMachine({
  id: 'globalCoordinator',
  description: 'Brokers loans of blades between sites',
  context: { sites: {}, loans: {} },
  initial: 'judging',
  on: {
    'site.reported': { target: '.judging', actions: 'noteSite' },
    'loan.request': [
      // Asked twice: what is under way is said again, never done again.
      { guard: 'isKnown', actions: 'tellLent' },
      { guard: 'canBroker', target: '.judging', actions: ['openLoan', 'askLender', 'startLoanTimer'] },
      { actions: 'refuseRequest' },
    ],
    'loan.lent': {
      guard: 'isOfLender',
      target: '.judging',
      actions: ['cancelLoanTimer', 'noteLent', 'tellLent'],
    },
    'loan.refused': {
      guard: 'isOfLender',
      target: '.judging',
      actions: ['cancelLoanTimer', 'tellRefused', 'closeLoan'],
    },
    'loan.return': { guard: 'isOfBorrower', target: '.judging', actions: ['noteReturning', 'askReturn'] },
    'loan.returned': {
      guard: 'isOfLender',
      target: '.judging',
      actions: ['cancelLoanTimer', 'tellReturned', 'closeLoan'],
    },
    'loan.timedOut': {
      guard: 'isUnanswered',
      target: '.judging',
      // The lender may have begun: it is told to take back whatever it lent.
      actions: ['askReturn', 'tellRefused', 'closeLoan'],
    },
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
    lending: { description: 'Blades of one site serve a group of another', entry: 'reportChange' },
  },
})

/** The loan that a request leads to; undefined when nobody can lend. Also used by the effect that says why not. */
export function brokered(context: GlobalCoordinatorContext, event: From<MessageOf<'loan.request'>>): Loan | undefined {
  const choice = choiceFor(context, event)
  const lender = choice.lender === null ? undefined : context.sites[choice.lender]
  if (lender === undefined || Object.keys(context.loans).length >= loanCountMax) return undefined
  const { loan, group, role, site, from } = event
  return {
    loan,
    borrower: site,
    asker: from,
    lender: lender.site,
    lenderAddress: lender.address,
    group,
    role,
    count: choice.count,
    state: 'asked',
    blades: [],
    choice,
  }
}

export function choiceFor(context: GlobalCoordinatorContext, event: From<MessageOf<'loan.request'>>): LenderChoice {
  const { site, group, count, at } = event
  // What was promised and not reported yet is not there to be promised twice.
  const promised = (lender: SiteId) =>
    Object.values(context.loans)
      .filter((loan) => loan.lender === lender && loan.state === 'asked')
      .reduce((sum, loan) => sum + loan.count, 0)
  const reports = Object.values(context.sites).map((report) => ({
    ...report,
    spare: Math.max(0, report.spare - promised(report.site)),
  }))
  return chooseLender({ site, group, count }, reports, reportAgeMaxMs, at)
}

function loanOf(context: GlobalCoordinatorContext, event: GlobalCoordinatorEvent): Loan | undefined {
  return 'loan' in event ? context.loans[event.loan] : undefined
}

function fromOf(event: GlobalCoordinatorEvent): Address | undefined {
  return 'from' in event ? event.from : undefined
}

function changed(context: GlobalCoordinatorContext, loan: string, change: Partial<Loan>) {
  const known = context.loans[loan]
  return known === undefined ? context.loans : { ...context.loans, [loan]: { ...known, ...change } }
}
