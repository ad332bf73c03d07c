// How often and how fast a child is restarted.
//   intensity  more than n restarts within a period is too many. Only the last n + 1 times are kept, so memory is bounded by
//              the specification, not by the misfortune.
//   backoff    the wait doubles with every restart that follows soon; a life longer than the longest wait starts over.
import type { Random } from '../ports/random.ts'
import type { Backoff, RestartIntensity } from './child-spec.ts'

export class RestartWindow {
  private readonly intensity: RestartIntensity
  private readonly times: number[] = []
  private next = 0

  constructor(intensity: RestartIntensity) {
    this.intensity = intensity
  }

  /** Counts a restart at this time. False when it is one too many. */
  admit(nowMs: number): boolean {
    const { restartCountMax, periodMs } = this.intensity
    if (restartCountMax === 0) return false
    // Full: this slot holds the restart that is `restartCountMax` restarts ago.
    const oldest = this.times[this.next]
    this.times[this.next] = nowMs
    this.next = (this.next + 1) % restartCountMax
    return oldest === undefined || nowMs - oldest > periodMs
  }
}

/** 1 ms doubled so often is 35 years; doubled for ever it would be no number any more. */
const doublingsMax = 40

export class BackoffDelay {
  private readonly backoff: Backoff
  private readonly random: Random
  private inSuccession = 0
  private dueAtMs = Number.NEGATIVE_INFINITY

  constructor(backoff: Backoff, random: Random) {
    this.backoff = backoff
    this.random = random
  }

  next(nowMs: number): number {
    const { firstMs, maxMs, jitterRatio } = this.backoff
    if (nowMs - this.dueAtMs > maxMs) this.inSuccession = 0
    const waitMs = Math.min(maxMs, firstMs * 2 ** this.inSuccession)
    this.inSuccession = Math.min(this.inSuccession + 1, doublingsMax)
    const delayMs = waitMs * (1 + jitterRatio * (2 * this.random.next() - 1))
    this.dueAtMs = nowMs + delayMs
    return delayMs
  }
}
