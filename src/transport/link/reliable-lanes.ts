// Order and at-most-once over a network that loses, repeats and reorders. Each lane numbers its messages and keeps up to a
// window of them in flight. The receiver takes them in order, holds early ones back, drops repeats, and says with every frame
// which number it expects next. What is not acknowledged in time is sent again, the same bytes under the same number.
// Nothing is given up here: how long the oldest has waited is for the session to judge.
// A status in flight can no longer be replaced, so the status lane has a small window: the newest waits behind little.
//
// Where the channel below is slow a message is sent in pieces, with a number each, so that what is urgent waits behind a piece at most; and
// the time after which something is sent again follows what an acknowledgement takes (RFC 6298, but counted from the first time that a piece
// was sent: an overestimate after a loss, never an underestimate, so a channel that is full is not filled with repeats).
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Lane } from '../../protocol/envelope.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import { createOutboundLanes, type LaneBound, lanesByUrgency, type OutboundLane } from '../outbound-lanes.ts'
import type { Acknowledged, DataFrame } from './frame.ts'

export interface ReliableLanesOptions {
  readonly clock: Clock
  /** Sent again after this at the earliest. Below the round trip it wastes frames, far above it delays what was lost. */
  readonly retransmitMs: number
  /** …and after this at the latest, where acknowledgements take long. Default: as the earliest. */
  readonly retransmitMaxMs?: number
  /** Longer messages are sent in pieces of so many bytes. Default: in one. */
  readonly pieceBytesMax?: number
  /** Unacknowledged bytes of a lane, at most (one piece always may go). Default: no bound but that of messages. */
  readonly windowBytes?: (lane: Lane) => number
  /** How long an acknowledgement waits for data to ride on. */
  readonly ackDelayMs: number
  readonly bounds?: Partial<Record<Lane, LaneBound>>
  transmit(piece: Piece, attempt: number): void
  acknowledge(): void
  deliver(bytes: Uint8Array): void
}

export interface ReliableLanes {
  offer(lane: Lane, bytes: Uint8Array, key: string): 'queued' | 'replaced' | 'full'
  dataArrived(piece: Piece): void
  acksArrived(acknowledged: Acknowledged): void
  /**
   * What rides on a frame, and is then not owed any more: of the lanes from `from` on. A frame that is less urgent than what it acknowledges
   * may take a way that nobody would choose for that.
   */
  takeAcks(from: Lane): { readonly acknowledged: Acknowledged; readonly lane: Lane | null }
  /** When the oldest unacknowledged message was first sent. */
  oldestInFlightMs(): number | undefined
  close(): void
}

export type Piece = Pick<DataFrame, 'lane' | 'sequence' | 'bytes' | 'isLast'>

interface InFlight {
  readonly piece: Piece
  readonly firstSentMs: number
  sentMs: number
  attempt: number
}

interface LaneState {
  readonly waiting: OutboundLane
  readonly windowMax: number
  readonly inFlight: InFlight[]
  readonly early: Map<number, Piece>
  inFlightBytes: number
  /** What is left of the message that is being sent. */
  rest: Uint8Array | undefined
  /** Pieces of the message that is arriving. */
  joined: Uint8Array[]
  joinedBytes: number
  nextSequence: number
  expected: number
}

const windows: Readonly<Record<Lane, number>> = { control: 64, normal: 64, status: 8, bulk: 64 }

export function createReliableLanes(options: ReliableLanesOptions): ReliableLanes {
  const { clock, retransmitMs, ackDelayMs, transmit, acknowledge, deliver } = options
  const { pieceBytesMax = Number.POSITIVE_INFINITY, windowBytes = () => Number.POSITIVE_INFINITY } = options
  const resendAfter = createResendTimer(retransmitMs, options.retransmitMaxMs ?? retransmitMs)
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
  const unacknowledged = new Set<Lane>()

  function createState(lane: Lane): LaneState {
    const waiting = outbound[lane]
    return {
      waiting,
      windowMax: windows[lane],
      inFlight: [],
      inFlightBytes: 0,
      early: new Map(),
      rest: undefined,
      joined: [],
      joinedBytes: 0,
      nextSequence: 0,
      expected: 0,
    }
  }

  function fillWindow(lane: Lane): void {
    const state = states[lane]
    while (
      state.inFlight.length < state.windowMax &&
      (state.inFlight.length === 0 || state.inFlightBytes < windowBytes(lane))
    ) {
      const bytes = state.rest ?? state.waiting.take()
      if (!bytes) return
      const isLast = bytes.byteLength <= pieceBytesMax
      state.rest = isLast ? undefined : bytes.subarray(pieceBytesMax)
      const piece: Piece = {
        lane,
        sequence: state.nextSequence,
        bytes: isLast ? bytes : bytes.subarray(0, pieceBytesMax),
        isLast,
      }
      const sentMs = clock.monotonic()
      state.inFlight.push({ piece, firstSentMs: sentMs, sentMs, attempt: 0 })
      state.inFlightBytes += piece.bytes.byteLength
      state.nextSequence += 1
      transmit(piece, 0)
      retransmission ??= clock.setTimer(resendAfter.ms(), retransmit)
    }
  }

  function retransmit(): void {
    retransmission = undefined
    const now = clock.monotonic()
    let waits = false
    for (const lane of lanesByUrgency) {
      for (const message of states[lane].inFlight) {
        waits = true
        if (now - message.sentMs < resendAfter.ms()) continue
        message.sentMs = now
        message.attempt += 1
        transmit(message.piece, message.attempt)
      }
    }
    if (waits) retransmission = clock.setTimer(resendAfter.ms(), retransmit)
  }

  function dataArrived(piece: Piece): void {
    const { lane, sequence } = piece
    const state = states[lane]
    if (sequence >= state.expected && sequence < state.expected + state.windowMax) state.early.set(sequence, piece)
    unacknowledged.add(lane)
    delayedAck ??= clock.setTimer(ackDelayMs, () => {
      delayedAck = undefined
      acknowledge()
    })
    for (let next = state.early.get(state.expected); next && !closed; next = state.early.get(state.expected)) {
      state.early.delete(state.expected)
      state.expected += 1
      const message = join(state, next)
      if (message) deliver(message)
    }
  }

  /** The message, when this is its last piece. One that is longer than any may be is cut short, and refused by whoever decodes it. */
  function join(state: LaneState, { bytes, isLast }: Piece): Uint8Array | undefined {
    if (isLast && state.joined.length === 0) return bytes
    if (state.joinedBytes <= envelopeBytesMax) {
      state.joined.push(bytes)
      state.joinedBytes += bytes.byteLength
    }
    if (!isLast) return undefined
    const message = new Uint8Array(state.joinedBytes)
    let at = 0
    for (const piece of state.joined.splice(0)) {
      message.set(piece, at)
      at += piece.byteLength
    }
    state.joinedBytes = 0
    return message
  }

  function acksArrived(acknowledged: Acknowledged): void {
    for (const lane of lanesByUrgency) {
      const state = states[lane]
      const { inFlight } = state
      let arrived = 0
      for (const { piece, firstSentMs } of inFlight) {
        if (piece.sequence >= acknowledged[lane]) break
        arrived += 1
        state.inFlightBytes -= piece.bytes.byteLength
        resendAfter.took(clock.monotonic() - firstSentMs)
      }
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
    takeAcks(from) {
      const taken = lanesByUrgency.slice(lanesByUrgency.indexOf(from)).filter((lane) => unacknowledged.delete(lane))
      if (unacknowledged.size === 0) {
        delayedAck?.cancel()
        delayedAck = undefined
      }
      const expected = (lane: Lane) => (taken.includes(lane) ? states[lane].expected : 0)
      const acknowledged = {
        control: expected('control'),
        normal: expected('normal'),
        status: expected('status'),
        bulk: expected('bulk'),
      }
      return { acknowledged, lane: taken[0] ?? null }
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

/** How long an acknowledgement takes, smoothed, and four times how much that varies: between the two bounds. */
function createResendTimer(leastMs: number, mostMs: number) {
  let smoothedMs: number | undefined
  let variesMs = 0
  return {
    took(ms: number): void {
      variesMs = smoothedMs === undefined ? ms / 2 : variesMs + (Math.abs(ms - smoothedMs) - variesMs) / 4
      smoothedMs = smoothedMs === undefined ? ms : smoothedMs + (ms - smoothedMs) / 8
    },
    ms: () => Math.min(mostMs, Math.max(leastMs, (smoothedMs ?? 0) + 4 * variesMs)),
  }
}
