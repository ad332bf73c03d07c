import type { ChannelReport, TransportCounters } from '../../ports/transport.ts'
import type { Lane } from '../../protocol/envelope.ts'
import type { NodeId } from '../../protocol/ids.ts'

export type ChannelKind = 'can' | 'websocket'

/** What a datagram is part of. `session`: what begins, ends or acknowledges: others wait for it, and it is short. */
export type Traffic = Lane | 'session'

/**
 * One way between nodes: a CAN bus, or the WebSocket channel. A datagram may be lost, repeated and overtaken; never changed, and never
 * longer than `datagramBytesMax`. Never throws, never blocks.
 */
export interface DatagramChannel {
  /** As operators know it: `can0`, `can1`, `ws`. */
  readonly name: string
  readonly kind: ChannelKind
  start(handlers: DatagramHandlers): void
  /** @param traffic decides the priority. `refused`: no way to that peer, or no room: nothing is sent. */
  send(peer: NodeId, bytes: Uint8Array, traffic: Traffic): 'accepted' | 'refused'
  /** Whether what is sent to the peer is likely to arrive, as far as this channel can tell by its own traffic. */
  isHealthy(peer: NodeId): boolean
  health(): ChannelHealth
  /** What was refused before it was a datagram. */
  refusals(): Refusals
  stop(stopped: () => void): void
}

export type Heard = 'taken' | 'refused'

export interface DatagramHandlers {
  /** `refused`: no datagram of that peer's. Where nobody else could have sent it, its connection ends. */
  received(peer: NodeId, bytes: Uint8Array): Heard
  /** A connection to it broke off: its process may have ended. */
  gone(peer: NodeId): void
}

/** As in TransportCounters. */
export type Refusals = Pick<TransportCounters, 'refusedConnections' | 'malformed' | 'oversized' | 'unauthorized'>

export const noRefusals: Refusals = { refusedConnections: 0, malformed: 0, oversized: 0, unauthorized: 0 }

export interface ChannelHealth {
  readonly state: ChannelReport['state']
  /** Since anything was heard; null before. */
  readonly silentMs: number | null
  /** How long the oldest datagram has waited to be sent. */
  readonly queueAgeMs: number
  /** Share of the capacity that is in use by anybody, 0 to 1; null where nobody can tell. */
  readonly load: number | null
  /** By priority, the most urgent first; empty where there are none. */
  readonly statistics: ChannelReport['statistics']
}

/** A piece of a message with its heads. */
export const datagramBytesMax = 1024
