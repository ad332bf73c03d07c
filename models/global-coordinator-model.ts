// What the global coordinator owes: a loan is asked of one lender, who has promised no blade twice; it is told to its borrower once it
// is lent, and forgotten once it is returned, refused or unanswered. Nobody but the lender says that it lent.
export interface CoordinatorModel {
  readonly state: 'gathering' | 'ready' | 'brokering' | 'lending'
  readonly sites: Readonly<Record<string, number>>
  readonly loans: Readonly<Record<string, ModelLoan>>
}

export interface ModelLoan {
  readonly borrower: string
  readonly lender: string
  readonly count: number
  readonly state: 'asked' | 'lent' | 'returning'
}

export type CoordinatorModelEvent =
  | { type: 'reported'; site: string; spare: number }
  | { type: 'request'; loan: string; site: string; count: number }
  | { type: 'lent' | 'refused' | 'returned' | 'return'; loan: string; by: string }
  | { type: 'timedOut'; loan: string }

/** Sites lie in this order from west to east, a third of the way round each: the next one is the nearest to the east. */
export const siteOrder = ['west', 'middle', 'east'] as const

const without = (loans: CoordinatorModel['loans'], loan: string) =>
  Object.fromEntries(Object.entries(loans).filter(([name]) => name !== loan))

export const coordinatorModel = {
  initial: { state: 'gathering', sites: {}, loans: {} } as CoordinatorModel,

  step(model: CoordinatorModel, event: CoordinatorModelEvent): CoordinatorModel {
    const { sites, loans } = model
    if (event.type === 'reported') return judged({ ...model, sites: { ...sites, [event.site]: event.spare } })
    if (event.type === 'request') return request(model, event)
    const loan = loans[event.loan]
    if (loan === undefined) return model
    if (event.type === 'timedOut')
      return loan.state === 'asked' ? judged({ ...model, loans: without(loans, event.loan) }) : model
    if (event.by !== (event.type === 'return' ? loan.borrower : loan.lender)) return model
    if (event.type === 'lent')
      return judged({ ...model, loans: { ...loans, [event.loan]: { ...loan, state: 'lent' } } })
    if (event.type === 'return')
      return judged({ ...model, loans: { ...loans, [event.loan]: { ...loan, state: 'returning' } } })
    return judged({ ...model, loans: without(loans, event.loan) })
  },

  invariants: {
    'nobody lends to itself': ({ loans }: CoordinatorModel) =>
      Object.values(loans).every(({ borrower, lender }) => borrower !== lender),
    'a loan is of some blades': ({ loans }: CoordinatorModel) => Object.values(loans).every(({ count }) => count > 0),
  },
}

function request(
  model: CoordinatorModel,
  event: Extract<CoordinatorModelEvent, { type: 'request' }>,
): CoordinatorModel {
  const { sites, loans } = model
  if (loans[event.loan] !== undefined || sites[event.site] === undefined) return model
  const from = siteOrder.indexOf(event.site as (typeof siteOrder)[number])
  for (const steps of [1, 2]) {
    const lender = siteOrder[(from + steps) % siteOrder.length] ?? ''
    const promised = Object.values(loans)
      .filter((loan) => loan.lender === lender && loan.state === 'asked')
      .reduce((sum, loan) => sum + loan.count, 0)
    const spare = (sites[lender] ?? 0) - promised
    if (spare <= 0) continue
    const loan: ModelLoan = { borrower: event.site, lender, count: Math.min(event.count, spare), state: 'asked' }
    return judged({ ...model, loans: { ...loans, [event.loan]: loan } })
  }
  return model
}

function judged(model: CoordinatorModel): CoordinatorModel {
  const loans = Object.values(model.loans)
  if (loans.some(({ state }) => state === 'asked')) return { ...model, state: 'brokering' }
  if (loans.length > 0) return { ...model, state: 'lending' }
  return { ...model, state: Object.keys(model.sites).length >= 2 ? 'ready' : 'gathering' }
}
