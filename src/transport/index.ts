// bladewright/transport: the channels of a site, to use by themselves, and what it takes to write another one. A channel of one's own
// keeps the promises stated at `Transport` when it passes every envelope through `encodeEnvelope` and `decodeEnvelope`, holds what
// waits in `createOutboundLanes`, and asks `mayCarry` of what arrives.
export type { Clock, Timer } from '../ports/clock.ts'
export type { Log } from '../ports/log.ts'
export type { Random } from '../ports/random.ts'
export type { ChannelReport, Transport, TransportCounters, TransportHandlers } from '../ports/transport.ts'
export type { Envelope, Lane } from '../protocol/envelope.ts'
export { createCounters } from './counters.ts'
export { decodeEnvelope, encodeEnvelope, envelopeBytesMax, mayCarry } from './envelope-codec.ts'
export { defaultLinkTimings, type LinkTimings } from './link/link.ts'
export {
  createOutboundLanes,
  defaultLaneBounds,
  type LaneBound,
  lanesByUrgency,
  type OutboundLane,
  type OutboundLanes,
  statusKey,
  takeMostUrgent,
} from './outbound-lanes.ts'
export {
  type ChannelHealth,
  type ChannelKind,
  type DatagramChannel,
  type DatagramHandlers,
  datagramBytesMax,
  noRefusals,
} from './redundant/datagram-channel.ts'
export {
  createRedundantTransport,
  defaultRedundantTimings,
  type RedundantTransport,
  type RedundantTransportOptions,
} from './redundant/redundant-transport.ts'
export { type ConnectorSettings, defaultConnectorSettings } from './websocket/connector.ts'
export { defaultSocketSettings, type SocketSettings } from './websocket/socket-session.ts'
export type { ListenOptions } from './websocket/web-socket-links.ts'
export { createWebSocketTransport, type WebSocketTransportOptions } from './websocket/web-socket-transport.ts'
