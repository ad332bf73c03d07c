// What one weighing must remember for the next: who took from whom and under which load, and which failed blades were replaced, and
// what the storm brake saw.
//
// Two groups that both want a blade must not pull it to and fro. Rule one: after A took from B, B may take from A only when the
// load is another one: B wants more blades than it wanted then, or A wants fewer than it wanted then, or has slack. Rule two, for loads that
// themselves swing: B also waits out a back-off that doubles each time the pair changes its mind. An offer by A ends both, and a
// broken commitment of B passes over both.
import type { BladeId } from '../protocol/ids.ts'
import { looseBrake, type StormBrake } from './storm-brake.ts'

/** A group from which a blade was taken waits `firstMs` before it may take from the taker, doubling to `maxMs`; `forgetMs` of quiet resets. */
export interface ReclaimBackoff {
  readonly firstMs: number
  readonly maxMs: number
  readonly forgetMs: number
}

export interface PlanMemory {
  /** The newest taking of each pair of roles. */
  readonly takings: readonly Taking[]
  /** Failed blades whose replacement was decided: each is replaced once. */
  readonly replaced: readonly BladeId[]
  readonly brake: StormBrake
}

export interface Taking {
  /** `group/role`, as `roleKey` writes it. */
  readonly taker: string
  readonly giver: string
  readonly at: number
  /** How many blades each wanted to hold at that time: the measure of its load. */
  readonly takerDesired: number
  readonly giverDesired: number
  /** How long the giver waits before it may take from the taker. */
  readonly backoffMs: number
}

export const emptyPlanMemory: PlanMemory = { takings: [], replaced: [], brake: looseBrake }

/** One taking is kept a pair, the newest: it says which load the other side must not undo. */
export function pairKey(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`
}

/** A blade changes sides. @param before the last taking of the same pair */
export function nextTaking(
  before: Taking | undefined,
  taking: Omit<Taking, 'backoffMs'>,
  backoff: ReclaimBackoff,
): Taking {
  if (before === undefined || taking.at - before.at > before.backoffMs + backoff.forgetMs)
    return { ...taking, backoffMs: backoff.firstMs }
  if (before.taker !== taking.taker) return { ...taking, backoffMs: Math.min(backoff.maxMs, 2 * before.backoffMs) }
  // The same direction again is no change of mind. A giver that was silent after the first blade wants as many as before it.
  const giverDesired = Math.max(before.giverDesired, taking.giverDesired)
  return { ...taking, giverDesired, backoffMs: before.backoffMs }
}

export type ReclaimBar = { readonly code: 'SAME_LOAD' | 'RECLAIM_BACKOFF'; readonly waitMs: number }

/** Why `taker` may not take from `giver` now, which took from it before; undefined when it may. @param before the last taking of the pair */
export function reclaimBar(
  before: Taking | undefined,
  taker: { readonly key: string; readonly desired: number },
  giver: { readonly key: string; readonly desired: number; readonly hasSlack: boolean },
  now: number,
): ReclaimBar | undefined {
  if (before === undefined || before.taker !== giver.key) return undefined
  const isOtherLoad = taker.desired > before.giverDesired || giver.desired < before.takerDesired || giver.hasSlack
  if (!isOtherLoad) return { code: 'SAME_LOAD', waitMs: 0 }
  const waitMs = before.at + before.backoffMs - now
  return waitMs > 0 ? { code: 'RECLAIM_BACKOFF', waitMs } : undefined
}
