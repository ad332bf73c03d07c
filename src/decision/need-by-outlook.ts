// How many blades a group needs, when there is an outlook on its demand: the fewest with which the rules would not ask for one more.
//
// The rules are asked about a number of blades, also one that the group does not hold, as if it did:
//   response_time   expected at the demand that is worth being ready for (what is passed with the probability `price`), or now, if that is more
//   probability     that demand will be above what so many blades serve, weighed by the price: 0.5 is where one more just pays (price.ts)
//   balance         of the utilisation by the expected demand; with what is held or fewer also what is measured
// All three fall as blades are added and the wish falls with them (fuzzy-inference.ts), so the answer is found by halving.
import { balanceFrom } from './aggregate.ts'
import { above, type Outlook, passedWith } from './forecast/outlook.ts'
import { type Inference, inferWish } from './fuzzy-inference.ts'
import type { FuzzyRule } from './fuzzy-rules.ts'
import type { FuzzyInputs } from './fuzzy-sets.ts'
import { weighed } from './price.ts'
import { queueing } from './queueing.ts'

export interface OutlookInput {
  readonly outlook: Outlook
  /** Demand now, in blades. */
  readonly demand: number
  /** 0..1, price.ts. */
  readonly price: number
  readonly rules: readonly FuzzyRule[]
  readonly wishMin: number
  readonly priority: number
  /** The worst B_k that is measured. */
  readonly balance: number | undefined
  readonly held: number
  /** Requests/s that a blade serves well; `demand` 1 is so many. */
  readonly ratePerBlade: number
  readonly serviceMs: number
  readonly responseLimitMs: number
  readonly bootMs: number
}

export interface Need {
  readonly blades: number
  /** As the rules saw what is held. */
  readonly inputs: FuzzyInputs
  readonly inference: Inference
  /** The demand that it is worth being ready for, in blades. */
  readonly readyFor: number
}

export function needByOutlook(input: OutlookInput): Need {
  const readyFor = passedWith(input.outlook, input.price)
  const inputsAt = (blades: number) => fuzzyInputsAt(input, readyFor, blades)
  const isEnough = (blades: number) => inferWish(input.rules, inputsAt(blades)).wish < input.wishMin
  const held = Math.max(1, input.held)
  const inputs = inputsAt(held)
  const inference = inferWish(input.rules, inputs)
  const blades = inference.wish < input.wishMin ? fewest(isEnough, 0, held) : atLeast(isEnough, held)
  return { blades, inputs, inference, readyFor }
}

function fuzzyInputsAt(
  { outlook, demand, price, balance, priority, held, ratePerBlade, serviceMs, ...limits }: OutlookInput,
  readyFor: number,
  blades: number,
): FuzzyInputs {
  const utilisation = Math.max(demand, readyFor) / blades
  const { expectedMs } = queueing(utilisation, blades * ratePerBlade, serviceMs, limits)
  const byUse = balanceFrom(Math.max(demand, outlook.median) / blades, { min: 0, max: 1 })
  return {
    response_time: expectedMs / limits.responseLimitMs,
    probability: demand > blades ? 1 : weighed(above(outlook, blades), price),
    balance: blades > held || balance === undefined ? byUse : Math.max(byUse, balance),
    priority,
  }
}

const bladesMax = 65_536

/** Above `held`, which is not enough; by doubling the step, then by halving. */
function atLeast(isEnough: (blades: number) => boolean, held: number): number {
  let [low, step] = [held, 1]
  while (low + step < bladesMax && !isEnough(low + step)) [low, step] = [low + step, 2 * step]
  return fewest(isEnough, low, Math.min(bladesMax, low + step))
}

/** Above `low`, which is not enough, at most `high`, which is. Looks close to `high` first: mostly little changes. */
function fewest(isEnough: (blades: number) => boolean, low: number, high: number): number {
  for (let step = 1; high - low > 1; ) {
    const middle = Math.max(low + 1, Math.min(high - 1, high - step))
    if (isEnough(middle)) {
      high = middle
      step *= 2
    } else {
      low = middle
      step = Math.ceil((high - low) / 2)
    }
  }
  return high
}
