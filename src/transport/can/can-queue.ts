// What waits to be sent on one bus. A controller's own queue (the kernel's, often) knows no priority: what lies in it holds up what
// is more urgent. So frames wait here, sorted as the bus arbitrates, and only few are handed down: the lowest identifier first, frames
// of one identifier in the order of their transfers. The last mailbox is kept for fencing and alarms (specification v1.0, section 4.2.4.3:
// inner priority inversion), so that they do not wait until something less urgent has won the bus. Were it for whatever is more urgent than
// the rest, a heartbeat before a status would take it, and the next alarm would wait for both.
//
// A controller that goes bus-off forgets what it was given. A transfer goes on with its first frame that nobody reported as
// sent: if it was received after all, the toggle, or the transfer-id, shows the repetition.
//
// Bounded in frames. Of a status only the newest value waits. Where it is full, what is less urgent gives way, the newest of it first.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { PriorityStatistics } from '../../ports/transport.ts'
import type { CanBus, CanFrame, CanState } from './can-bus.ts'

export interface CanQueueOptions {
  readonly bus: CanBus
  readonly clock: Clock
  /** Higher: longer bursts and longer outages are survived. Lower: less is out of date when a bus comes back. Default 512, 70 ms of a full bus. */
  readonly framesMax?: number
  /** What is as urgent as this, or more, may use the last mailbox. Default 1: fencing and alarms. */
  readonly urgentPriorityMax?: number
}

export interface Urgency {
  /** 0 is the most urgent, 7 the least; as in the identifier. */
  readonly priority: number
  /** A status: it takes the place of one with this key that waits and of which nothing is sent. */
  readonly key?: string
  /** What is not sent by then is dropped. */
  readonly lifetimeMs: number
}

export interface CanQueue {
  /** All frames of one transfer: of one identifier, in order. They are kept until they are sent. */
  offer(frames: readonly CanFrame[], urgency: Urgency): 'queued' | 'full'
  /** The bus says so: for its handlers. */
  sent(frame: CanFrame): void
  /** As `sent`. */
  stateChanged(state: CanState): void
  /** Frames that are not known to be sent. */
  readonly waiting: number
  /** How long the oldest has waited; 0 when nothing waits. */
  oldestMs(): number
  /** By priority, 0 to 7. */
  readonly statistics: readonly Readonly<PriorityStatistics>[]
  /** Everything is dropped. */
  clear(): void
}

interface Waiting extends Urgency {
  readonly frames: readonly CanFrame[]
  readonly offeredMs: number
  handedDown: number
  sent: number
  isGone: boolean
}

/** Of fencing, power and alarms. */
export const urgentPriorityUsual = 1
/** After this it asks again a controller that was full although nothing of ours was in it. */
const askAgainMs = 5

export function createCanQueue({
  bus,
  clock,
  framesMax = 512,
  urgentPriorityMax = urgentPriorityUsual,
}: CanQueueOptions): CanQueue {
  const statistics = Array.from({ length: 8 }, emptyStatistics)
  /** By identifier, then in the order of the offers: the first is the one to send. */
  const queue: Waiting[] = []
  /** With the controller, in the order of handing down. */
  let below: Waiting[] = []
  let waiting = 0
  let again: Timer | undefined

  const count = ({ priority }: Urgency) => statistics[priority] ?? emptyStatistics()

  function offer(frames: readonly CanFrame[], urgency: Urgency): 'queued' | 'full' {
    const replaced =
      urgency.key === undefined ? undefined : queue.find((one) => one.key === urgency.key && !isBegun(one))
    if (replaced) {
      remove(replaced)
      count(replaced).replaced += 1
    }
    if (waiting + frames.length > framesMax) makeRoom(frames.length, urgency.priority)
    if (waiting + frames.length > framesMax) {
      count(urgency).refused += 1
      return 'full'
    }
    insert({ ...urgency, frames, offeredMs: clock.monotonic(), handedDown: 0, sent: 0, isGone: false })
    handDown()
    return 'queued'
  }

  function insert(item: Waiting): void {
    const id = idOf(item)
    const place = queue.findIndex((one) => idOf(one) > id)
    queue.splice(place < 0 ? queue.length : place, 0, item)
    waiting += item.frames.length
  }

  function remove(item: Waiting): void {
    queue.splice(queue.indexOf(item), 1)
    waiting -= item.frames.length - item.sent
    item.isGone = true
  }

  /** Gives up what is out of date; then what is less urgent, unless that would not be enough. */
  function makeRoom(frames: number, priority: number): void {
    dropExpired()
    const lesser = queue.filter((one) => one.priority > priority && !isBegun(one))
    const gain = lesser.reduce((sum, one) => sum + one.frames.length, 0)
    if (waiting - gain + frames > framesMax) return
    lesser.reverse().sort((one, other) => other.priority - one.priority || other.offeredMs - one.offeredMs)
    for (const one of lesser) {
      if (waiting + frames <= framesMax) return
      remove(one)
      count(one).refused += 1
    }
  }

  function dropExpired(): void {
    const now = clock.monotonic()
    for (const one of queue.filter(({ offeredMs, lifetimeMs }) => now - offeredMs > lifetimeMs)) {
      // What is with the controller is not to be had back.
      if (below.includes(one)) continue
      remove(one)
      count(one).expired += 1
    }
  }

  function handDown(): void {
    dropExpired()
    for (;;) {
      const next = queue.find((one) => one.handedDown < one.frames.length)
      const frame = next?.frames[next.handedDown]
      if (!next || !frame || !isRoomFor(next)) return
      next.handedDown += 1
      below.push(next)
      const answer = bus.send(frame)
      if (answer === 'accepted') continue
      below.splice(below.lastIndexOf(next), 1)
      next.handedDown -= 1
      if (answer === 'full' && below.length === 0) again ??= clock.setTimer(askAgainMs, askAgain)
      if (answer !== 'invalid') return
      remove(next)
      count(next).invalid += 1
    }
  }

  function isRoomFor(next: Waiting): boolean {
    if (below.length < Math.max(1, bus.mailboxes - 1)) return true
    if (next.priority > urgentPriorityMax) return false
    return below.length < bus.mailboxes && below.every((one) => idOf(one) > idOf(next))
  }

  function askAgain(): void {
    again = undefined
    handDown()
  }

  function sent(frame: CanFrame): void {
    const place = below.findIndex((one) => idOf(one) === frame.id)
    const [item] = place < 0 ? [] : below.splice(place, 1)
    if (item && !item.isGone) {
      item.sent += 1
      waiting -= 1
      if (item.sent === item.frames.length) finish(item)
    }
    handDown()
  }

  function finish(item: Waiting): void {
    remove(item)
    const waitedMs = clock.monotonic() - item.offeredMs
    const counted = count(item)
    counted.sent += 1
    counted.waitedMs += waitedMs
    counted.waitedMsMax = Math.max(counted.waitedMsMax, waitedMs)
  }

  function stateChanged(state: CanState): void {
    if (state === 'off') {
      for (const one of below) one.handedDown = one.sent
      below = []
    } else handDown()
  }

  return {
    offer,
    sent,
    stateChanged,
    get waiting() {
      return waiting
    },
    oldestMs() {
      const now = clock.monotonic()
      return queue.reduce((oldest, one) => Math.max(oldest, now - one.offeredMs), 0)
    },
    statistics,
    clear() {
      again?.cancel()
      again = undefined
      queue.length = 0
      below = []
      waiting = 0
    },
  }
}

function idOf({ frames }: Waiting): number {
  return frames[0]?.id ?? 0
}

function isBegun({ handedDown }: Waiting): boolean {
  return handedDown > 0
}

function emptyStatistics(): PriorityStatistics {
  return { sent: 0, waitedMs: 0, waitedMsMax: 0, replaced: 0, refused: 0, expired: 0, invalid: 0 }
}
