// Datagrams over the WebSocket connections of a node. A connection loses nothing while it lives; when it breaks off, what was under way is lost,
// and the link above sends it again, here or elsewhere.
import type { Clock } from '../../ports/clock.ts'
import type { Lane } from '../../protocol/envelope.ts'
import { createWebSocketLinks, type WebSocketLinksOptions } from '../websocket/web-socket-links.ts'
import { type DatagramChannel, type DatagramHandlers, datagramBytesMax, type Traffic } from './datagram-channel.ts'

interface Datagram {
  readonly bytes: Uint8Array
  readonly traffic: Traffic
}

export interface WebSocketChannelOptions extends WebSocketLinksOptions {
  readonly clock: Clock
  /** As operators know it. */
  readonly name: string
}

/** Throws as `createWebSocketLinks` does. */
export function createWebSocketChannel(options: WebSocketChannelOptions): DatagramChannel {
  const { clock, name } = options
  let handlers: DatagramHandlers | undefined
  let heardAt: number | null = null
  const links = createWebSocketLinks<Datagram>(options, {
    encode: ({ bytes, traffic }) => ({ bytes, lane: laneOf(traffic), key: '' }),
    // Which lane it was in is in the frame.
    decode: (bytes) =>
      bytes.length <= datagramBytesMax ? { bytes: new Uint8Array(bytes), traffic: 'normal' } : undefined,
    // Whose envelopes they are is looked at when they are whole.
    mayCarry: () => true,
  })

  return {
    name,
    kind: 'websocket',
    start(given) {
      handlers = given
      links.start({
        linkUp() {
          heardAt = clock.monotonic()
        },
        linkLost: (peer) => handlers?.gone(peer),
        received(peer, { bytes }) {
          heardAt = clock.monotonic()
          return handlers?.received(peer, bytes) ?? 'taken'
        },
      })
    },
    send: (peer, bytes, traffic) => links.send(peer, { bytes, traffic }),
    isHealthy: (peer) => links.peers().includes(peer),
    health: () => ({
      state: links.peers().length > 0 ? 'healthy' : 'unheard',
      silentMs: heardAt === null ? null : clock.monotonic() - heardAt,
      queueAgeMs: 0,
      load: null,
      statistics: [],
    }),
    refusals: links.counters,
    stop(stopped) {
      handlers = undefined
      links.stop(stopped)
    },
  }
}

/** Statuses of a link are pieces with numbers: none replaces another. */
function laneOf(traffic: Traffic): Lane {
  if (traffic === 'session') return 'control'
  return traffic === 'status' ? 'normal' : traffic
}
