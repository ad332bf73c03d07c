// What the global coordinator knows: what each site said last, and every loan between two of them. Pure: its machine keeps one.
//
// A loan is known until its lender has said that it has its blades back, or that it never gave any. A lender that stays silent is
// told to take back whatever it gave, again and again; only the borrower is told at once that nothing comes. So no lent blade is
// ever forgotten, and a blade serves one loan at a time (R54).
import { chooseLender, type LenderChoice, type SiteReport } from '../decision/broker.ts'
import { type Address, parseAddress } from '../protocol/address.ts'
import type { BladeId, GroupId, RoleId, SiteId } from '../protocol/ids.ts'
import type { MessageOf, Reason } from '../protocol/messages.ts'

/** A site not heard of for longer is not counted on. */
export const reportAgeMaxMs = 10_000
/** Sites, and loans at a time over all of them: bounds, not policies. */
export const siteCountMax = 256
export const loanCountMax = 256

export interface LoanBook {
  readonly sites: Readonly<Record<SiteId, KnownSite>>
  readonly loans: Readonly<Record<string, Loan>>
}

export interface KnownSite extends SiteReport {
  /** Who speaks for the site: from whom its last report came. */
  readonly address: Address
}

export interface Loan {
  readonly loan: string
  readonly borrower: SiteId
  readonly lender: SiteId
  readonly group: GroupId
  readonly role: RoleId
  /** Asked of the lender; it may lend fewer. */
  readonly count: number
  readonly state: 'asked' | 'lent' | 'returning'
  readonly blades: readonly BladeId[]
  /** When the lender said that it lends; null until then. */
  readonly lentAt: number | null
  readonly choice: LenderChoice
}

export type LoanRequest = MessageOf<'loan.request'> & { readonly from: Address; readonly at: number }
type Lent = MessageOf<'loan.lent'> & { readonly from: Address }

/** Names come from a wire: `constructor` is a name like any other. */
export function siteIn({ sites }: LoanBook, site: SiteId): KnownSite | undefined {
  return Object.hasOwn(sites, site) ? sites[site] : undefined
}

export function loanIn({ loans }: LoanBook, loan: string): Loan | undefined {
  return Object.hasOwn(loans, loan) ? loans[loan] : undefined
}

/** The site that an address is of. Which of its masters speaks, and in which of its lives, does not matter. */
export function siteOf(address: Address): SiteId | undefined {
  return parseAddress(address)?.site
}

/** The loan that a request leads to; undefined when there is none. */
export function brokered(book: LoanBook, request: LoanRequest): Loan | undefined {
  const choice = choiceFor(book, request)
  if (choice.lender === null || isFull(book) || loanIn(book, request.loan)) return undefined
  const { loan, group, role, site } = request
  const { lender, count } = choice
  return { loan, borrower: site, lender, group, role, count, state: 'asked', blades: [], lentAt: null, choice }
}

/** Why a request led to no loan. */
export function refusalOf(book: LoanBook, request: LoanRequest): readonly Reason[] {
  const { loan, site } = request
  if (loanIn(book, loan)) return [{ code: 'LOAN_TAKEN', text: `${loan} is a loan of another site`, numbers: {} }]
  const known = Object.keys(book.loans).length
  if (isFull(book)) return [{ code: 'LOANS_FULL', text: `${known} loans are under way`, numbers: { known } }]
  const { rejected } = choiceFor(book, request)
  if (rejected.length > 0) return rejected.map(({ reason }) => reason)
  return [{ code: 'NO_OTHER_SITE', text: `no site but ${site} has reported`, numbers: {} }]
}

/** What the lender says it lends can be so: to whom it was promised, no more of them, and no blade twice. */
export function isLentAsAsked(book: LoanBook, { loan, from, blades }: Lent): boolean {
  const known = loanIn(book, loan)
  if (known?.state !== 'asked' || known.lender !== siteOf(from)) return false
  const others = Object.values(book.loans).filter(({ lender }) => lender === known.lender)
  const isTaken = (blade: BladeId) => others.some((other) => other.blades.includes(blade))
  const isDistinct = new Set(blades).size === blades.length
  return blades.length > 0 && blades.length <= known.count && isDistinct && !blades.some(isTaken)
}

export function withLoan(book: LoanBook, loan: Loan): LoanBook['loans'] {
  return { ...book.loans, [loan.loan]: loan }
}

export function withoutLoan({ loans }: LoanBook, loan: string): LoanBook['loans'] {
  return Object.fromEntries(Object.entries(loans).filter(([name]) => name !== loan))
}

function isFull({ loans }: LoanBook): boolean {
  return Object.keys(loans).length >= loanCountMax
}

function choiceFor(book: LoanBook, { site, group, count, at }: LoanRequest): LenderChoice {
  const reports = Object.values(book.sites).map((report) => ({
    ...report,
    spare: Math.max(0, report.spare - unreported(book, report)),
  }))
  return chooseLender({ site, group, count }, reports, reportAgeMaxMs, at)
}

/** Blades that a site still counts as spare in its last report, and that were promised: not there to be promised twice. */
function unreported({ loans }: LoanBook, report: KnownSite): number {
  return Object.values(loans)
    .filter(({ lender, lentAt }) => lender === report.site && (lentAt === null || lentAt >= report.at))
    .reduce((sum, { count, blades, lentAt }) => sum + (lentAt === null ? count : blades.length), 0)
}
