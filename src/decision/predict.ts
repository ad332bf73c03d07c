// The first predictor (R22): what response times will be once a blade asked for now has booted, and how probable it is that the
// limit is passed until then. It rests on the balancer's reports, so on a witness and not on the account's own software.
//
// Demand. Every request that arrived counts, refused ones too. Holt's two filters, aware of time (reports come late or never):
//   level += (rate - level - trend*dt) * (1 - e^(-dt/levelTime)),   trend += (slope of level - trend) * (1 - e^(-dt/trendTime))
//   predicted rate = level + trend * bootMs, not below 0
// trendTime grows with the boot time: a step in the load must not be read as the begin of a ramp that lasts a whole boot.
// Starts without trend. Both filters are linear with a positive weight on the newest report.
//
// Service. Seen: the distribution of response times over the window; refused and failed requests count as twice the limit, or as
// the mean of the others where that is worse.
// Expected: with ρ = predicted rate / (members * ratePerBlade) and s = what a request takes without waiting (the 10 % quantile seen),
// the group is read as one fast server, whose mean wait is ρ/(1-ρ) / (members * ratePerBlade), up to ρ = 0.98; beyond, the queue
// grows by what exceeds capacity as long as the boot takes: + (ρ - 0.98) * bootMs.
// Whichever is worse, seen or expected, is the expected response time. It is the same with the probability of passing the limit L:
//   seen      (over L + refused + failed) / (all + 5): five requests in time are taken for granted, so that one slow one is no flood
//   expected  ρ e^(-(1-ρ) (L-s) members ratePerBlade), 1 from ρ = 1 on; L-s not below 0
// So both grow, never fall, with a longer latency, a further refusal and a higher arrival rate. (Relief is believed when seen.)
//
// Without enough reports inside the window nothing is known. An idle group has reports too: they say zero, and that is knowledge.
import {
  addHistogram,
  countOf,
  emptyHistogram,
  type LatencyHistogram,
  latencyBucketBoundsMs,
  quantileMs,
} from '../protocol/latency-histogram.ts'
import type { MessageOf } from '../protocol/messages.ts'
import { queueing } from './queueing.ts'

export interface PredictorConfig {
  /** Reports older than this are forgotten. Longer: calmer; shorter: relief is seen sooner. */
  readonly windowMs: number
  /** Fewer reports inside the window than this, and nothing is known. */
  readonly reportsMin: number
  /** Time constant of the level. Longer: calmer; shorter: a step is followed sooner. */
  readonly levelTimeMs: number
  /** Time constant of the trend; at least four boot times are used. */
  readonly trendTimeMs: number
}

export const defaultPredictorConfig: PredictorConfig = {
  windowMs: 3_000,
  reportsMin: 3,
  levelTimeMs: 500,
  trendTimeMs: 10_000,
}

export interface PredictorState {
  readonly config: PredictorConfig
  readonly reports: readonly ReportDigest[]
  readonly rate: SmoothedRate | null
  /** The balancer's time of the newest report: an older or repeated one changes nothing. */
  readonly lastAt: number
}

/** Requests a second, and its change per second. */
interface SmoothedRate {
  readonly level: number
  readonly trend: number
  /** Our own time. */
  readonly at: number
}

interface ReportDigest {
  readonly at: number
  readonly periodMs: number
  readonly arrived: number
  /** Refused and failed. */
  readonly unserved: number
  readonly latency: LatencyHistogram
}

export interface PredictionInput {
  readonly members: number
  readonly ratePerBlade: number
  readonly responseLimitMs: number
  readonly bootMs: number
}

export type Prediction =
  | { readonly known: false; readonly reports: number }
  | {
      readonly known: true
      /** Requests/s once a blade asked for now has booted. */
      readonly predictedRate: number
      /** Requests/s over the window. */
      readonly meanRate: number
      /** How far the predicted rate may be off by mere chance of arrival: one standard deviation, requests/s. */
      readonly rateDeviation: number
      /** By how much the trend raises the rate until then; 0 when it falls. */
      readonly rise: number
      /** Predicted rate by capacity; above 1 the queue grows. */
      readonly utilisation: number
      readonly expectedMs: number
      /** That a request takes longer than the limit, 0..1. */
      readonly probability: number
      readonly seen: Seen
      readonly windowMs: number
    }

const reportsMax = 128
const periodMsMin = 10
/** A report that looks older than this is new: the sender's clock was set back. */
const clockStepMs = 10_000
const grantedRequests = 5

export function createPredictor(config: PredictorConfig = defaultPredictorConfig): PredictorState {
  return { config, reports: [], rate: null, lastAt: Number.NEGATIVE_INFINITY }
}

/** `now` is our own time: a report is filed under it, for a sender's clock may jump. */
export function addReport(
  state: PredictorState,
  report: MessageOf<'balancer.report'>,
  bootMs: number,
  now: number,
): PredictorState {
  const isRepeated = report.at <= state.lastAt && state.lastAt - report.at < clockStepMs
  if (isRepeated || report.periodMs < periodMsMin) return state
  const digest = digestOf(report, now)
  const kept = state.reports.filter(({ at }) => now - at < state.config.windowMs).slice(1 - reportsMax)
  return {
    ...state,
    reports: [...kept, digest],
    rate: smooth(state, (digest.arrived * 1000) / report.periodMs, report.periodMs, bootMs, now),
    lastAt: report.at,
  }
}

export function predict(state: PredictorState, input: PredictionInput, now: number): Prediction {
  const { config, rate } = state
  const reports = state.reports.filter(({ at }) => now - at < config.windowMs)
  if (rate === null || reports.length < config.reportsMin) return { known: false, reports: reports.length }
  const seen = see(reports, input.responseLimitMs)
  const predictedRate = Math.max(0, rate.level + (rate.trend * input.bootMs) / 1000)
  const capacity = Math.max(1, input.members) * input.ratePerBlade
  const utilisation = predictedRate / capacity
  const queue = queueing(utilisation, capacity, seen.serviceMs, input)
  return {
    known: true,
    predictedRate,
    meanRate: (seen.arrived * 1000) / seen.periodMs,
    rateDeviation: Math.sqrt((predictedRate * 1000) / (2 * config.levelTimeMs)),
    rise: Math.max(0, (rate.trend * input.bootMs) / 1000),
    utilisation,
    expectedMs: Math.max(seen.meanMs, queue.expectedMs),
    probability: Math.max(seen.probability, queue.probability),
    seen,
    windowMs: seen.periodMs,
  }
}

function digestOf(report: MessageOf<'balancer.report'>, now: number): ReportDigest {
  const latency = emptyHistogram()
  let unserved = report.refused
  for (const member of report.members) {
    addHistogram(latency, member.latency)
    unserved += member.refused + member.failed
  }
  const arrived = Math.max(report.arrived, report.refused)
  return { at: now, periodMs: report.periodMs, arrived, unserved, latency }
}

function smooth(state: PredictorState, rate: number, periodMs: number, bootMs: number, now: number): SmoothedRate {
  const { config, rate: before } = state
  if (before === null) return { level: rate, trend: 0, at: now }
  const dtMs = Math.max(now - before.at, periodMs)
  const trendTimeMs = Math.max(config.trendTimeMs, 4 * bootMs)
  const expected = before.level + (before.trend * dtMs) / 1000
  const level = Math.max(0, expected + (rate - expected) * (1 - Math.exp(-dtMs / config.levelTimeMs)))
  const slope = ((level - before.level) * 1000) / dtMs
  return { level, trend: before.trend + (slope - before.trend) * (1 - Math.exp(-dtMs / trendTimeMs)), at: now }
}

export interface Seen {
  readonly requests: number
  readonly arrived: number
  readonly periodMs: number
  readonly meanMs: number
  readonly serviceMs: number
  readonly probability: number
}

function see(reports: readonly ReportDigest[], limitMs: number): Seen {
  const latency = emptyHistogram()
  let [arrived, unserved, periodMs] = [0, 0, 0]
  for (const report of reports) {
    addHistogram(latency, report.latency)
    arrived += report.arrived
    unserved += report.unserved
    periodMs += report.periodMs
  }
  const served = countOf(latency)
  const servedMeanMs = served === 0 ? 0 : latency.sumMs / served
  const requests = served + unserved
  return {
    requests,
    arrived,
    periodMs,
    meanMs: requests === 0 ? 0 : (latency.sumMs + unserved * Math.max(2 * limitMs, servedMeanMs)) / requests,
    serviceMs: quantileMs(latency, 0.1) ?? 0,
    probability: (countAbove(latency, limitMs) + unserved) / (requests + grantedRequests),
  }
}

/** Samples above `limitMs`; those of the bucket that the limit cuts are shared out evenly. */
function countAbove(latency: LatencyHistogram, limitMs: number): number {
  let above = 0
  for (const [i, count] of latency.counts.entries()) {
    const low = i === 0 ? 0 : (latencyBucketBoundsMs[i - 1] ?? 0)
    const high = latencyBucketBoundsMs[i] ?? Math.max(low, limitMs) * 1.12
    above += count * Math.min(1, Math.max(0, (high - limitMs) / (high - low)))
  }
  return above
}
