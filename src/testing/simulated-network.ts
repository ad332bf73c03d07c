// A network of nodes on a virtual clock, of one channel or several. Each loses, repeats, delays and reorders datagrams and can be cut, one
// way or both; the transports attached repair what they can and end the session when they cannot. All chance comes from the seed:
// the same seed and the same calls give the same run.
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import { defaultLinkTimings, type LinkTimings } from '../transport/link/link.ts'
import type { LaneBound } from '../transport/outbound-lanes.ts'
import type { ChannelKind } from '../transport/redundant/datagram-channel.ts'
import {
  createRedundantTransport,
  type EnvelopeCodec,
  type RedundantTransport,
} from '../transport/redundant/redundant-transport.ts'
import type { Sealing } from '../transport/redundant/sealing.ts'
import { CanMedium, type CanMediumOptions } from './can-medium.ts'
import { DatagramMedium } from './datagram-medium.ts'
import type { ProcessLife } from './process-life.ts'
import { type NetworkCounters, type NetworkFaults, noNetworkFaults, type SimulatedMedium } from './simulated-medium.ts'

export interface SimulatedNetworkOptions {
  readonly clock: Clock
  readonly random: Random
  /** Which pairs have a link. Default: all. A real site is a star around its masters. */
  readonly linked?: (a: NodeId, b: NodeId) => boolean
  /** Which nodes may pass on what others said. Default: none. */
  readonly isRelay?: (node: NodeId) => boolean
  /** In the order of preference. Default: one, of datagrams. */
  readonly channels?: readonly SimulatedChannel[]
  /** What envelopes are on the way. Default: msgpack. */
  readonly codec?: EnvelopeCodec
  /** Codes that prove who sent a datagram. Default: none. */
  readonly sealing?: (node: NodeId) => Sealing
  readonly timings?: Partial<LinkTimings>
  readonly bounds?: Partial<Record<Lane, LaneBound>>
}

export interface SimulatedChannel {
  readonly name: string
  readonly kind: ChannelKind
  /** A CAN bus bit by bit. Default: datagrams, each of which takes as long as it might on a bus, or a connection. */
  readonly bits?: Pick<CanMediumOptions, 'bitRate' | 'dataBitRate' | 'numbers'>
}

export type CutDirection = 'both' | 'aToB' | 'bToA'

export interface SimulatedNetwork {
  /**
   * A later life of a node takes the place of the former one, which is dead from then on.
   * @param life whose clock its end of the links runs on, and who hears nothing while it stands still; default: the common clock
   */
  attach(node: NodeId, incarnation: number, life?: Pick<ProcessLife, 'clock' | 'hear' | 'isPaused'>): Transport
  /** The node's process dies: it says nothing any more, hears nothing. */
  detach(node: NodeId): void
  /** On every channel. Datagrams on the way are lost too. */
  cut(a: NodeId, b: NodeId, direction?: CutDirection): void
  heal(a: NodeId, b: NodeId, direction?: CutDirection): void
  /** Of all links, or of those between two nodes. What is not named stays. */
  setFaults(faults: Partial<NetworkFaults>, between?: readonly [NodeId, NodeId]): void
  /** A whole channel, between all. Nothing when there is none of that name. */
  cutChannel(name: string): void
  healChannel(name: string): void
  /** How likely one bit of that bus is to reach one node wrong; nothing where there are no bits. */
  setNoise(name: string, bitErrorRate: number): void
  counters(): Readonly<NetworkCounters>
}

/** Of a datagram: so long its frames take at 1 Mb/s, with others before them. */
const busDelayMs = [1, 4] as const
const oneChannel = [{ name: 'net', kind: 'websocket' }] as const

interface Attached {
  readonly transport: RedundantTransport
  readonly incarnation: number
}

export function createSimulatedNetwork(options: SimulatedNetworkOptions): SimulatedNetwork {
  const { clock, random, linked = () => true, isRelay = () => false, channels = oneChannel } = options
  const nodes = new Map<NodeId, Attached>()
  const media = channels.map((channel) =>
    mediumOf(channel, clock, channels.length === 1 ? random : random.fork(channel.name)),
  )

  function detach(node: NodeId): void {
    for (const medium of media) medium.detach(node)
    nodes.get(node)?.transport.die()
  }

  function each(what: 'cut' | 'heal', a: NodeId, b: NodeId, direction: CutDirection): void {
    for (const medium of media) {
      if (direction !== 'bToA') medium[what](a, b)
      if (direction !== 'aToB') medium[what](b, a)
    }
  }

  return {
    attach(node, incarnation, life) {
      const former = nodes.get(node)
      if (former && former.incarnation >= incarnation)
        throw new InvariantError(
          'INVARIANT_BROKEN',
          `incarnation ${incarnation} is not after ${former.incarnation}`,
          node,
        )
      detach(node)
      const transport = createRedundantTransport({
        node,
        incarnation,
        clock: life?.clock ?? clock,
        // Not the former life's chances again: its jitter must not repeat.
        random: random.fork(`${node}#${incarnation}`),
        channels: media.map((medium) => medium.attach(node, life ?? { clock, hear: hearAtOnce })),
        admits: (peer) => linked(node, peer),
        meets: [...nodes.keys()].filter((peer) => peer !== node && linked(node, peer)),
        isRelay,
        timings: { ...(channels.length === 1 ? defaultLinkTimings : {}), ...options.timings },
        ...(options.bounds && { bounds: options.bounds }),
        ...(options.codec && { codec: options.codec }),
        ...(options.sealing && { sealing: options.sealing(node) }),
      })
      nodes.set(node, { transport, incarnation })
      for (const [peer, { transport: other }] of nodes) if (peer !== node && linked(node, peer)) other.meet(node)
      return transport
    },
    detach,
    cut: (a, b, direction = 'both') => each('cut', a, b, direction),
    heal: (a, b, direction = 'both') => each('heal', a, b, direction),
    setFaults(faults, between) {
      for (const medium of media) medium.setFaults(faults, between)
    },
    cutChannel: (name) => media.find((medium) => medium.name === name)?.cutAll(),
    healChannel: (name) => media.find((medium) => medium.name === name)?.healAll(),
    setNoise: (name, bitErrorRate) => media.find((medium) => medium.name === name)?.setNoise(bitErrorRate),
    counters() {
      const total = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, reordered: 0 }
      for (const { counters } of media)
        for (const name of Object.keys(total) as (keyof NetworkCounters)[]) total[name] += counters[name]
      return total
    },
  }
}

function mediumOf({ name, kind, bits }: SimulatedChannel, clock: Clock, random: Random): SimulatedMedium {
  if (bits) return new CanMedium({ name, clock, random, ...bits })
  const faults = kind === 'can' ? { ...noNetworkFaults, delayMs: busDelayMs } : noNetworkFaults
  return new DatagramMedium({ name, kind, clock, random, faults })
}

const hearAtOnce: ProcessLife['hear'] = (happening) => happening()
