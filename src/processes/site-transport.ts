// The channels of a process of this site: WebSocket connections, and the CAN buses where the farm has some.
import { systemClock } from '../drivers/node/system-clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { NodeId } from '../protocol/ids.ts'
import { refuseCommand } from '../runtime/board-registers.ts'
import { canNumbersOf } from '../runtime/can-layout.ts'
import { compactTablesOf } from '../runtime/compact-tables.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import type { CanBus } from '../transport/can/can-bus.ts'
import { type CuttableBus, createCuttableBus } from '../transport/can/cuttable-bus.ts'
import { createSocketcanBus } from '../transport/can/socketcan-bus.ts'
import type { RegisterHandlers } from '../transport/can/standard-services.ts'
import { createUdpBus } from '../transport/can/udp-bus.ts'
import { createCompactCodec } from '../transport/compact/compact-codec.ts'
import { createCanChannel } from '../transport/redundant/can-channel.ts'
import { createCuttableChannel } from '../transport/redundant/cuttable-channel.ts'
import { createRedundantTransport } from '../transport/redundant/redundant-transport.ts'
import { createSealing, linkKey } from '../transport/redundant/sealing.ts'
import { createWebSocketChannel } from '../transport/redundant/web-socket-channel.ts'
import type { WebSocketLinksOptions } from '../transport/websocket/web-socket-links.ts'
import { createWebSocketTransport } from '../transport/websocket/web-socket-transport.ts'
import { tlsOf } from './tls-files.ts'

/** As operators know it. */
export const webSocketName = 'ws'

export interface SiteTransportOptions extends Pick<WebSocketLinksOptions, 'listen' | 'connect' | 'token'> {
  readonly node: NodeId
  readonly incarnation: number
  readonly config: FarmConfig
  readonly random: Random
  readonly log: Log
  /** Tokens of a node, the newest first, as far as this one may know them. */
  readonly secretsOf: (node: NodeId) => readonly string[]
  /** What Cyphal tools can read of this process, and what comes of their commands. */
  readonly registers?: RegisterHandlers
  /** Who is told which buses are cut, and which no longer: all others. */
  readonly onCut?: (listener: (names: readonly string[]) => void) => void
}

/** Throws ConfigError as `createWebSocketLinks` does, and CAN_UNSUPPORTED. */
export function siteTransport({ config, secretsOf, onCut, registers, ...options }: SiteTransportOptions): Transport {
  const { node, incarnation, random, log } = options
  const masters = mastersOf(config)
  const isRelay = (peer: NodeId) => masters.includes(peer)
  const tls = tlsOf(config, node)
  const socket = { ...options, clock: systemClock, ...(tls && { tls }) }
  if (config.channel.can.backend === 'off') return createWebSocketTransport({ ...socket, isRelay })
  const numbers = canNumbersOf(config)
  const number = numbers.get(node)
  const buses = number === undefined ? [] : canBuses(config, node, incarnation, log)
  const webSocket = createCuttableChannel(createWebSocketChannel({ ...socket, name: webSocketName }))
  onCut?.((names) => {
    for (const way of [...buses, webSocket]) way.cut(names.includes(way.name))
  })
  const { bitRate } = config.channel.can
  const cans = buses.map((bus) =>
    createCanChannel({
      ...{ bus, bitRate, clock: systemClock, self: node, number: number ?? 0, numbers },
      ...{ domain: config.site.id, execute: refuseCommand, ...(registers && { registers }) },
    }),
  )
  const isMaster = isRelay(node)
  return createRedundantTransport({
    node,
    incarnation,
    clock: systemClock,
    random,
    log,
    channels: [...cans, webSocket],
    admits: (peer) => (isMaster ? numbers.has(peer) : isRelay(peer)),
    meets: masters.filter((master) => master !== node),
    isRelay,
    codec: createCompactCodec(compactTablesOf(config)),
    sealing: createSealing(node, (peer) => secretsOf(callerOf(node, peer, masters)).map(linkKey), systemClock),
  })
}

/** Everybody calls the masters, the second master the first: the token of who calls is known to both. */
function callerOf(node: NodeId, peer: NodeId, masters: readonly NodeId[]): NodeId {
  const rank = (one: NodeId) => (masters.includes(one) ? masters.indexOf(one) : masters.length)
  return rank(node) > rank(peer) ? node : peer
}

function canBuses(config: FarmConfig, node: NodeId, incarnation: number, log: Log): CuttableBus[] {
  const { buses } = config.channel.can
  return buses.map((name, index) =>
    createCuttableBus(canBus(config, name, index, `${node}#${incarnation}-${process.pid}`, log), systemClock),
  )
}

function canBus({ channel: { can } }: FarmConfig, name: string, index: number, self: string, log: Log): CanBus {
  const { backend, bitRate, dataBitRate, port } = can
  const common = { name, bitRate, ...(dataBitRate !== undefined && { dataBitRate }), clock: systemClock, log }
  // The other bus and WebSocket carry what an interface that is not there yet does not.
  if (backend === 'socketcan') return createSocketcanBus({ ...common, isPatient: true })
  return createUdpBus({ ...common, port: port + index, self })
}
