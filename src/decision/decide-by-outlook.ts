// The local decision of a group whose demand is known well enough to be forecast. A request comes at once, for a blade that is needed when it
// boots is late already; an offer waits until a blade was idle for as long as the group has patience (idle-blades.ts, price.ts).
//
// One exception: many requests are late although blades should do. Then they are slower than rated, and after `slowHoldMs` one more is asked
// for; the time must outlast a replacement, or every failure would look like it.
import type { Outlook } from './forecast/outlook.ts'
import { above } from './forecast/outlook.ts'
import { countIdle, spare } from './idle-blades.ts'
import type { Known, LocalDecisionInput, LocalDecisionState, Verdict } from './local-decision-state.ts'
import { type Need, needByOutlook } from './need-by-outlook.ts'
import { priceOf, spend } from './price.ts'

export interface OutlookDecision {
  readonly verdict: Verdict
  readonly text: string
  readonly need: Need
  readonly price: number
  readonly state: LocalDecisionState
}

/** Share of requests that are late from which on blades count as slow. */
const lateMax = 0.2

export function decideByOutlook(
  state: LocalDecisionState,
  input: LocalDecisionInput,
  prediction: Known,
  outlook: Outlook,
  now: number,
): OutlookDecision {
  const { config, held, ratePerBlade, binMs } = input
  const demand = prediction.meanRate / ratePerBlade
  const passedMs = Math.max(0, Math.min(binMs, now - (state.price.at ?? now)))
  const isRefused = state.idle.needed > held
  const spent = spend(state.price, { demand, held, isRefused, budget: config.budget, binMs }, now)
  const price = priceOf(spent)
  const need = needByOutlook({
    ...{ outlook, demand, price, rules: input.rules, wishMin: config.wishMin, priority: input.priority, held },
    ...{ ratePerBlade, serviceMs: prediction.seen.serviceMs, responseLimitMs: input.responseLimitMs },
    ...{ bootMs: input.bootMs, balance: worst(Object.values(input.balances)) },
  })
  const idle = countIdle(
    state.idle,
    { needed: need.blades, held, passedMs },
    (rank) => 1 - above(outlook, rank - 1) / price,
  )
  const isSlow = prediction.seen.probability >= lateMax && need.blades <= held && held === state.held
  const slowSince = isSlow ? (state.slowSince ?? now) : null
  const next = { ...state, held, slowSince, price: spent, idle, requestSince: null, offerSince: null }
  const missing = need.blades - held
  if (missing > 0)
    return {
      ...conclude('request', missing, `${need.blades} blades are needed, ${held} are held`),
      need,
      price,
      state: next,
    }
  if (slowSince !== null && now - slowSince >= config.slowHoldMs)
    return {
      ...conclude('request', 1, `${held} blades should do and do not: they are slower than rated`),
      ...{ need, price, state: next },
    }
  const patienceMs = spent.patience * input.bootMs
  const idleCount = slowSince === null ? spare(idle, patienceMs) : 0
  if (idleCount > 0) {
    const text = `${idleCount} of ${held} blades were idle for ${Math.round(patienceMs / 1000)} s`
    return { ...conclude('offer', idleCount, text), need, price, state: next }
  }
  return { ...conclude('steady', 0, `${held} blades are held, ${need.blades} are needed`), need, price, state: next }
}

function conclude(kind: Verdict['kind'], count: number, text: string): { verdict: Verdict; text: string } {
  return { verdict: { kind, count }, text }
}

function worst(balances: readonly number[]): number | undefined {
  return balances.length === 0 ? undefined : Math.max(...balances)
}
