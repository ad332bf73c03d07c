// The channels of a process of this site: WebSocket connections, and the CAN buses where the farm has some.
import { systemClock } from '../drivers/node/system-clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { NodeId } from '../protocol/ids.ts'
import { canNumbersOf } from '../runtime/can-layout.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import { createUdpBus } from '../transport/can/udp-bus.ts'
import { createCanChannel } from '../transport/redundant/can-channel.ts'
import { createRedundantTransport } from '../transport/redundant/redundant-transport.ts'
import { createWebSocketChannel } from '../transport/redundant/web-socket-channel.ts'
import type { WebSocketLinksOptions } from '../transport/websocket/web-socket-links.ts'
import { createWebSocketTransport } from '../transport/websocket/web-socket-transport.ts'

export interface SiteTransportOptions extends Pick<WebSocketLinksOptions, 'listen' | 'connect' | 'token'> {
  readonly node: NodeId
  readonly incarnation: number
  readonly config: FarmConfig
  readonly random: Random
  readonly log: Log
}

/** Throws ConfigError as `createWebSocketLinks` does. */
export function siteTransport({ config, ...options }: SiteTransportOptions): Transport {
  const { node, incarnation, random, log } = options
  const masters = mastersOf(config)
  const isRelay = (peer: NodeId) => masters.includes(peer)
  const socket = { ...options, clock: systemClock }
  if (config.channel.can.backend === 'off') return createWebSocketTransport({ ...socket, isRelay })
  const numbers = canNumbersOf(config)
  const isMaster = isRelay(node)
  return createRedundantTransport({
    node,
    incarnation,
    clock: systemClock,
    random,
    channels: [...canChannels(config, node, incarnation, log), createWebSocketChannel({ ...socket, name: 'ws' })],
    admits: (peer) => (isMaster ? numbers.has(peer) : isRelay(peer)),
    meets: masters.filter((master) => master !== node),
    isRelay,
  })
}

function canChannels(config: FarmConfig, node: NodeId, incarnation: number, log: Log) {
  const { buses, bitRate, dataBitRate, port } = config.channel.can
  const numbers = canNumbersOf(config)
  const number = numbers.get(node)
  if (number === undefined) return []
  return buses.map((name, index) => {
    const bus = createUdpBus({
      ...{ name, port: port + index, bitRate, ...(dataBitRate !== undefined && { dataBitRate }) },
      ...{ self: `${node}#${incarnation}-${process.pid}`, clock: systemClock, log },
    })
    return createCanChannel({ bus, bitRate, clock: systemClock, number, numbers })
  })
}
