// Who runs next. A cell with work is queued once; it gets a turn of a few events and goes to the back. A slice of turns ends
// after a bounded number of events or milliseconds, and the rest waits for a timer of 0 ms: so no sender's stack ever grows,
// and sockets and leases are served between slices. Cells with urgent mail have a queue of their own that goes first, but
// every eighth turn belongs to the others, so that a flood of commands starves nobody. Cells that are to start come before all,
// in the order in which they were told to, whatever queue they stood in before: what is below may depend on what is above.
import type { Clock, Timer } from '../ports/clock.ts'
import { Fifo } from './fifo.ts'

export interface Runnable {
  /** Whether it stands in that queue. */
  queuedToStart: boolean
  queuedUrgent: boolean
  queuedOrdinary: boolean
  readonly isReady: boolean
  readonly isStarting: boolean
  readonly isUrgent: boolean
  /** Starts, or handles at most so many events; returns how many. */
  turn(eventsMax: number): number
}

/** Higher: fewer queue operations. Lower: fairer between cells. */
const turnEventsMax = 8
/** The bound that counts on a virtual clock, where no time passes within a slice. */
const sliceEventsMax = 1024
/** Higher: more events a second. Lower: sockets and timers wait less. */
const sliceMs = 4
const ordinaryTurnEvery = 8

export class Dispatcher {
  private readonly clock: Clock
  private readonly toStart = new Fifo<Runnable>()
  private readonly urgent = new Fifo<Runnable>()
  private readonly ordinary = new Fifo<Runnable>()
  private turns = 0
  private isRunning = false
  private timer: Timer | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** To be called whenever a cell may have become ready. Never runs it. */
  ready(cell: Runnable): void {
    if (!cell.isReady) return
    this.enqueue(cell)
    this.schedule()
  }

  private enqueue(cell: Runnable): void {
    if (cell.queuedToStart) return
    if (cell.isStarting) {
      cell.queuedToStart = true
      this.toStart.push(cell)
    } else if (cell.queuedUrgent) return
    else if (cell.isUrgent) {
      cell.queuedUrgent = true
      this.urgent.push(cell)
    } else if (!cell.queuedOrdinary) {
      cell.queuedOrdinary = true
      this.ordinary.push(cell)
    }
  }

  private schedule(): void {
    if (this.isRunning || this.timer) return
    this.timer = this.clock.setTimer(0, () => this.runSlice())
  }

  private runSlice(): void {
    this.timer = undefined
    this.isRunning = true
    try {
      this.runTurns(sliceEventsMax, this.clock.monotonic() + sliceMs)
    } finally {
      this.isRunning = false
      if (this.toStart.size + this.urgent.size + this.ordinary.size > 0) this.schedule()
    }
  }

  private runTurns(eventsMax: number, untilMs: number): void {
    let left = eventsMax
    while (left > 0) {
      const cell = this.takeNext()
      if (!cell) return
      // One that has yet to start waits for its place among those that start.
      if (cell.queuedToStart) continue
      left -= Math.max(1, cell.turn(turnEventsMax))
      if (cell.isReady) this.enqueue(cell)
      if (this.clock.monotonic() >= untilMs) return
    }
  }

  private takeNext(): Runnable | undefined {
    this.turns += 1
    const isTurnOfOrdinary = this.turns % ordinaryTurnEvery === 0
    return isTurnOfOrdinary
      ? (this.takeOrdinary() ?? this.takeToStart() ?? this.takeUrgent())
      : (this.takeToStart() ?? this.takeUrgent() ?? this.takeOrdinary())
  }

  private takeToStart(): Runnable | undefined {
    const cell = this.toStart.take()
    if (cell) cell.queuedToStart = false
    return cell
  }

  private takeUrgent(): Runnable | undefined {
    const cell = this.urgent.take()
    if (cell) cell.queuedUrgent = false
    return cell
  }

  private takeOrdinary(): Runnable | undefined {
    const cell = this.ordinary.take()
    if (cell) cell.queuedOrdinary = false
    return cell
  }
}
