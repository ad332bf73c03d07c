// A clock whose wall time was read once, at the start, and is carried on by the monotonic time: residence, hold-downs and waits are
// differences of it, and an operator or NTP that sets the wall clock must neither stop them nor let them all end at once. The journal's
// times are the wall clock's own.
import type { Clock } from '../ports/clock.ts'

export function steadyClock(clock: Clock): Clock {
  const startMs = clock.now() - clock.monotonic()
  return {
    now: () => startMs + clock.monotonic(),
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
  }
}
