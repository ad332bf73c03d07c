// What an account should agree to next (R34): the levels that would have cost least for what it needed, by its own prices. A blade is
// committed when it is needed so much of the time that owning it costs less than asking for it: when its share of the time is above the ratio
// of the committed to the expansion price. The expansion level reaches to what was needed in all but `rareShare` of the time.
import { costOf } from './money.ts'
import type { Need } from './shortage.ts'
import { type Level, type Levels, splitByLevel } from './sla-terms.ts'

export interface RecommendationInput {
  readonly item: string
  readonly levels: Levels
  readonly prices: Readonly<Record<Level | 'entry', number>>
  /** How long so many blades were needed, ms: whole numbers. */
  readonly needed: Need
}

export interface Recommendation {
  readonly item: string
  readonly now: Levels
  readonly next: Levels
  /** Hundredths, over the time that was measured: committed blades all the time, the others while they were needed. */
  readonly costNow: number
  readonly costNext: number
  readonly measuredMs: number
  /** Plain words. */
  readonly why: readonly string[]
}

const rareShare = 0.001
/** Below this the advice is no better than a guess. */
export const enoughForAdviceMs = 600_000

/** Undefined: not enough was measured. */
export function recommend({ item, levels, prices, needed }: RecommendationInput): Recommendation | undefined {
  const measuredMs = [...needed.values()].reduce((sum, ms) => sum + ms, 0)
  if (measuredMs < enoughForAdviceMs) return undefined
  /** Share of the time in which at least so many were needed. */
  const shareOf = (count: number) =>
    [...needed].reduce((sum, [blades, ms]) => (blades >= count ? sum + ms : sum), 0) / measuredMs
  const most = Math.max(...needed.keys())
  const worth = prices.expansion === 0 ? 1 : prices.committed / prices.expansion
  let committed = 0
  while (committed < most && shareOf(committed + 1) > worth) committed += 1
  let guaranteed = committed
  while (guaranteed < most && shareOf(guaranteed + 1) > rareShare) guaranteed += 1
  const next = { committed, guaranteed, max: Math.max(most, levels.max) }
  const cost = (by: Levels) => costFor(needed, measuredMs, by, prices)
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const why = [
    `${item} needed ${most} blades at most, and ${committed + 1} or more ${percent(shareOf(committed + 1))} of the time`,
    `a committed blade costs as much as one that is asked for ${percent(Math.min(1, worth))} of the time: ${committed} were needed longer`,
    `more than ${guaranteed} were needed ${percent(shareOf(guaranteed + 1))} of the time`,
  ]
  return { item, now: levels, next, costNow: cost(levels), costNext: cost(next), measuredMs, why }
}

function costFor(needed: Need, measuredMs: number, levels: Levels, prices: RecommendationInput['prices']): number {
  let cost = costOf(levels.committed * measuredMs, prices.committed)
  for (const [count, ms] of needed) {
    const { expansion, extension } = splitByLevel(Math.min(count, Math.max(levels.max, levels.guaranteed)), levels)
    cost += costOf(expansion * ms, prices.expansion) + costOf(extension * ms, prices.extension)
  }
  return cost
}
