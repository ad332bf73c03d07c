// What the global coordinator owes. A loan is asked of one lender, which is promised away no further than it can spare; it is told to
// its borrower once it is lent; and it is forgotten only when its lender has said that it has everything back, or gave nothing. Only
// a site itself says what it reports, asks for, lends and gives back.
export interface CoordinatorModel {
  readonly state: 'gathering' | 'ready' | 'brokering' | 'lending'
  readonly sites: readonly ModelSite[]
  readonly loans: readonly ModelLoan[]
  /** What the last event made it do, in order. */
  readonly did: readonly string[]
}

export interface ModelSite {
  readonly site: string
  readonly spare: number
  readonly at: number
}

export interface ModelLoan {
  readonly loan: string
  readonly borrower: string
  readonly lender: string
  readonly count: number
  readonly state: 'asked' | 'lent' | 'returning'
  readonly blades: readonly string[]
  readonly lentAt: number | null
}

/** `by`: whose address it came from. */
export type CoordinatorModelEvent = { readonly at: number } & (
  | { type: 'reported'; site: string; by: string; spare: number }
  | { type: 'request'; loan: string; site: string; by: string; count: number }
  | { type: 'lent'; loan: string; by: string; blades: readonly string[] }
  | { type: 'refused' | 'returned' | 'return'; loan: string; by: string }
  | { type: 'timedOut'; loan: string }
)
type EventOf<T extends CoordinatorModelEvent['type']> = Extract<CoordinatorModelEvent, { type: T }>

/** Sites lie in this order from west to east, a third of the way round each: the next one is the nearest to the east. */
export const siteOrder = ['west', 'middle', 'east'] as const
const silentAfterMs = 10_000

export const coordinatorModel = {
  initial: { state: 'gathering', sites: [], loans: [], did: [] } as CoordinatorModel,

  step(before: CoordinatorModel, event: CoordinatorModelEvent): CoordinatorModel {
    const model = { ...before, did: [] }
    const loan = 'loan' in event ? model.loans.find((one) => one.loan === event.loan) : undefined
    switch (event.type) {
      case 'reported':
        return event.by === event.site ? report(model, event) : model
      case 'request':
        return event.by === event.site ? request(model, loan, event) : model
      case 'lent':
        if (loan === undefined) return { ...model, did: ['takeBack'] }
        return isAsAsked(model, loan, event) ? lend(model, loan, event) : model
      case 'refused':
        if (event.by !== loan?.lender || loan.state === 'lent') return model
        return close(model, loan, 'tellRefused')
      case 'returned':
        return event.by === loan?.lender ? close(model, loan, 'tellReturned') : model
      case 'return':
        if (loan === undefined) return { ...model, did: ['refuseReturn'] }
        return event.by === loan.borrower ? recall(model, loan, []) : model
      case 'timedOut':
        if (loan === undefined || loan.state === 'lent') return model
        return recall(model, loan, loan.state === 'asked' ? ['tellRefused'] : [])
      default:
        return event satisfies never
    }
  },

  invariants: {
    'nobody lends to itself': ({ loans }: CoordinatorModel) =>
      loans.every(({ borrower, lender }) => borrower !== lender),
    'whoever lends lends some, and no more than was asked of it': ({ loans }: CoordinatorModel) =>
      loans.every(
        ({ state, blades, count }) => (state === 'lent' ? blades.length > 0 : true) && blades.length <= count,
      ),
    'no blade serves two loans': ({ loans }: CoordinatorModel) => {
      const lent = loans.flatMap(({ lender, blades }) => blades.map((blade) => `${lender}/${blade}`))
      return new Set(lent).size === lent.length
    },
    'a loan is between two sites that have reported': ({ loans, sites }: CoordinatorModel) =>
      loans.every((loan) => [loan.borrower, loan.lender].every((name) => sites.some(({ site }) => site === name))),
  },
}

function report(model: CoordinatorModel, { site, spare, at }: EventOf<'reported'>): CoordinatorModel {
  const isKnown = model.sites.some((one) => one.site === site)
  const sites = isKnown
    ? model.sites.map((one) => (one.site === site ? { site, spare, at } : one))
    : [...model.sites, { site, spare, at }]
  return judged({ ...model, sites })
}

function request(
  model: CoordinatorModel,
  known: ModelLoan | undefined,
  { loan, site, count, at }: EventOf<'request'>,
): CoordinatorModel {
  const refused = { ...model, did: ['refuseRequest'] }
  if (known !== undefined) return known.borrower === site ? { ...model, did: ['repeatAnswer'] } : refused
  if (!model.sites.some((one) => one.site === site)) return refused
  const from = siteOrder.indexOf(site as (typeof siteOrder)[number])
  for (const steps of [1, 2]) {
    const lender = siteOrder[(from + steps) % siteOrder.length] ?? ''
    const spare = spareOf(model, lender, at)
    if (spare <= 0) continue
    const asked = Math.min(count, spare)
    const opened: ModelLoan = { loan, borrower: site, lender, count: asked, state: 'asked', blades: [], lentAt: null }
    return judged({ ...model, loans: [...model.loans, opened], did: ['askLender', 'startLoanTimer'] })
  }
  return refused
}

/** What it said, less what was promised and is not in what it said. Nothing when it is silent. */
function spareOf({ sites, loans }: CoordinatorModel, name: string, now: number): number {
  const site = sites.find((one) => one.site === name)
  if (site === undefined || now - site.at > silentAfterMs) return 0
  let spare = site.spare
  for (const { lender, lentAt, count, blades } of loans)
    if (lender === name && (lentAt === null || lentAt >= site.at)) spare -= lentAt === null ? count : blades.length
  return spare
}

function isAsAsked({ loans }: CoordinatorModel, loan: ModelLoan, { by, blades }: EventOf<'lent'>): boolean {
  const taken = loans.filter(({ lender }) => lender === loan.lender).flatMap((other) => other.blades)
  const isFree = new Set([...blades, ...taken]).size === blades.length + taken.length
  return by === loan.lender && loan.state === 'asked' && blades.length > 0 && blades.length <= loan.count && isFree
}

function lend(model: CoordinatorModel, loan: ModelLoan, { blades, at }: EventOf<'lent'>): CoordinatorModel {
  const loans = changed(model, { ...loan, state: 'lent', blades, lentAt: at })
  return judged({ ...model, loans, did: ['cancelLoanTimer', 'tellLent'] })
}

function recall(model: CoordinatorModel, loan: ModelLoan, told: readonly string[]): CoordinatorModel {
  const loans = changed(model, { ...loan, state: 'returning' })
  return judged({ ...model, loans, did: [...told, 'askReturn', 'startLoanTimer'] })
}

function close(model: CoordinatorModel, loan: ModelLoan, told: string): CoordinatorModel {
  const loans = model.loans.filter((one) => one.loan !== loan.loan)
  return judged({ ...model, loans, did: ['cancelLoanTimer', told] })
}

function changed({ loans }: CoordinatorModel, loan: ModelLoan): readonly ModelLoan[] {
  return loans.map((one) => (one.loan === loan.loan ? loan : one))
}

function judged(model: CoordinatorModel): CoordinatorModel {
  const { sites, loans } = model
  if (loans.some(({ state }) => state === 'asked')) return { ...model, state: 'brokering' }
  if (loans.length > 0) return { ...model, state: 'lending' }
  return { ...model, state: sites.length >= 2 ? 'ready' : 'gathering' }
}
