// Messages played on a CAN bus in memory, each by the node that its identifier names, through the queue that stands before every
// controller: how long each took at most. In rounds, each on an idle bus: first all messages at once, which is the worst that the
// analysis of their response times knows, then at phases drawn by chance, and so on in turn. Half of the frames are full of zeros, which are long.
import { createSeededRandom } from '../drivers/seeded-random.ts'
import type { Random } from '../ports/random.ts'
import type { CanFrame } from '../transport/can/can-bus.ts'
import { type CanQueue, createCanQueue } from '../transport/can/can-queue.ts'
import { priorityOf, sourceOf } from '../transport/can/cyphal/identifier.ts'
import { createMemoryBus } from '../transport/can/memory-bus.ts'
import type { BusRates, TimedMessage } from '../transport/can/response-times.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export interface PlayedTraffic {
  readonly frames: number
  readonly simulatedMs: number
  /** Share of the time in which the bus was not idle. */
  readonly load: number
  /** In the order of the messages: from when it was queued until its last frame was on the bus. */
  readonly longestMs: readonly number[]
}

export interface TrafficOptions extends BusRates {
  readonly messages: readonly TimedMessage[]
  readonly isFd: boolean
  readonly seed: number
  /** Of each controller. */
  readonly mailboxes: number
  /** Rounds are played until there were as many. */
  readonly framesMin: number
  readonly roundMs: number
  /** Between two rounds everything leaves, and the next instance of every message may come. */
  readonly restMs: number
}

interface Pending {
  readonly message: number
  readonly queuedMs: number
  framesLeft: number
}

interface PlayedNode {
  readonly queue: CanQueue
  /** Of each identifier, in the order in which they were queued. */
  readonly pending: Map<number, Pending[]>
}

export function playTraffic(options: TrafficOptions): PlayedTraffic {
  const { messages, isFd, seed, framesMin, roundMs, restMs, bitRate, dataBitRate = bitRate, mailboxes } = options
  const clock = createVirtualClock()
  const random = createSeededRandom(seed)
  const bus = createMemoryBus({
    clock,
    random: random.fork('bus'),
    name: 'can0',
    bitRate,
    dataBitRate,
    isFd,
    mailboxes,
  })
  const longestMs = messages.map(() => 0)
  const nodes = new Map<number, PlayedNode>()
  const content = random.fork('content')
  let frames = 0

  function nodeOf(source: number): PlayedNode {
    const known = nodes.get(source)
    if (known) return known
    const controller = bus.attach(`n${source}`)
    const queue = createCanQueue({ bus: controller, clock, framesMax: 4_096 })
    const node: PlayedNode = { queue, pending: new Map() }
    controller.start({
      received() {},
      sent(frame) {
        count(node, frame.id)
        queue.sent(frame)
      },
      stateChanged: queue.stateChanged,
    })
    nodes.set(source, node)
    return node
  }

  function count({ pending }: PlayedNode, id: number): void {
    frames += 1
    const [first] = pending.get(id) ?? []
    if (!first) throw new Error(`a frame ${id.toString(16)} was sent that nobody queued`)
    first.framesLeft -= 1
    if (first.framesLeft > 0) return
    pending.get(id)?.shift()
    longestMs[first.message] = Math.max(longestMs[first.message] ?? 0, clock.monotonic() - first.queuedMs)
  }

  function queueOne(message: TimedMessage, index: number): void {
    const { queue, pending } = nodeOf(sourceOf(message.id))
    const entry = { message: index, queuedMs: clock.monotonic(), framesLeft: message.frames.length }
    pending.set(message.id, [...(pending.get(message.id) ?? []), entry])
    const urgency = { priority: priorityOf(message.id), lifetimeMs: roundMs + restMs }
    if (queue.offer(framesOf(message, content), urgency) === 'full') throw new Error(`${message.name} found no room`)
  }

  for (const message of messages) nodeOf(sourceOf(message.id))
  for (let round = 0; frames < framesMin; round += 1) {
    const phases = random.fork(`round ${round}`)
    for (const [index, message] of messages.entries()) {
      const phaseMs = round % 2 === 0 ? 0 : phases.next() * message.periodMs
      repeat(clock, phaseMs, message.periodMs, clock.monotonic() + roundMs, () => queueOne(message, index))
    }
    clock.advanceBy(roundMs + restMs)
    for (const { queue } of nodes.values())
      if (queue.waiting > 0) throw new Error('a round has not left the bus in time')
  }
  const simulatedMs = clock.monotonic()
  return { frames, simulatedMs, load: (bus.busyBits() * 1_000) / bitRate / simulatedMs, longestMs }
}

function repeat(clock: VirtualClock, phaseMs: number, periodMs: number, untilMs: number, act: () => void): void {
  if (clock.monotonic() + phaseMs >= untilMs) return
  clock.setTimer(phaseMs, () => {
    act()
    repeat(clock, periodMs, periodMs, untilMs, act)
  })
}

function framesOf({ id, frames }: TimedMessage, content: Random): readonly CanFrame[] {
  return frames.map(({ isExtended, isFd, isBitRateSwitched, dataBytes }) => {
    const isZeros = content.next() < 0.5
    const data = Uint8Array.from({ length: dataBytes }, () => (isZeros ? 0 : Math.floor(content.next() * 256)))
    return { id, isExtended, isFd, isBitRateSwitched, data }
  })
}
