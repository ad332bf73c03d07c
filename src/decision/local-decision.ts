// One step of a group's local decision (R20-R23): from what is measured and predicted to a request, an offer, or neither.
//
// Where there is an outlook on demand, decide-by-outlook.ts decides. Until then, for the first bins of a new group:
//
// The wish says whether, arithmetic says how many. The wish comes from the fuzzy inference; the count from
//   request  the fewest blades that carry the predicted rate, less its deviation by chance, at `targetUtilisation`
//   offer    the fewest blades that carry the mean rate of the window, with a margin for its chance, at `offerUtilisation`, or that
//            have carried this rate before (proven-levels.ts)
// Both must agree, and go on agreeing for a hold-down, before the verdict changes: a request for `requestHoldMs`, which is short, an
// offer for `offerHoldMs`, which is long. Between 'would ask' and 'would offer' lies a band in which nothing happens.
//
// One exception: requests stay late although the arithmetic sees room. Then blades are slower than they are rated, and after
// `slowHoldMs` one more is asked for. The time must outlast the window and a replacement, or every failure would look like it.
import type { Reason } from '../protocol/messages.ts'
import { balanceFrom } from './aggregate.ts'
import { decideByOutlook } from './decide-by-outlook.ts'
import { type Activation, inferWish } from './fuzzy-inference.ts'
import { nothingIdle } from './idle-blades.ts'
import type { Known, LocalDecisionInput, LocalDecisionState, Verdict } from './local-decision-state.ts'
import { spend } from './price.ts'
import { learn, type ProvenLevels, provenFor } from './proven-levels.ts'

export interface LocalDecision {
  readonly verdict: Verdict
  /** -1..1 */
  readonly wish: number
  /** Blades that the group wants to hold; `held` when steady. */
  readonly desired: number
  /** Of a request: blades that are short now, not only when a boot is over. */
  readonly urgent: number
  readonly activations: readonly Activation[]
  /** Made when asked for: most decisions change nothing and are told to nobody. */
  reasons(): readonly Reason[]
  readonly state: LocalDecisionState
}

export function decideLocally(state: LocalDecisionState, input: LocalDecisionInput, now: number): LocalDecision {
  const { prediction, outlook, held } = input
  if (!prediction.known) return undecided(state, held, prediction.reports)
  if (outlook === undefined) return decideByRate(state, input, prediction, now)
  const { verdict, text, need, price, state: next } = decideByOutlook(state, input, prediction, outlook, now)
  const { inputs, inference, readyFor } = need
  const numbers = { price: round(price), readyFor: round(readyFor), needed: need.blades }
  const why = {
    code: 'OUTLOOK',
    text: `it is worth being ready for ${round(readyFor)} blades' demand: more comes with a probability below ${round(price)}`,
    numbers: { ...numbers, probability: round(inputs.probability), balance: round(inputs.balance ?? 0) },
  }
  const short = Math.ceil(prediction.meanRate / input.ratePerBlade - 1e-9) - held
  return decided({ verdict, text, why, ...inference, held, rate: prediction.predictedRate, state: next, short })
}

function decideByRate(
  state: LocalDecisionState,
  input: LocalDecisionInput,
  prediction: Known,
  now: number,
): LocalDecision {
  const inputs = fuzzyInputs(prediction, input)
  const inference = inferWish(input.rules, inputs)
  const needs = countNeeds(prediction, input, state.proven)
  const next = watch(state, prediction, input, inference.wish, needs, now)
  const { verdict, text } = conclude(next, input, needs, now)
  const why = predictionReason(prediction, input, inputs.balance)
  return decided({ verdict, text, why, ...inference, held: input.held, rate: prediction.predictedRate, state: next })
}

function decided(parts: {
  readonly verdict: Verdict
  readonly text: string
  readonly why: Reason
  readonly wish: number
  readonly activations: readonly Activation[]
  readonly held: number
  readonly rate: number
  readonly state: LocalDecisionState
  /** Blades that are short now; all, where that is not known. */
  readonly short?: number
}): LocalDecision {
  const { verdict, text, why, wish, activations, held, rate, state, short = verdict.count } = parts
  const desired = verdict.kind === 'request' ? held + verdict.count : held - verdict.count
  const reasons = () => {
    const numbers = { held, desired, wish: round(wish), rate: round(rate) }
    const fired = activations.filter(({ strength }) => strength > 0.05).map(activationReason)
    return [{ code: verdictCodes[verdict.kind], text, numbers }, why, ...fired].slice(0, 32)
  }
  const urgent = verdict.kind === 'request' ? Math.max(0, Math.min(verdict.count, short)) : 0
  return { verdict, wish, desired, urgent, activations, state, reasons }
}

/** Nothing is known: no verdict, and no hold-down goes on counting over the gap. */
function undecided(state: LocalDecisionState, held: number, reports: number): LocalDecision {
  const text = `${reports} reports inside the window are too few to tell`
  return {
    verdict: { kind: 'steady', count: 0 },
    wish: 0,
    desired: held,
    urgent: 0,
    activations: [],
    reasons: () => [{ code: 'TOO_FEW_REPORTS', text, numbers: { reports, held } }],
    state: { ...state, requestSince: null, offerSince: null, slowSince: null, held },
  }
}

function fuzzyInputs(prediction: Known, { balances, responseLimitMs, priority }: LocalDecisionInput) {
  const utilisation = balanceFrom(prediction.utilisation, { min: 0, max: 1 })
  return {
    response_time: prediction.expectedMs / responseLimitMs,
    probability: prediction.probability,
    balance: Math.max(utilisation, ...Object.values(balances)),
    priority,
  }
}

interface Needs {
  /** Blades that the predicted rate needs, chance of arrival left out. */
  readonly atLeast: number
  /** Blades with which the group would do well for sure. */
  readonly enough: number
}

function countNeeds(
  prediction: Known,
  { ratePerBlade, config, held }: LocalDecisionInput,
  proven: ProvenLevels,
): Needs {
  const bladesFor = (rate: number, utilisation: number) => Math.max(1, Math.ceil(rate / (ratePerBlade * utilisation)))
  const rate = prediction.meanRate + prediction.rise
  // Arrivals scatter by their square root: one and a half of that, for the window that the mean was taken over.
  const marginPerSecond = 1.5 * Math.sqrt((prediction.meanRate * 1000) / prediction.windowMs)
  const inTheory = bladesFor(rate + marginPerSecond, config.offerUtilisation)
  return {
    atLeast: bladesFor(prediction.predictedRate - prediction.rateDeviation, config.targetUtilisation),
    enough: Math.max(1, Math.min(inTheory, provenFor(proven, rate, held) ?? inTheory)),
  }
}

function watch(
  state: LocalDecisionState,
  prediction: Known,
  { config, held, ratePerBlade, binMs }: LocalDecisionInput,
  wish: number,
  needs: Needs,
  now: number,
): LocalDecisionState {
  const since = (before: number | null, isTrue: boolean) => (isTrue ? (before ?? now) : null)
  // New blades must show first what they change; blades that leave on our own offer are no news.
  const isGrown = held > state.held
  const isAsking = wish >= config.wishMin
  const demand = prediction.meanRate / ratePerBlade
  return {
    idle: nothingIdle,
    price: spend(state.price, { demand, held, isRefused: false, budget: config.budget, binMs }, now),
    requestSince: since(state.requestSince, isAsking && needs.atLeast > held),
    offerSince: since(isGrown ? null : state.offerSince, wish <= -config.wishMin && needs.enough < held),
    slowSince: since(held === state.held ? state.slowSince : null, isAsking && needs.atLeast <= held),
    held,
    proven: learn(state.proven, {
      held,
      meanRate: prediction.meanRate,
      lateRatio: prediction.seen.probability,
      rateMax: held * ratePerBlade * config.targetUtilisation,
    }),
  }
}

function conclude(
  state: LocalDecisionState,
  { config, held }: LocalDecisionInput,
  needs: Needs,
  now: number,
): { verdict: Verdict; text: string } {
  const hasLasted = (since: number | null, holdMs: number) => since !== null && now - since >= holdMs
  if (hasLasted(state.requestSince, config.requestHoldMs))
    return {
      verdict: { kind: 'request', count: needs.atLeast - held },
      text: `${needs.atLeast} blades are needed, ${held} are held`,
    }
  if (hasLasted(state.offerSince, config.offerHoldMs))
    return {
      verdict: { kind: 'offer', count: held - needs.enough },
      text: `${needs.enough} blades are enough, ${held} are held`,
    }
  if (hasLasted(state.slowSince, config.slowHoldMs))
    return {
      verdict: { kind: 'request', count: 1 },
      text: `${held} blades should do and do not: they are slower than rated`,
    }
  return { verdict: { kind: 'steady', count: 0 }, text: `${held} blades are held, and nothing asks for a change yet` }
}

const verdictCodes = { request: 'REQUEST', offer: 'OFFER', steady: 'STEADY' } as const

function predictionReason(prediction: Known, { responseLimitMs }: LocalDecisionInput, balance: number): Reason {
  const { expectedMs, probability, predictedRate, utilisation } = prediction
  const text = `${round(expectedMs)} ms expected at ${round(predictedRate)}/s, limit ${responseLimitMs} ms, passed with probability ${round(probability)}`
  const numbers = {
    expectedMs: round(expectedMs),
    probability: round(probability),
    utilisation: round(utilisation),
    balance: round(balance),
  }
  return { code: 'PREDICTION', text, numbers }
}

function activationReason({ rule, line, strength }: Activation): Reason {
  return { code: 'RULE', text: `line ${line}: ${rule}`.slice(0, 512), numbers: { strength: round(strength) } }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
