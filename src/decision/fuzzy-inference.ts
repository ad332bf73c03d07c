// Mamdani inference (R23): from expected response time, its probability, the balance and the priority to one wish in [-1, 1],
// above 0 for blades, below 0 to offer some.
//
// A rule is as strong as its condition: `and` is the least, `or` the greatest, `not x` is 1 - x. The strongest rule for each outcome
// cuts that outcome's set, the cut sets are joined by their maximum, and the wish is the centroid over a fixed grid, scaled so that a
// full request is 1. The output sets:
//   request  a ramp from 0 at 0 to 1 at 1        cut at r, the strongest request
//   offer    the same to the left                cut at o, the strongest offer
//   steady   a triangle around 0, ±0.25 wide     cut at 1 - max(r, o): what no rule has a word on
//
// Centroids of cut sets are in general not monotone: a stronger rule may add its new area on the near side of the present centroid
// and pull the wish back. Ramps and the steady set are chosen so that this cannot happen. A greater r adds area only at x ≥ r, whose
// mean (1 + r)/2 is never left of the ramp's own centroid (1/2 - r²/6)/(1 - r/2), and everything else lies further left; and it
// takes steady area only while r > o, when the centroid is right of 0. The mirror image holds for o. With rules that can only rise or
// only fall (fuzzy-rules.ts refuses others) the wish never falls as response time, probability or balance rise, whatever the rules.
import type { Condition, FuzzyRule } from './fuzzy-rules.ts'
import { type FuzzyInputs, membership, setOf } from './fuzzy-sets.ts'

export interface Activation {
  readonly rule: string
  readonly line: number
  readonly outcome: 'request' | 'offer'
  /** 0..1 */
  readonly strength: number
}

export interface Inference {
  /** -1..1 */
  readonly wish: number
  /** One a rule, in the order of the text. */
  readonly activations: readonly Activation[]
}

export function inferWish(rules: readonly FuzzyRule[], inputs: FuzzyInputs): Inference {
  const activations = rules.map(({ text, line, outcome, condition }) => ({
    rule: text,
    line,
    outcome,
    strength: strengthOf(condition, inputs),
  }))
  return { wish: defuzzify(strongest(activations, 'request'), strongest(activations, 'offer')), activations }
}

export interface DecisionSurface {
  /** By its limit, 0..1.5. */
  readonly responseTimes: readonly number[]
  /** 0..1 */
  readonly probabilities: readonly number[]
  /** `wish[i][j]` belongs to responseTimes[i] and probabilities[j]. */
  readonly wish: readonly (readonly number[])[]
}

/** The wish over the grid of expected response time and its probability (Fig. 17). `steps` ≥ 1 intervals a side. */
export function decisionSurface(
  rules: readonly FuzzyRule[],
  { priority, balance, steps }: { priority: number; balance: number | undefined; steps: number },
): DecisionSurface {
  const intervals = Math.max(1, Math.floor(steps))
  const fractions = Array.from({ length: intervals + 1 }, (_, i) => i / intervals)
  const responseTimes = fractions.map((fraction) => fraction * 1.5)
  const wish = responseTimes.map((response_time) =>
    fractions.map((probability) => inferWish(rules, { response_time, probability, balance, priority }).wish),
  )
  return { responseTimes, probabilities: fractions, wish }
}

function strengthOf(condition: Condition, inputs: FuzzyInputs): number {
  if (condition.kind !== 'is') {
    const parts = condition.parts.map((part) => strengthOf(part, inputs))
    return condition.kind === 'and' ? Math.min(...parts) : Math.max(...parts)
  }
  const set = setOf(condition.variable, condition.term)
  const strength = set === undefined ? 0 : membership(set, inputs[condition.variable] ?? 0)
  return condition.negated ? 1 - strength : strength
}

function strongest(activations: readonly Activation[], outcome: 'request' | 'offer'): number {
  return activations.reduce((most, one) => (one.outcome === outcome ? Math.max(most, one.strength) : most), 0)
}

const gridSteps = 100
const steadyWidth = 0.25
const fullRequest = centroid(1, 0)

function defuzzify(request: number, offer: number): number {
  if (request === offer) return 0
  // Full, and nothing against it: what the scale is made for.
  if (request === 1 && offer === 0) return 1
  if (request === 0 && offer === 1) return -1
  const wish = centroid(request, offer) / fullRequest
  return Math.max(-1, Math.min(1, wish))
}

function centroid(request: number, offer: number): number {
  const steady = 1 - Math.max(request, offer)
  let area = 0
  let moment = 0
  for (let i = -gridSteps; i <= gridSteps; i += 1) {
    const x = i / gridSteps
    const height = Math.max(Math.min(request, x), Math.min(offer, -x), Math.min(steady, 1 - Math.abs(x) / steadyWidth))
    area += height
    moment += height * x
  }
  return area === 0 ? 0 : moment / area
}
