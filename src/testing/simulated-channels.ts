// The channels between the nodes of a simulated farm, from a single one of datagrams to CAN buses bit by bit.
import type { Clock } from '../ports/clock.ts'
import type { NodeId } from '../protocol/ids.ts'
import { canNumbersOf } from '../runtime/can-layout.ts'
import { compactTablesOf } from '../runtime/compact-tables.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { createCompactCodec } from '../transport/compact/compact-codec.ts'
import { createSealing, linkKey } from '../transport/redundant/sealing.ts'
import type { SimulatedNetworkOptions } from './simulated-network.ts'

/**
 * How the nodes speak. `messages`: each is one event. `datagrams`: on one channel, with links that repair it. `three`: the same over channels
 * named can0, can1 and ws, as a farm has them; a datagram on a bus takes 1 to 4 ms. `bits`: as `three`, but the buses bit by bit, every
 * datagram with its code: all that processes do.
 */
export const simulatedChannels = ['messages', 'datagrams', 'three', 'bits'] as const
export type SimulatedChannels = (typeof simulatedChannels)[number]

/** Of a farm that says nothing of buses: CAN FD. */
const usualDataBitRate = 5_000_000
export const busNames = ['can0', 'can1'] as const
const webSocket = { name: 'ws', kind: 'websocket' } as const
export const channelNames = [...busNames, webSocket.name] as const

export function channelOptions(
  channels: Exclude<SimulatedChannels, 'messages'>,
  config: FarmConfig,
  clock: Clock,
): Pick<SimulatedNetworkOptions, 'channels' | 'codec' | 'sealing'> {
  if (channels === 'datagrams') return {}
  if (channels === 'three')
    return { channels: [...busNames.map((name) => ({ name, kind: 'can' as const })), webSocket] }
  const { backend, bitRate, dataBitRate } = config.channel.can
  const fast = dataBitRate ?? (backend === 'off' ? usualDataBitRate : undefined)
  const bits = { bitRate, ...(fast !== undefined && { dataBitRate: fast }), numbers: canNumbersOf(config) }
  return {
    channels: [...busNames.map((name) => ({ name, kind: 'can' as const, bits })), webSocket],
    codec: createCompactCodec(compactTablesOf(config)),
    sealing: (node) => createSealing(node, (peer) => [keyOfLink(node, peer)], clock),
  }
}

/** Of both ends the same: nobody else is in the simulation. */
function keyOfLink(node: NodeId, peer: NodeId): Uint8Array {
  return linkKey([node, peer].sort().join(' '))
}
