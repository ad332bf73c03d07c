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
  /** How each channel is, in the order of preference; empty where there is nothing to tell apart. */
  channels(): readonly ChannelReport[]
  stop(stopped: () => void): void
}

export interface ChannelReport {
  /** As operators know it: `can0`, `ws`. */
  readonly name: string
  /** unheard: nobody was heard on it for three periods. passive, off: of a CAN controller. */
  readonly state: 'healthy' | 'unheard' | 'passive' | 'off'
  /** Share of the capacity that anybody uses, 0 to 1; null where nobody can tell. */
  readonly load: number | null
  /** How long the oldest of what waits has waited. */
  readonly queueAgeMs: number
  readonly sent: number
  readonly received: number
  /** What was sent by priority, the most urgent first; empty where there are none. */
  readonly statistics: readonly Readonly<PriorityStatistics>[]
  /** Peers from which something came over it last. */
  readonly peers: readonly NodeId[]
}

export interface PriorityStatistics {
  /** Transfers that are on the bus, all of their frames. */
  sent: number
  /** From the offer until the last frame was on the bus: sum and longest. */
  waitedMs: number
  waitedMsMax: number
  /** Statuses that a newer one replaced. */
  replaced: number
  /** For want of room: refused, or given up for what is more urgent. */
  refused: number
  /** Older than their lifetime. */
  expired: number
  /** No frames that this bus can carry. */
  invalid: number
}

export interface TransportHandlers {
  linkUp(peer: NodeId, incarnation: number): void
  linkLost(peer: NodeId, why: string): void
  received(peer: NodeId, envelope: Envelope): void
}

export interface TransportCounters {
  sent: number
  received: number
  /** Connections ended because of what they said: garbage, too large, wrong token, another wire version. */
  refusedConnections: number
  /** Of them: those that speak no wire version of ours. */
  otherVersion: number
  /** Times that a peer said more than it may, and was made to wait. */
  throttled: number
  malformed: number
  oversized: number
  unauthorized: number
  statusReplaced: number
  overflows: number
}
