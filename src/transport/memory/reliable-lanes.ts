// Order and at-most-once over a network that loses, repeats and reorders. Each lane numbers its messages and keeps up to a
// window of them in flight. The receiver takes them in order, holds early ones back, drops repeats, and says with every frame
// which number it expects next. What is not acknowledged in time is sent again, the same bytes under the same number.
// Nothing is given up here: how long the oldest has waited is for the session to judge.
// A status in flight can no longer be replaced, so the status lane has a small window: the newest waits behind little.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Lane } from '../../protocol/envelope.ts'
import { createOutboundLanes, type LaneBound, lanesByUrgency, type OutboundLane } from '../outbound-lanes.ts'
import type { Acknowledged } from './frame.ts'

export interface ReliableLanesOptions {
  readonly clock: Clock
  /** Sent again after this. Below the round trip it wastes frames, far above it delays what was lost. */
  readonly retransmitMs: number
  /** How long an acknowledgement waits for data to ride on. */
  readonly ackDelayMs: number
  readonly bounds?: Partial<Record<Lane, LaneBound>>
  transmit(lane: Lane, sequence: number, bytes: Uint8Array): void
  acknowledge(): void
  deliver(bytes: Uint8Array): void
}

export interface ReliableLanes {
  offer(lane: Lane, bytes: Uint8Array, key: string): 'queued' | 'replaced' | 'full'
  dataArrived(lane: Lane, sequence: number, bytes: Uint8Array): void
  acksArrived(acknowledged: Acknowledged): void
  /** Rides on every frame that is sent; the delayed acknowledgement is then not owed any more. */
  takeAcks(): Acknowledged
  /** When the oldest unacknowledged message was first sent. */
  oldestInFlightMs(): number | undefined
  close(): void
}

interface InFlight {
  readonly sequence: number
  readonly bytes: Uint8Array
  readonly firstSentMs: number
  sentMs: number
}

interface LaneState {
  readonly waiting: OutboundLane
  readonly windowMax: number
  readonly inFlight: InFlight[]
  readonly early: Map<number, Uint8Array>
  nextSequence: number
  expected: number
}

const windows: Readonly<Record<Lane, number>> = { control: 64, normal: 64, status: 8, bulk: 64 }

export function createReliableLanes(options: ReliableLanesOptions): ReliableLanes {
  const { clock, retransmitMs, ackDelayMs, transmit, acknowledge, deliver } = options
  const outbound = createOutboundLanes(options.bounds)
  const states: Readonly<Record<Lane, LaneState>> = {
    control: createState('control'),
    normal: createState('normal'),
    status: createState('status'),
    bulk: createState('bulk'),
  }
  let retransmission: Timer | undefined
  let delayedAck: Timer | undefined
  let closed = false

  function createState(lane: Lane): LaneState {
    const waiting = outbound[lane]
    return { waiting, windowMax: windows[lane], inFlight: [], early: new Map(), nextSequence: 0, expected: 0 }
  }

  function fillWindow(lane: Lane): void {
    const state = states[lane]
    while (state.inFlight.length < state.windowMax) {
      const bytes = state.waiting.take()
      if (!bytes) return
      const sentMs = clock.monotonic()
      state.inFlight.push({ sequence: state.nextSequence, bytes, firstSentMs: sentMs, sentMs })
      state.nextSequence += 1
      transmit(lane, state.nextSequence - 1, bytes)
      retransmission ??= clock.setTimer(retransmitMs, retransmit)
    }
  }

  function retransmit(): void {
    retransmission = undefined
    const now = clock.monotonic()
    let waits = false
    for (const lane of lanesByUrgency) {
      for (const message of states[lane].inFlight) {
        waits = true
        if (now - message.sentMs < retransmitMs) continue
        message.sentMs = now
        transmit(lane, message.sequence, message.bytes)
      }
    }
    if (waits) retransmission = clock.setTimer(retransmitMs, retransmit)
  }

  function dataArrived(lane: Lane, sequence: number, bytes: Uint8Array): void {
    const state = states[lane]
    if (sequence >= state.expected && sequence < state.expected + state.windowMax) state.early.set(sequence, bytes)
    delayedAck ??= clock.setTimer(ackDelayMs, acknowledge)
    for (let next = state.early.get(state.expected); next && !closed; next = state.early.get(state.expected)) {
      state.early.delete(state.expected)
      state.expected += 1
      deliver(next)
    }
  }

  function acksArrived(acknowledged: Acknowledged): void {
    for (const lane of lanesByUrgency) {
      const { inFlight } = states[lane]
      let arrived = 0
      while (arrived < inFlight.length && (inFlight[arrived]?.sequence ?? 0) < acknowledged[lane]) arrived += 1
      inFlight.splice(0, arrived)
      fillWindow(lane)
    }
  }

  return {
    offer(lane, bytes, key) {
      const outcome = states[lane].waiting.offer(bytes, key)
      fillWindow(lane)
      return outcome
    },
    dataArrived,
    acksArrived,
    takeAcks() {
      delayedAck?.cancel()
      delayedAck = undefined
      const { control, normal, status, bulk } = states
      return { control: control.expected, normal: normal.expected, status: status.expected, bulk: bulk.expected }
    },
    oldestInFlightMs() {
      const firstSent = lanesByUrgency.flatMap((lane) => states[lane].inFlight[0]?.firstSentMs ?? [])
      return firstSent.length === 0 ? undefined : Math.min(...firstSent)
    },
    close() {
      closed = true
      retransmission?.cancel()
      delayedAck?.cancel()
    },
  }
}
