// The real clock: the only place where the wall clock, the monotonic clock and timers of Node are touched.
import { InvariantError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'

/** Node fires a longer timeout at once, with a warning. */
const longestTimeoutMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, fire) {
    if (!(delayMs >= 0)) throw new InvariantError('INVARIANT_BROKEN', `a timer cannot wait ${delayMs} ms`)
    // A timeout of 0 waits a whole millisecond; this waits for what is there to be read and written, and no longer.
    if (delayMs === 0) {
      const immediate = setImmediate(fire)
      return { cancel: () => clearImmediate(immediate) }
    }
    const deadline = performance.now() + delayMs
    let timeout = arm(delayMs)

    // Node counts whole milliseconds from the start of the loop's turn, and so may fire up to a millisecond early.
    function onTimeout(): void {
      const leftMs = deadline - performance.now()
      if (leftMs > 0) timeout = arm(leftMs)
      else fire()
    }
    function arm(waitMs: number): NodeJS.Timeout {
      return setTimeout(onTimeout, Math.min(Math.ceil(waitMs), longestTimeoutMs))
    }
    return { cancel: () => clearTimeout(timeout) }
  },
}
