// One session: an open WebSocket whose other end is known. TCP keeps order and repeats nothing, so what is left to do is to
// read strangers' bytes with suspicion, to hold what the socket cannot take yet (outbound-lanes.ts), and to notice silence.
// Whoever ends it, `ended` is called once, never on the stack of `send`; nothing is delivered afterwards.
import type { RawData, WebSocket } from 'ws'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { TransportCounters } from '../../ports/transport.ts'
import type { Lane } from '../../protocol/envelope.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { createOutboundLanes, type LaneBound, takeMostUrgent } from '../outbound-lanes.ts'
import type { MessageGuard } from './message-guard.ts'
import { createRateLimit } from './rate-limit.ts'

export interface SocketSettings {
  /** Something is asked of the peer this often. */
  readonly keepAliveMs: number
  /** A peer that says nothing for this long is lost: found within one keep-alive more. */
  readonly deadlineMs: number
  /** What the socket may hold; beyond it messages wait in their lanes, where status is replaced. */
  readonly socketBytesMax: number
  /** From one peer. What comes faster waits in its own kernel. */
  readonly messagesPerSecondMax: number
  readonly bytesPerSecondMax: number
  /** How long a peer may take to answer the close before its socket is destroyed. */
  readonly closeGraceMs: number
  readonly bounds?: Partial<Record<Lane, LaneBound>>
}

export const defaultSocketSettings: SocketSettings = {
  keepAliveMs: 200,
  deadlineMs: 800,
  socketBytesMax: 256 * 1024,
  closeGraceMs: 200,
  messagesPerSecondMax: 50_000,
  bytesPerSecondMax: 64 * 1024 * 1024,
}

export type Refusal = 'malformed' | 'oversized' | 'unauthorized'
export type EndReason = Refusal | 'overflow' | 'replaced' | 'stopped' | 'keepAliveMissed' | 'closedByPeer'

/** RFC 6455 section 7.4; 4000 and up are ours. */
const closeCodes: Readonly<Record<EndReason, number>> = {
  malformed: 1007,
  oversized: 1009,
  unauthorized: 1008,
  stopped: 1001,
  overflow: 4000,
  replaced: 4001,
  keepAliveMissed: 4002,
  closedByPeer: 1000,
}

/** What travels on a session: envelopes, or the datagrams of a link that has other channels too. */
export interface SocketWire<T> {
  encode(
    value: T,
  ): { readonly bytes: Uint8Array; readonly lane: Lane; readonly key: string } | 'malformed' | 'oversized'
  /** Undefined when the bytes are none. Never throws. */
  decode(bytes: Uint8Array): T | undefined
  mayCarry(peer: NodeId, value: T): boolean
}

export interface SocketSessionOptions<T> {
  readonly wire: SocketWire<T>
  readonly socket: WebSocket
  readonly peer: NodeId
  readonly clock: Clock
  readonly settings: SocketSettings
  readonly counters: TransportCounters
  readonly guard: MessageGuard
  /** `refused`: it is nothing that the peer may say. */
  received(value: T): 'taken' | 'refused'
  ended(why: EndReason): void
}

export interface SocketSession<T> {
  /** False from the moment it was decided to end it. */
  readonly isOpen: boolean
  send(value: T): 'accepted' | 'refused'
  end(why: EndReason): void
}

export function createSocketSession<T>(options: SocketSessionOptions<T>): SocketSession<T> {
  const { socket, peer, clock, settings, counters, wire, guard } = options
  const messageRate = createRateLimit(clock, settings.messagesPerSecondMax)
  const byteRate = createRateLimit(clock, settings.bytesPerSecondMax)
  const lanes = createOutboundLanes(settings.bounds)
  let isOpen = true
  let heardMs = clock.monotonic()
  let resuming: Timer | undefined
  let ticking: Timer = clock.setTimer(settings.keepAliveMs, () => tick(clock.monotonic()))

  socket.binaryType = 'nodebuffer'
  socket.on('message', messageArrived)
  socket.on('ping', heard)
  socket.on('pong', heard)
  socket.on('close', () => end('closedByPeer'))
  socket.on('error', socketFailed)

  function heard(): void {
    heardMs = clock.monotonic()
  }

  function messageArrived(data: RawData, isBinary: boolean): void {
    if (!isOpen) return
    heard()
    const bytes = isBinary && Buffer.isBuffer(data) ? guard.open(data) : undefined
    const value = bytes && wire.decode(bytes)
    slowDown(Math.max(messageRate.take(1), byteRate.take(bytes?.byteLength ?? 0)))
    if (value === undefined) refuse('malformed')
    else if (!wire.mayCarry(peer, value)) refuse('unauthorized')
    else if (options.received(value) === 'refused') refuse('malformed')
    else counters.received += 1
  }

  function slowDown(waitMs: number): void {
    if (waitMs === 0 || resuming) return
    counters.throttled += 1
    socket.pause()
    resuming = clock.setTimer(waitMs, () => {
      resuming = undefined
      heard()
      socket.resume()
    })
  }

  /** A broken frame, or the network's own failure: then `close` follows. */
  function socketFailed(error: Error & { code?: string }): void {
    if (!isOpen || !error.code?.startsWith('WS_ERR_')) return
    refuse(error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'oversized' : 'malformed')
  }

  function refuse(why: Refusal): void {
    counters[why] += 1
    counters.refusedConnections += 1
    end(why)
    // Not read any more: what a hostile peer goes on to push stays in its own kernel. A turn later, because ws starts to
    // read on (and throws away) on the next tick after a broken frame.
    clock.setTimer(0, () => socket.pause())
  }

  /** @param dueMs when this tick was due; a late one says that this process slept, not that the peer did. */
  function tick(dueMs: number): void {
    const now = clock.monotonic()
    const slept = now - dueMs > settings.keepAliveMs
    // While it is not listened to it cannot be heard.
    if (!slept && !resuming && now - heardMs >= settings.deadlineMs) {
      end('keepAliveMissed')
      return
    }
    socket.ping()
    const nextMs = now + settings.keepAliveMs
    ticking = clock.setTimer(settings.keepAliveMs, () => tick(nextMs))
  }

  function send(value: T): 'accepted' | 'refused' {
    if (!isOpen) return 'refused'
    const encoded = wire.encode(value)
    if (typeof encoded === 'string') {
      counters[encoded] += 1
      return 'refused'
    }
    const { bytes, lane, key } = encoded
    const outcome = lanes[lane].offer(bytes, key)
    if (outcome === 'full') {
      counters.overflows += 1
      if (lane !== 'status') close('overflow', (ended) => void clock.setTimer(0, ended))
      return 'refused'
    }
    if (outcome === 'replaced') counters.statusReplaced += 1
    counters.sent += 1
    pump()
    return 'accepted'
  }

  function pump(): void {
    while (isOpen && socket.bufferedAmount < settings.socketBytesMax) {
      const bytes = takeMostUrgent(lanes)
      if (!bytes) return
      socket.send(guard.seal(bytes), { binary: true, compress: false }, pump)
    }
  }

  function end(why: EndReason): void {
    close(why, (ended) => ended())
  }

  function close(why: EndReason, notify: (ended: () => void) => void): void {
    if (!isOpen) return
    isOpen = false
    ticking.cancel()
    resuming?.cancel()
    if (socket.readyState !== socket.CLOSED) {
      const destroying = clock.setTimer(settings.closeGraceMs, () => socket.terminate())
      socket.on('close', () => destroying.cancel())
      socket.close(closeCodes[why], why)
    }
    notify(() => options.ended(why))
  }

  return {
    get isOpen() {
      return isOpen
    },
    send,
    end,
  }
}
