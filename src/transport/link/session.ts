// One session between two incarnations, at one end: reliable lanes plus the judgement whether the other end still lives.
// It ends itself when nothing was heard, or nothing was acknowledged, for the deadline; the far end, hearing nothing of this
// session any more, comes to the same end.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Lane } from '../../protocol/envelope.ts'
import type { LaneBound } from '../outbound-lanes.ts'
import type { AckFrame, DataFrame, Frame, Transmit } from './frame.ts'
import { createReliableLanes } from './reliable-lanes.ts'

export interface SessionTimings {
  /** Something is said at least this often. Lower: more frames. Higher: fewer may be lost in a row before a false end. */
  readonly keepAliveMs: number
  /** Silence this long ends the session. At nine keep-alives and 20 % loss, one in two million ends it falsely. */
  readonly deadlineMs: number
  readonly retransmitMs: number
  readonly ackDelayMs: number
  /** As in reliable-lanes.ts, where the channels are slow. */
  readonly retransmitMaxMs?: number
  readonly pieceBytesMax?: number
  readonly windowBytes?: (lane: Lane) => number
}

export interface SessionOptions {
  readonly clock: Clock
  readonly timings: SessionTimings
  readonly bounds?: Partial<Record<Lane, LaneBound>>
  readonly fromIncarnation: number
  readonly toIncarnation: number
  readonly session: number
  readonly transmit: Transmit
  deliver(bytes: Uint8Array): void
  ended(why: string): void
}

export interface Session {
  readonly toIncarnation: number
  readonly number: number
  offer(lane: Lane, bytes: Uint8Array, key: string): 'queued' | 'replaced' | 'full'
  arrived(frame: DataFrame | AckFrame): void
  /** Says at once that this end is there. */
  acknowledge(): void
  /** The far end may be gone: it says so over every way, and ends when nothing is heard for so long. */
  suspect(withinMs: number): void
  /** Silent: `ended` is not called. */
  close(): void
}

export function createSession(options: SessionOptions): Session {
  const { clock, timings, transmit, deliver, ended } = options
  const head = {
    fromIncarnation: options.fromIncarnation,
    toIncarnation: options.toIncarnation,
    session: options.session,
  }
  let heardMs = clock.monotonic()
  let saidMs = clock.monotonic()
  let ticking: Timer = clock.setTimer(timings.keepAliveMs, tick)
  let suspecting: Timer | undefined

  const lanes = createReliableLanes({
    clock,
    ...timings,
    ...(options.bounds && { bounds: options.bounds }),
    transmit: (piece, attempt) =>
      say({ kind: 'data', ...head, ...piece, acknowledged: lanes.takeAcks(piece.lane).acknowledged }, attempt),
    acknowledge,
    deliver,
  })

  function say(frame: Frame, attempt: number): void {
    saidMs = clock.monotonic()
    transmit(frame, attempt)
  }

  function acknowledge(): void {
    say({ kind: 'ack', ...head, ...lanes.takeAcks('control') }, silentPeriods())
  }

  function silentPeriods(): number {
    return Math.floor((clock.monotonic() - heardMs) / timings.keepAliveMs)
  }

  function tick(): void {
    const now = clock.monotonic()
    if (now - heardMs >= timings.deadlineMs) end('keepAliveMissed')
    else if (now - (lanes.oldestInFlightMs() ?? now) >= timings.deadlineMs) end('unacknowledged')
    else {
      if (now - saidMs >= timings.keepAliveMs) acknowledge()
      ticking = clock.setTimer(timings.keepAliveMs, tick)
    }
  }

  function suspect(withinMs: number): void {
    const sinceMs = clock.monotonic()
    suspecting ??= clock.setTimer(withinMs, () => {
      suspecting = undefined
      if (heardMs < sinceMs) end('gone')
    })
    say({ kind: 'ack', ...head, ...lanes.takeAcks('control') }, Number.POSITIVE_INFINITY)
  }

  function end(why: string): void {
    close()
    ended(why)
  }

  function close(): void {
    ticking.cancel()
    suspecting?.cancel()
    lanes.close()
  }

  return {
    toIncarnation: options.toIncarnation,
    number: options.session,
    offer: lanes.offer,
    arrived(frame) {
      heardMs = clock.monotonic()
      lanes.acksArrived(frame.acknowledged)
      if (frame.kind === 'data') lanes.dataArrived(frame)
    },
    acknowledge,
    suspect,
    close,
  }
}
