// Mail that reached nobody: counted, the last ones kept, and logged at most once a second, so that a flood of them does not
// become a flood of lines.
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { ActorCounters, DeadLetter } from './actor-system.ts'

export const deadLettersKept = 256
const logPeriodMs = 1000

export class DeadLetters {
  private readonly clock: Clock
  private readonly log: Log
  private readonly counters: ActorCounters
  /** A ring: the oldest is at `counters.deadLetters % deadLettersKept` once it is full. */
  private readonly ring: DeadLetter[] = []
  private loggedAtMs = Number.NEGATIVE_INFINITY
  private unlogged = 0

  constructor(clock: Clock, log: Log, counters: ActorCounters) {
    this.clock = clock
    this.log = log
    this.counters = counters
  }

  add(to: string, type: string, why: DeadLetter['why']): void {
    const letter: DeadLetter = { at: this.clock.now(), to, type, why }
    this.ring[this.counters.deadLetters % deadLettersKept] = letter
    this.counters.deadLetters += 1
    this.logSeldom(letter)
  }

  /** Newest last. */
  list(): readonly DeadLetter[] {
    const oldest = this.ring.length < deadLettersKept ? 0 : this.counters.deadLetters % deadLettersKept
    return [...this.ring.slice(oldest), ...this.ring.slice(0, oldest)]
  }

  private logSeldom({ to, type, why }: DeadLetter): void {
    const nowMs = this.clock.monotonic()
    if (nowMs - this.loggedAtMs < logPeriodMs) {
      this.unlogged += 1
      return
    }
    this.log.warn('actors.deadLetter', { to, type, why, unloggedSince: this.unlogged })
    this.loggedAtMs = nowMs
    this.unlogged = 0
  }
}
