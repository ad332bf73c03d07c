// What a local decision has learnt, and what it concludes. Pure: the local-decision machine keeps one.
import { type AggregatorState, addSample, balanceOf, createAggregator } from '../decision/aggregate.ts'
import { defaultRules } from '../decision/default-rules.ts'
import { createDemandWatch, type DemandWatch, observe, outlookAt } from '../decision/forecast/demand-watch.ts'
import { type FuzzyRule, parseRules } from '../decision/fuzzy-rules.ts'
import { decideLocally } from '../decision/local-decision.ts'
import { emptyLocalDecision, type LocalDecisionState, type Verdict } from '../decision/local-decision-state.ts'
import { addReport, createPredictor, type PredictorState, predict } from '../decision/predict.ts'
import { addHistogram, emptyHistogram, quantileMs } from '../protocol/latency-histogram.ts'
import type { MessageOf, Reason } from '../protocol/messages.ts'

/** For whom it decides, and by which numbers. */
export type Mandate = Omit<MessageOf<'decision.designate'>, 'type' | 'on'>

export type Report = MessageOf<'balancer.report'>

export interface LocalMind {
  readonly predictor: PredictorState
  readonly demand: DemandWatch
  /** Of the median response time; null before the first report. */
  readonly latency: AggregatorState | null
  readonly decision: LocalDecisionState
  /** Members that the last report listed. */
  readonly members: number
}

export interface Opinion {
  readonly kind: Verdict['kind']
  readonly count: number
  readonly desired: number
  readonly urgent: number
  readonly wish: number
  readonly reasons: readonly Reason[]
}

/** w_k of the latency (R21), in reports. */
export const latencyWindow = 4

export const emptyMind: LocalMind = {
  predictor: createPredictor(),
  demand: createDemandWatch(),
  latency: null,
  decision: emptyLocalDecision,
  members: 0,
}

export function learnFrom(mind: LocalMind, report: Report, mandate: Mandate, now: number): LocalMind {
  return {
    ...mind,
    predictor: addReport(mind.predictor, { ...report, at: now }, mandate.bootMs, now),
    demand: observe(mind.demand, demandOf(report, mandate), report.periodMs, now),
    latency: learnLatency(mind.latency, report, mandate.responseLimitMs),
    members: report.members.length,
  }
}

/** The opinion is null while too little is known to have one. */
export function reconsider(
  mind: LocalMind,
  mandate: Mandate,
  now: number,
): { mind: LocalMind; opinion: Opinion | null } {
  const { responseLimitMs, ratePerBlade, priority, held, bootMs, thresholds } = mandate
  const members = Math.max(1, mind.members)
  const prediction = predict(mind.predictor, { members, ratePerBlade, responseLimitMs, bootMs }, now)
  const latency = mind.latency === null ? undefined : balanceOf(mind.latency)
  const { verdict, desired, urgent, wish, reasons, state } = decideLocally(
    mind.decision,
    {
      prediction,
      outlook: prediction.known ? outlookAt(mind.demand, prediction.meanRate / ratePerBlade, now) : undefined,
      ...{ binMs: mind.demand.config.binMs, bootMs },
      balances: latency === undefined ? {} : { latency },
      rules: rulesOf(mandate.rules),
      config: thresholds,
      responseLimitMs,
      ratePerBlade,
      priority,
      held,
    },
    now,
  )
  const opinion = prediction.known
    ? { kind: verdict.kind, count: verdict.count, desired, urgent, wish, reasons: reasons() }
    : null
  return { mind: { ...mind, decision: state }, opinion }
}

/** In blades. Every request that arrived counts, refused ones too. */
function demandOf({ arrived, refused, periodMs }: Report, { ratePerBlade }: Mandate): number {
  return (Math.max(arrived, refused) * 1_000) / Math.max(1, periodMs) / ratePerBlade
}

function learnLatency(state: AggregatorState | null, report: Report, responseLimitMs: number): AggregatorState | null {
  const isSame = state !== null && state.kind.max === responseLimitMs
  const kind = { name: 'latency', windowSamples: latencyWindow, min: 0, max: responseLimitMs }
  const created = isSame ? undefined : createAggregator(kind)
  const known = created === undefined ? state : created.ok ? created.state : null
  if (known === null) return null
  const all = emptyHistogram()
  for (const member of report.members) addHistogram(all, member.latency)
  const median = quantileMs(all, 0.5)
  if (median !== undefined) return addSample(known, median)
  // Or a flood that ends in silence would count as the latency of today for ever, and its blades would never be offered.
  return isIdle(report) ? { ...known, samples: known.samples.slice(1) } : known
}

/** Nothing to measure; not the same as requests that nobody answers. */
function isIdle({ arrived, refused, members }: Report): boolean {
  return arrived === 0 && refused === 0 && members.every(({ inFlight }) => inFlight === 0)
}

let parsed: { text: string; rules: readonly FuzzyRule[] } | undefined

/** Parsed once a text. What does not parse was refused where it was configured; the rules of the house stand in for it. */
function rulesOf(text: string): readonly FuzzyRule[] {
  if (parsed?.text === text) return parsed.rules
  const result = parseRules(text)
  const fallback = result.ok ? result : parseRules(defaultRules)
  parsed = { text, rules: fallback.ok ? fallback.rules : [] }
  return parsed.rules
}
