// How long the site ran without a second master that has everything (R41): since when, how often, the last time and in all. The leader
// looks at each tick and journals the changes, so that the one that takes over goes on counting: a leader that dies is itself such a time, and
// it begins with its last sign of life. Shorter ones than a tick are not seen.
import { z } from 'zod'
import type { Effects, JournalEntry } from './effects.ts'

export const redundancyLost = z.object({ type: z.literal('redundancy.lost'), since: z.number() })
export const redundancyRestored = z.object({ type: z.literal('redundancy.restored'), at: z.number() })
/** In a snapshot. */
export const redundancyKept = z.object({
  type: z.literal('redundancy.kept'),
  since: z.number().nullable(),
  times: z.number(),
  lastMs: z.number().nullable(),
  longestMs: z.number(),
  totalMs: z.number(),
})
type RedundancyEntry = z.infer<typeof redundancyLost | typeof redundancyRestored | typeof redundancyKept>

export interface RedundancyHistory {
  /** Since when there is none; null while there is. */
  readonly since: number | null
  /** That it was lost, the present time included. */
  readonly times: number
  /** Of the last time that is over. */
  readonly lastMs: number | null
  readonly longestMs: number
  /** Of all times that are over. */
  readonly totalMs: number
}

export const alwaysRedundant: RedundancyHistory = { since: null, times: 0, lastMs: null, longestMs: 0, totalMs: 0 }

export function redundancyAfter(former: RedundancyHistory, entry: RedundancyEntry): RedundancyHistory {
  switch (entry.type) {
    case 'redundancy.lost':
      return former.since === null ? { ...former, since: entry.since, times: former.times + 1 } : former
    case 'redundancy.restored': {
      if (former.since === null) return former
      // Two masters, two clocks.
      const lastMs = Math.max(0, entry.at - former.since)
      const { times, longestMs, totalMs } = former
      return { since: null, times, lastMs, longestMs: Math.max(longestMs, lastMs), totalMs: totalMs + lastMs }
    }
    case 'redundancy.kept': {
      const { type: _type, ...history } = entry
      return history
    }
    default:
      return entry satisfies never
  }
}

/** The history with the time that has not ended. */
export function redundancyAt(history: RedundancyHistory, now: number): RedundancyHistory {
  const openMs = history.since === null ? 0 : Math.max(0, now - history.since)
  return {
    ...history,
    longestMs: Math.max(history.longestMs, openMs),
    totalMs: history.totalMs + openMs,
  }
}

export function foldedRedundancy(history: RedundancyHistory): readonly JournalEntry[] {
  return history.times === 0 ? [] : [{ ...history, type: 'redundancy.kept' }]
}

/**
 * @param mode of the pair
 * @param peerSilentMs since the peer's last sign of life; infinite when it was never heard
 */
export function noteRedundancy(
  effects: Effects,
  memory: { redundancy: RedundancyHistory },
  mode: string,
  peerSilentMs: number,
): void {
  const isRedundant = mode === 'paired'
  const { since: former } = memory.redundancy
  if (isRedundant === (former === null)) return
  const at = effects.now
  const entry: RedundancyEntry = isRedundant
    ? { type: 'redundancy.restored', at }
    : { type: 'redundancy.lost', since: Number.isFinite(peerSilentMs) ? at - peerSilentMs : at }
  effects.journal(entry)
  memory.redundancy = redundancyAfter(memory.redundancy, entry)
  const { since, lastMs } = memory.redundancy
  if (since === null) effects.publish({ type: 'alarm.cleared', at, alarm: 'NO_REDUNDANCY', ms: lastMs })
  else effects.publish({ type: 'alarm.raised', at, alarm: 'NO_REDUNDANCY', text: `the pair is ${mode}`, since })
}
