// Whether a member may get requests. It starts out down, is checked at once, and is up after a check that identified it. While it is
// down it is checked every `intervalMs`. A connection that broke proves nothing (an idle one may be closed by either end at any time),
// so it only brings the next check forward; a connection that could not be opened does put the member down.
import type { Clock, Timer } from '../../ports/clock.ts'

export interface MemberHealth {
  readonly up: boolean
  /** True once the first check has ended, either way. */
  readonly checked: boolean
  markDown(): void
  /** Checks an up member now; a down one is checked soon anyway. */
  recheck(): void
  stop(): void
}

export interface MemberHealthParts {
  readonly clock: Clock
  readonly intervalMs: number
  /** Ends exactly once, in bounded time. */
  check(ended: (identified: boolean) => void): void
  /** After every check. */
  onChecked(): void
}

export function startMemberHealth(parts: MemberHealthParts): MemberHealth {
  let up = false
  let checked = false
  let checking = false
  let stopped = false
  let next: Timer | undefined

  function runCheck(): void {
    next = undefined
    if (checking || stopped) return
    checking = true
    parts.check((identified) => {
      checking = false
      if (stopped) return
      up = identified
      checked = true
      if (!up) checkLater()
      parts.onChecked()
    })
  }

  function checkLater(): void {
    if (!stopped && !checking) next ??= parts.clock.setTimer(parts.intervalMs, runCheck)
  }

  runCheck()
  return {
    get up() {
      return up
    },
    get checked() {
      return checked
    },
    markDown() {
      up = false
      checkLater()
    },
    recheck() {
      if (up) runCheck()
    },
    stop() {
      stopped = true
      up = false
      next?.cancel()
    },
  }
}
