// What a local decision is made from, and what it remembers from one to the next.
import type { Outlook } from './forecast/outlook.ts'
import type { FuzzyRule } from './fuzzy-rules.ts'
import { type IdleBlades, nothingIdle } from './idle-blades.ts'
import type { Prediction } from './predict.ts'
import { firstPriceState, type Price } from './price.ts'
import type { ProvenLevels } from './proven-levels.ts'

export interface LocalDecisionConfig {
  readonly targetUtilisation: number
  readonly offerUtilisation: number
  /** A request needs at least this wish, an offer at most its negative. */
  readonly wishMin: number
  readonly requestHoldMs: number
  readonly offerHoldMs: number
  readonly slowHoldMs: number
  /** What the group may cost, in times of what a plain autoscaler would (price.ts). */
  readonly budget: number
}

export const defaultLocalDecisionConfig: LocalDecisionConfig = {
  targetUtilisation: 0.8,
  offerUtilisation: 0.7,
  wishMin: 0.25,
  requestHoldMs: 750,
  offerHoldMs: 2_500,
  slowHoldMs: 8_000,
  budget: 0.99,
}

/** Since when each condition has held without a break; null while it does not. */
export interface LocalDecisionState {
  readonly requestSince: number | null
  readonly offerSince: number | null
  readonly slowSince: number | null
  readonly held: number
  readonly proven: ProvenLevels
  readonly price: Price
  readonly idle: IdleBlades
}

export const emptyLocalDecision: LocalDecisionState = {
  requestSince: null,
  offerSince: null,
  slowSince: null,
  held: 0,
  proven: {},
  price: firstPriceState,
  idle: nothingIdle,
}

export interface LocalDecisionInput {
  readonly prediction: Prediction
  /** On the time when a blade that is asked for now has joined; undefined while too little is known of the group. */
  readonly outlook: Outlook | undefined
  /** How long the outlook's bins are. */
  readonly binMs: number
  /** Of a blade of the group, measured. */
  readonly bootMs: number
  /** B_k by kind, those that there are yet. The worst counts, beside that of the utilisation, which is always there. */
  readonly balances: Readonly<Record<string, number>>
  readonly rules: readonly FuzzyRule[]
  readonly config: LocalDecisionConfig
  readonly responseLimitMs: number
  readonly ratePerBlade: number
  /** 0..1 */
  readonly priority: number
  /** Blades the group has, those on their way included. */
  readonly held: number
}

export interface Verdict {
  readonly kind: 'request' | 'offer' | 'steady'
  /** Blades asked for or offered; 0 when steady. */
  readonly count: number
}

export type Known = Extract<Prediction, { known: true }>
