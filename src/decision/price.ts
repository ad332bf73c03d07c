// What one more blade is worth to a group. The price is the probability, 0..1, from which on a blade is held against the chance that it is
// needed: whoever holds for every probability above the price leaves the least demand unserved for his server-hours (the newsvendor's rule).
//
// The price is learnt so that the group costs what a plain autoscaler would cost (plain-rule.ts), times `budget`: what is saved while demand
// is sure is spent where it is not. It rises with what was overspent, slowly, for a price that jumps buys dear and sells cheap:
//   log price = base + 0.003 * overspent,   base follows log price, a thousandth each bin,   overspent in bins of the plain rule's mean
//
// Patience is how long a blade may stand idle before it is offered: at first twice what a move costs, and so much longer or shorter, up to
// five moves, that the group moves no more than the plain rule would. (To wait as long as a move costs is never more than twice as dear as
// to know the future; it is the ski rental problem.)
import { emptyPlainRule, followDemand, type PlainRule } from './plain-rule.ts'

export interface Price {
  readonly rule: PlainRule
  /** Of the plain rule: mean of what it holds. */
  readonly ruleMean: number
  readonly logPrice: number
  readonly base: number
  readonly overspent: number
  /** Blades that came or went, ours and the plain rule's; forgotten within a week. */
  readonly moved: number
  readonly ruleMoved: number
  /** In moves: a number of times what one costs. */
  readonly patience: number
  readonly held: number
  /** What the plain rule would hold in the same place: not more than we, while we are refused. */
  readonly ruleHeld: number
  readonly at: number | null
}

export interface Spending {
  /** In blades. */
  readonly demand: number
  readonly held: number
  /** The group asked for more the last time and did not get it. */
  readonly isRefused: boolean
  readonly budget: number
  readonly binMs: number
}

const firstPrice = 0.1
const [priceMin, priceMax] = [0.001, 0.5]
const overspentWeight = 0.003
const baseShare = 0.001
const [patienceMin, patienceMax, patienceFirst] = [1, 3, 1.25]
const patienceWeight = 0.01
/** A little less than the plain rule moves. */
const movesShare = 0.97
const forgetBins = 2_016

export const firstPriceState: Price = {
  ...{ rule: emptyPlainRule, ruleMean: 0, logPrice: Math.log(firstPrice), base: Math.log(firstPrice), overspent: 0 },
  ...{ moved: 0, ruleMoved: 0, patience: patienceFirst, held: 0, ruleHeld: 0, at: null },
}

/** @param at own time, ms. What lies further back than a bin is not counted: nobody measured it. */
export function spend(price: Price, { demand, held, isRefused, budget, binMs }: Spending, at: number): Price {
  const rule = followDemand(price.rule, demand, at)
  const ruleHeld = isRefused ? Math.min(rule.held, held) : rule.held
  if (price.at === null) return { ...price, rule, ruleMean: ruleHeld, ruleHeld, held, at }
  const bins = Math.max(0, Math.min(1, (at - price.at) / binMs))
  const ruleMean = price.ruleMean + (ruleHeld - price.ruleMean) * (1 - Math.exp(-bins / forgetBins))
  const overspent = price.overspent + (bins * (price.held - budget * price.ruleHeld)) / Math.max(1, ruleMean)
  const logPrice = clamp(price.base + overspentWeight * overspent, Math.log(priceMin), Math.log(priceMax))
  const keep = Math.exp(-bins / forgetBins)
  const moved = price.moved * keep + Math.abs(held - price.held)
  const ruleMoved = price.ruleMoved * keep + Math.abs(ruleHeld - price.ruleHeld)
  const excess = ruleMoved < 1 ? 0 : clamp(moved / ruleMoved - movesShare, -1, 1)
  return {
    ...{ rule, ruleMean, ruleHeld, logPrice, overspent, moved, ruleMoved, held, at },
    base: price.base + (logPrice - price.base) * baseShare * bins,
    patience: clamp(price.patience * Math.exp(patienceWeight * excess * bins), patienceMin, patienceMax),
  }
}

export function priceOf({ logPrice }: Price): number {
  return Math.exp(logPrice)
}

/**
 * A probability as the rules shall see it: weighed by the price, so that 0.5 is where one more blade is just worth its cost. Odds divided by
 * the odds of the price.
 */
export function weighed(probability: number, price: number): number {
  const [wanted, spared] = [probability * (1 - price), (1 - probability) * price]
  return wanted + spared === 0 ? 0 : wanted / (wanted + spared)
}

function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value))
}
