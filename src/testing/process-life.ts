// One life of a process on a machine of its own: its clock may run fast or slow and may be set, its event loop may stand still, and when
// it dies nothing reaches it any more. What falls due or arrives while it stands still waits, and happens in that order when it goes
// on: as with a process that was stopped, whose timers are late and whose sockets are full.
import type { Clock, Timer } from '../ports/clock.ts'

/** A machine's clock: it outlives the processes there. */
export interface MachineClock extends Clock {
  /** Runs this much fast (0.01: one per cent) or slow (negative) from now on. */
  setDrift(ratio: number): void
  /** Sets the wall clock forwards or back. Deadlines do not move. */
  jump(byMs: number): void
}

export interface ProcessLife {
  readonly clock: Clock
  /** Something from outside reaches the process: now, when it goes on, or never. */
  hear(happening: () => void): void
  readonly isPaused: boolean
  pause(): void
  resume(): void
  die(): void
}

export function createMachineClock(common: Clock): MachineClock {
  let rate = 1
  let wallOffsetMs = 0
  let [commonMs, ownMs] = [0, 0]
  /** What a timer was told has passed has passed, whatever the last digit of a product says. */
  let reachedMs = 0

  const monotonic = () => Math.max(reachedMs, ownMs + (common.monotonic() - commonMs) * rate)

  function setTimer(delayMs: number, fire: () => void): Timer {
    // One that has drifted differs by a part of a digit for ever.
    if (rate === 1 && ownMs === commonMs) return common.setTimer(delayMs, fire)
    const dueMs = monotonic() + delayMs
    let timer = common.setTimer(delayMs / rate, wake)
    // Its clock may have been slowed down meanwhile.
    function wake(): void {
      const leftMs = dueMs - monotonic()
      if (leftMs > 0.001) timer = common.setTimer(leftMs / rate, wake)
      else {
        reachedMs = Math.max(reachedMs, dueMs)
        fire()
      }
    }
    return { cancel: () => timer.cancel() }
  }

  return {
    now: () => common.now() + wallOffsetMs + monotonic() - common.monotonic(),
    monotonic,
    setTimer,
    setDrift(ratio) {
      ownMs = monotonic()
      commonMs = common.monotonic()
      rate = 1 + ratio
    },
    jump(byMs) {
      wallOffsetMs += byMs
    },
  }
}

export function createProcessLife(machine: Clock): ProcessLife {
  let isAlive = true
  let isPaused = false
  let held: (() => void)[] = []

  function hear(happening: () => void): void {
    if (!isAlive) return
    if (isPaused) held.push(happening)
    else happening()
  }

  function setTimer(delayMs: number, fire: () => void): Timer {
    if (!isAlive) return deadTimer
    let isCancelled = false
    const timer = machine.setTimer(delayMs, () => {
      if (isPaused) held.push(() => !isCancelled && fire())
      else if (isAlive) fire()
    })
    return {
      cancel() {
        isCancelled = true
        timer.cancel()
      },
    }
  }

  return {
    clock: { now: () => machine.now(), monotonic: () => machine.monotonic(), setTimer },
    hear,
    get isPaused() {
      return isPaused
    },
    pause() {
      isPaused = true
    },
    resume() {
      isPaused = false
      const late = held
      held = []
      for (const happening of late) hear(happening)
    },
    die() {
      isAlive = false
      held = []
    },
  }
}

const deadTimer: Timer = { cancel() {} }
