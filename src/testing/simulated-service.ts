// What the software of a simulated blade does with requests, as the sample images do: a request holds one of a few slots for a
// fixed time (its database), a bounded queue waits for slots, and beyond the queue the answer is 503.
import type { Clock, Timer } from '../ports/clock.ts'

export type Outcome = 'ok' | 'refused' | 'failed' | 'unreachable'

export interface ServiceShape {
  readonly slots: number
  readonly serviceMs: number
  readonly queueMax: number
}

export interface SimulatedService {
  submit(finished: (outcome: Outcome) => void): void
  /** Power is gone: everything in hand or queued is `failed`. */
  cut(): void
  /** 1 is as built; 10 is ten times slower. Applies to requests that take a slot from now on. */
  slow(factor: number): void
  /**
   * So many requests, spread evenly over a period: not one by one, with the same figures as if they had been. Nothing else may be in
   * hand. Latency is the mean; some 10 % of the requests wait three times as long in the queue.
   */
  serveInBulk(count: number, periodMs: number): BulkOutcome
  /** Requests completed since the last call. */
  takeCompleted(): number
}

export interface BulkOutcome {
  readonly completed: number
  readonly refused: number
  readonly serviceMs: number
  /** On average, before service. */
  readonly waitMs: number
}

export function createSimulatedService(clock: Clock, shape: ServiceShape): SimulatedService {
  const inHand = new Map<(outcome: Outcome) => void, Timer>()
  let queue: ((outcome: Outcome) => void)[] = []
  let slowness = 1
  let completed = 0

  function begin(finished: (outcome: Outcome) => void): void {
    const timer = clock.setTimer(shape.serviceMs * slowness, () => {
      inHand.delete(finished)
      completed += 1
      const next = queue.shift()
      if (next) begin(next)
      finished('ok')
    })
    inHand.set(finished, timer)
  }

  return {
    submit(finished) {
      // A wrapper per request: the map's key must be this request even when a caller passes the same function twice.
      const once = (outcome: Outcome) => finished(outcome)
      if (inHand.size < shape.slots) begin(once)
      else if (queue.length < shape.queueMax) queue.push(once)
      else clock.setTimer(0, () => once('refused'))
    },
    cut() {
      const lost = [...inHand.keys(), ...queue]
      for (const timer of inHand.values()) timer.cancel()
      inHand.clear()
      queue = []
      for (const finished of lost) clock.setTimer(0, () => finished('failed'))
    },
    slow(factor) {
      slowness = factor
    },
    serveInBulk(count, periodMs) {
      const serviceMs = shape.serviceMs * slowness
      const capacity = Math.floor((shape.slots * periodMs) / serviceMs)
      const done = Math.min(count, capacity)
      completed += done
      const utilisation = count / Math.max(capacity, 1)
      const fullMs = (shape.queueMax / shape.slots) * serviceMs
      // As of a queue with several servers (Sakasegawa), as far as the queue is long.
      const openMs = (serviceMs * utilisation ** Math.sqrt(2 * (shape.slots + 1))) / (shape.slots * (1 - utilisation))
      const waitMs = utilisation >= 1 ? fullMs : Math.min(openMs, fullMs)
      return { completed: done, refused: count - done, serviceMs, waitMs }
    },
    takeCompleted() {
      const taken = completed
      completed = 0
      return taken
    },
  }
}
