// A clock that moves only when told. Timers wait in a binary heap ordered by (deadline, order of setting), so that equal
// deadlines fire in the order in which they were set, always. While timers fire, time stands exactly at their deadline.
// A cancelled timer stays in the heap, emptied, until it reaches the top or until such timers are the majority: cancelling
// costs nothing, and a million cancelled timers hold no memory.
import { InvariantError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'

export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing what falls due on the way, also what that sets. */
  advanceBy(ms: number): void
  /** Moves on to `monotonicMs`; nothing when that has passed. */
  runUntil(monotonicMs: number): void
  /** Moves to the next deadline and fires one timer. False when none waits. */
  runNext(): boolean
  /** Fires until none waits, at most `timersMax`: something that sets itself again never ends. Returns how many fired. */
  runUntilIdle(timersMax: number): number
  /** Timers that wait. */
  pending(): number
  /** Sets the wall clock forwards or back, as an operator or NTP does. Deadlines do not move. */
  jumpWallClock(byMs: number): void
}

interface Entry {
  readonly deadline: number
  readonly sequence: number
  fire: (() => void) | undefined
}

/** Below this many cancelled timers, tidying costs more than it frees. */
const tidyFrom = 64

/** So many timers at one instant are one that sets itself again for ever: the run would stand still and say nothing. */
const atOneInstantMax = 1_000_000

/** @param options.startMs what `now()` says at first; `monotonic()` starts at 0. */
export function createVirtualClock(options: { readonly startMs?: number } = {}): VirtualClock {
  let wallOffsetMs = options.startMs ?? 1_000_000_000_000
  let elapsedMs = 0
  let sequence = 0
  let cancelled = 0
  let firing = false
  let firedNow = 0
  let heap: Entry[] = []

  function setTimer(delayMs: number, fire: () => void): Timer {
    if (!(delayMs >= 0)) throw new InvariantError('INVARIANT_BROKEN', `a timer cannot wait ${delayMs} ms`)
    const entry: Entry = { deadline: elapsedMs + delayMs, sequence, fire }
    sequence += 1
    push(heap, entry)
    return { cancel: () => cancel(entry) }
  }

  function cancel(entry: Entry): void {
    if (!entry.fire) return
    entry.fire = undefined
    cancelled += 1
    if (cancelled > tidyFrom && cancelled * 2 > heap.length) tidy()
  }

  function tidy(): void {
    // A sorted array is a heap.
    heap = heap.filter((entry) => entry.fire).sort((a, b) => (isBefore(a, b) ? -1 : 1))
    cancelled = 0
  }

  /** The next timer that was not cancelled, left in place. */
  function peek(): Entry | undefined {
    while (heap[0] && !heap[0].fire) {
      pop(heap)
      cancelled -= 1
    }
    return heap[0]
  }

  function fireNext(): void {
    const entry = pop(heap)
    const fire = entry?.fire
    if (!entry || !fire) return
    entry.fire = undefined
    firedNow = entry.deadline > elapsedMs ? 0 : firedNow + 1
    if (firedNow > atOneInstantMax) throw new InvariantError('INVARIANT_BROKEN', `time stands still at ${elapsedMs} ms`)
    elapsedMs = Math.max(elapsedMs, entry.deadline)
    firing = true
    try {
      fire()
    } finally {
      firing = false
    }
  }

  /** A timer that moved the clock would make its elders fire late. */
  function refuseNested(): void {
    if (firing) throw new InvariantError('INVARIANT_BROKEN', 'a timer cannot move the clock that fires it')
  }

  function runUntil(monotonicMs: number): void {
    refuseNested()
    for (let entry = peek(); entry && entry.deadline <= monotonicMs; entry = peek()) fireNext()
    elapsedMs = Math.max(elapsedMs, monotonicMs)
  }

  function runNext(): boolean {
    refuseNested()
    if (!peek()) return false
    fireNext()
    return true
  }

  return {
    now: () => wallOffsetMs + elapsedMs,
    monotonic: () => elapsedMs,
    setTimer,
    advanceBy: (ms) => runUntil(elapsedMs + ms),
    runUntil,
    runNext,
    runUntilIdle(timersMax) {
      let fired = 0
      while (fired < timersMax && runNext()) fired += 1
      return fired
    },
    pending: () => heap.length - cancelled,
    jumpWallClock(byMs) {
      wallOffsetMs += byMs
    },
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence)
}

function push(heap: Entry[], entry: Entry): void {
  let hole = heap.length
  heap.push(entry)
  while (hole > 0) {
    const above = (hole - 1) >> 1
    const parent = heap[above]
    if (!parent || isBefore(parent, entry)) break
    heap[hole] = parent
    hole = above
  }
  heap[hole] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (!last || heap.length === 0) return top
  let hole = 0
  for (;;) {
    const child = smallerChild(heap, hole)
    const entry = heap[child]
    if (!entry || isBefore(last, entry)) break
    heap[hole] = entry
    hole = child
  }
  heap[hole] = last
  return top
}

function smallerChild(heap: readonly Entry[], hole: number): number {
  const left = 2 * hole + 1
  const leftEntry = heap[left]
  const rightEntry = heap[left + 1]
  return leftEntry && rightEntry && isBefore(rightEntry, leftEntry) ? left + 1 : left
}
