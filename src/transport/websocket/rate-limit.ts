import type { Clock } from '../../ports/clock.ts'

export interface RateLimit {
  /** Takes so much, always; says how many ms to wait before more is taken: 0 while it is within the rate. */
  take(amount: number): number
}

/** A token bucket that holds a second's worth: a burst is not slowed down, a flood is. */
export function createRateLimit(clock: Clock, perSecondMax: number): RateLimit {
  let left = perSecondMax
  let atMs = clock.monotonic()
  return {
    take(amount) {
      const now = clock.monotonic()
      left = Math.min(perSecondMax, left + ((now - atMs) * perSecondMax) / 1_000) - amount
      atMs = now
      return left >= 0 ? 0 : Math.ceil((-left * 1_000) / perSecondMax)
    },
  }
}
