import type { Envelope } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'

/**
 * One out-of-band channel, seen from one node. A link is a session between two incarnations: what it delivers, it delivers
 * at most once and in order per lane; when it cannot, it ends, and both ends hear `linkLost`. Nothing is resent across sessions.
 */
export interface Transport {
  start(handlers: TransportHandlers): void
  /** Never throws, never blocks. `refused`: no link to that peer, or the lane's bound is reached (then the link also ends, unless the lane is status). */
  send(peer: NodeId, envelope: Envelope): 'accepted' | 'refused'
  /** Peers with a live link. */
  peers(): readonly NodeId[]
  counters(): Readonly<TransportCounters>
  stop(stopped: () => void): void
}

export interface TransportHandlers {
  linkUp(peer: NodeId, incarnation: number): void
  linkLost(peer: NodeId, why: string): void
  received(peer: NodeId, envelope: Envelope): void
}

export interface TransportCounters {
  sent: number
  received: number
  /** Connections ended because of what they said: garbage, too large, wrong token. */
  refusedConnections: number
  malformed: number
  oversized: number
  unauthorized: number
  statusReplaced: number
  overflows: number
}
