// The named timers of one cell. They live beside the xstate root, not in it, so that a crash leaves them as they are.
// A timer stays set until the event that it fired was handled for good: replaced or cancelled while that event waits in the
// mailbox, it must not be heard of any more; crashed in the middle, it must be heard again.
import type { EventObject } from 'xstate'
import type { Clock, Timer } from '../ports/clock.ts'

export interface ArmedTimer {
  readonly name: string
  readonly event: EventObject
  readonly deadline: number
  timer: Timer | undefined
}

export class CellTimers {
  private readonly clock: Clock
  private readonly armed = new Map<string, ArmedTimer>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  set(name: string, delayMs: number, event: EventObject, fire: (timer: ArmedTimer) => void): void {
    this.cancel(name)
    const armed: ArmedTimer = { name, event, deadline: this.clock.monotonic() + delayMs, timer: undefined }
    this.armed.set(name, armed)
    armed.timer = this.clock.setTimer(delayMs, () => fire(armed))
  }

  cancel(name: string): void {
    this.armed.get(name)?.timer?.cancel()
    this.armed.delete(name)
  }

  isArmed(timer: ArmedTimer): boolean {
    return this.armed.get(timer.name) === timer
  }

  /** Its event was handled. */
  settle(timer: ArmedTimer): void {
    if (this.isArmed(timer)) this.armed.delete(timer.name)
  }

  /** By name, in no order that counts. */
  list(): readonly ArmedTimer[] {
    return [...this.armed.values()]
  }

  cancelAll(): void {
    for (const { timer } of this.armed.values()) timer?.cancel()
    this.armed.clear()
  }
}
