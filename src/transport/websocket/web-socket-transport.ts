// The WebSocket channel of one node by itself: a link is a connection, and what travels on it are envelopes.
import type { Transport } from '../../ports/transport.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { decodeEnvelope, encodeEnvelope, mayCarry } from '../envelope-codec.ts'
import { statusKey } from '../outbound-lanes.ts'
import { createWebSocketLinks, type WebSocketLinksOptions } from './web-socket-links.ts'

export interface WebSocketTransportOptions extends WebSocketLinksOptions {
  /** Whose envelopes may be from somebody else: the masters. Default: nobody's. */
  readonly isRelay?: (peer: NodeId) => boolean
}

/** Throws as `createWebSocketLinks` does. */
export function createWebSocketTransport(options: WebSocketTransportOptions): Transport {
  const { isRelay = () => false } = options
  const links = createWebSocketLinks<Envelope>(options, {
    encode(envelope) {
      const bytes = encodeEnvelope(envelope)
      return typeof bytes === 'string' ? bytes : { bytes, lane: envelope.lane, key: statusKey(envelope) }
    },
    decode: decodeEnvelope,
    mayCarry: (peer, envelope) => mayCarry(peer, isRelay, envelope),
  })
  return {
    ...links,
    start: (handlers) =>
      links.start({
        linkUp: handlers.linkUp,
        linkLost: handlers.linkLost,
        received(peer, envelope) {
          handlers.received(peer, envelope)
          return 'taken'
        },
      }),
    channels() {
      const peers = links.peers()
      const { sent, received } = links.counters()
      const state = peers.length > 0 ? 'healthy' : 'unheard'
      return [{ name: 'ws', state, load: null, queueAgeMs: 0, sent, received, statistics: [], peers }]
    },
  }
}
