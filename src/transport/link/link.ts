// One peer, as one node sees it: calls it or is called by it, and holds the session that results.
// Of two nodes the one whose name sorts first calls, so that two calls never cross. The called end answers, but counts the
// session as up only when the caller speaks in it: a caller that cannot hear the answer never seems to be connected.
// Calls are numbered; an old number, or an old incarnation, is a stray of the past and is ignored.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Lane } from '../../protocol/envelope.ts'
import type { LaneBound } from '../outbound-lanes.ts'
import type { AckFrame, CallFrame, DataFrame, Frame, Transmit } from './frame.ts'
import { createSession, type Session, type SessionTimings } from './session.ts'

export interface LinkTimings extends SessionTimings {
  /** A call without an answer is repeated after this, then after twice as long… */
  readonly recallFirstMs: number
  /** …up to this. */
  readonly recallMaxMs: number
  /** A peer that may be gone says something within this, or is. More than a keep-alive. Default: the deadline. */
  readonly suspectMs?: number
}

export const defaultLinkTimings: LinkTimings = {
  keepAliveMs: 100,
  deadlineMs: 900,
  retransmitMs: 60,
  ackDelayMs: 10,
  recallFirstMs: 50,
  recallMaxMs: 500,
}

export interface LinkOptions {
  readonly clock: Clock
  readonly random: Random
  readonly timings: LinkTimings
  readonly bounds?: Partial<Record<Lane, LaneBound>>
  readonly incarnation: number
  readonly calls: boolean
  readonly transmit: Transmit
  up(incarnation: number): void
  lost(why: string): void
  deliver(bytes: Uint8Array): void
  /** The peer speaks another version of the protocol: no session with it, until one of the two is another program. */
  otherVersion(theirs: number): void
  /** That this end speaks. Default: the newest. */
  readonly version?: number
}

/** Of frames, and of what is in them. */
export const linkVersion = 1

export interface Link {
  readonly isUp: boolean
  open(): void
  offer(lane: Lane, bytes: Uint8Array, key: string): 'queued' | 'replaced' | 'full'
  arrived(frame: Frame): void
  /** The peer may be gone: known sooner than by silence. */
  suspect(): void
  /** Ends the session for a reason of this end's own; `lost` is called on the next turn of the clock. A caller calls again. */
  end(why: string): void
  /** `bye` where the process ends in order; a dead process says nothing. No handler is called any more. */
  close(bye: boolean): void
}

export function createLink(options: LinkOptions): Link {
  const { clock, random, timings, incarnation, version = linkVersion } = options
  let session: Session | undefined
  let isUp = false
  let closed = false
  let peerIncarnation = 0
  let callNumber = 0
  let callsInVain = 0
  let recall: Timer | undefined

  function call(): void {
    transmitCall('hello', 0, callNumber)
    const waitMs = Math.min(timings.recallFirstMs * 2 ** callsInVain, timings.recallMaxMs)
    callsInVain += 1
    // Jitter, or all nodes call a returning master at the same instant.
    recall = clock.setTimer(waitMs * (0.75 + random.next() / 2), call)
  }

  function callAnew(): void {
    recall?.cancel()
    callNumber += 1
    callsInVain = 0
    recall = clock.setTimer(timings.recallFirstMs * (0.75 + random.next() / 2), call)
  }

  function transmitCall(kind: CallFrame['kind'], toIncarnation: number, number: number): void {
    options.transmit({ kind, fromIncarnation: incarnation, toIncarnation, session: number, version }, 0)
  }

  function openSession(toIncarnation: number, number: number): Session {
    peerIncarnation = toIncarnation
    return createSession({
      clock,
      timings,
      ...(options.bounds && { bounds: options.bounds }),
      fromIncarnation: incarnation,
      toIncarnation,
      session: number,
      transmit: options.transmit,
      deliver: options.deliver,
      ended: (why) => drop(why, true),
    })
  }

  function becomeUp(): void {
    isUp = true
    options.up(peerIncarnation)
  }

  /** Ends what there is, tells the peer where that can help, and starts over. */
  function drop(why: string, bye: boolean, notify = options.lost): void {
    if (!session) return
    session.close()
    if (bye) transmitCall('bye', session.toIncarnation, session.number)
    session = undefined
    const wasUp = isUp
    isUp = false
    if (options.calls) callAnew()
    if (wasUp) notify(why)
  }

  function isOtherVersion(frame: CallFrame): boolean {
    if (frame.version === version) return false
    options.otherVersion(frame.version)
    return true
  }

  function helloArrived(frame: CallFrame): void {
    const { fromIncarnation, session: number } = frame
    const isNewer = fromIncarnation > peerIncarnation || number > callNumber
    if (options.calls || fromIncarnation < peerIncarnation) return
    if (fromIncarnation === peerIncarnation && number < callNumber) return
    if (isOtherVersion(frame)) {
      transmitCall('bye', fromIncarnation, number)
      return
    }
    if (isNewer) {
      drop('replaced', false)
      if (closed) return
      session = openSession(fromIncarnation, number)
      callNumber = number
    }
    transmitCall(session ? 'welcome' : 'bye', fromIncarnation, number)
  }

  function welcomeArrived(frame: CallFrame): void {
    const { fromIncarnation, session: number } = frame
    if (!options.calls || session || number !== callNumber || fromIncarnation < peerIncarnation) return
    if (isOtherVersion(frame)) return
    recall?.cancel()
    callsInVain = 0
    session = openSession(fromIncarnation, number)
    // Confirms the session to the called end.
    session.acknowledge()
    becomeUp()
  }

  function byeArrived(frame: CallFrame): void {
    const { fromIncarnation, session: number } = frame
    if (number !== callNumber || fromIncarnation < peerIncarnation) return
    // It goes on calling as it does in vain: one of the two may be replaced.
    if (isOtherVersion(frame)) return
    if (session) drop('closedByPeer', false)
    else if (options.calls) callAnew()
  }

  function arrived(frame: Frame): void {
    if (closed) return
    if (frame.toIncarnation !== incarnation && frame.kind !== 'hello') {
      // The caller talks to a former life of this node.
      if (frame.kind === 'data' || frame.kind === 'ack') transmitCall('bye', frame.fromIncarnation, frame.session)
      return
    }
    if (frame.kind === 'data' || frame.kind === 'ack') sessionFrameArrived(frame)
    else if (frame.kind === 'hello') helloArrived(frame)
    else if (frame.kind === 'welcome') welcomeArrived(frame)
    else byeArrived(frame)
  }

  function sessionFrameArrived(frame: DataFrame | AckFrame): void {
    // Overtook the welcome, which is repeated.
    if (!session && options.calls && frame.session === callNumber) return
    if (session?.number !== frame.session || session.toIncarnation !== frame.fromIncarnation) {
      transmitCall('bye', frame.fromIncarnation, frame.session)
      return
    }
    if (!isUp) becomeUp()
    session?.arrived(frame)
  }

  return {
    get isUp() {
      return isUp
    },
    open() {
      if (!options.calls) return
      callNumber = 1
      call()
    },
    offer: (lane, bytes, key) => session?.offer(lane, bytes, key) ?? 'full',
    arrived,
    suspect: () => session?.suspect(timings.suspectMs ?? timings.deadlineMs),
    end: (why) => drop(why, true, (reason) => void clock.setTimer(0, () => !closed && options.lost(reason))),
    close(bye) {
      closed = true
      recall?.cancel()
      session?.close()
      if (bye && session) transmitCall('bye', session.toIncarnation, session.number)
      session = undefined
      isUp = false
    },
  }
}
