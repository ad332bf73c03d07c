// A process's share of the common clock: when the process dies, none of its timers fires any more.
import type { Clock, Timer } from '../ports/clock.ts'

export function mortalClock(clock: Clock): { readonly clock: Clock; readonly die: () => void } {
  let isAlive = true
  const dead: Timer = { cancel() {} }
  return {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer: (delayMs, fire) =>
        isAlive
          ? clock.setTimer(delayMs, () => {
              if (isAlive) fire()
            })
          : dead,
    },
    die() {
      isAlive = false
    },
  }
}
