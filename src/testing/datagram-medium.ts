// One channel between nodes of a simulation: datagrams that are lost, repeated, delayed and overtaken, and ways that are cut, one way or both.
// A datagram draws the same chances whatever becomes of it. An end knows that a way is ill when it has heard nothing on it for a while,
// as on a bus whose heartbeats stay away.
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { NodeId } from '../protocol/ids.ts'
import {
  type ChannelKind,
  type DatagramChannel,
  type DatagramHandlers,
  noRefusals,
} from '../transport/redundant/datagram-channel.ts'
import type { ProcessLife } from './process-life.ts'
import type { MediumLife, NetworkCounters, NetworkFaults, SimulatedMedium } from './simulated-medium.ts'

export interface DatagramMediumOptions {
  readonly name: string
  readonly kind: ChannelKind
  readonly clock: Clock
  readonly random: Random
  readonly faults: NetworkFaults
}

type Hear = ProcessLife['hear']

interface Attached {
  handlers: DatagramHandlers | undefined
  readonly hear: Hear
  isAlive: boolean
}

/** One direction between two nodes. */
interface Wire {
  readonly random: Random
  faults: NetworkFaults
  /** Monotonic ms; null while it is not cut. */
  cutAt: number | null
  lastArrivalMs: number
}

/** Three heartbeats at two a second. */
const unheardMs = 1_500

export class DatagramMedium implements SimulatedMedium {
  readonly name: string
  readonly counters: NetworkCounters = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, reordered: 0 }
  private readonly options: DatagramMediumOptions
  private readonly nodes = new Map<NodeId, Attached>()
  private readonly wires = new Map<string, Wire>()
  private faults: NetworkFaults
  /** Monotonic ms; null while the whole channel is not cut. */
  private cutAt: number | null = null

  constructor(options: DatagramMediumOptions) {
    this.options = options
    this.name = options.name
    this.faults = options.faults
  }

  attach(node: NodeId, { hear }: MediumLife): DatagramChannel {
    const { name, kind } = this.options
    this.detach(node)
    const attached: Attached = { handlers: undefined, hear, isAlive: true }
    this.nodes.set(node, attached)
    return {
      name,
      kind,
      start: (handlers) => {
        attached.handlers = handlers
      },
      send: (peer, bytes) => {
        if (!attached.isAlive) return 'refused'
        this.transmit(node, peer, bytes)
        return 'accepted'
      },
      isHealthy: (peer) => this.isHeard(peer, node),
      health: () => ({
        state: this.cutAt === null || this.now() - this.cutAt < unheardMs ? 'healthy' : 'unheard',
        silentMs: this.cutAt === null ? 0 : this.now() - this.cutAt,
        queueAgeMs: 0,
        load: null,
        statistics: [],
      }),
      refusals: () => noRefusals,
      stop: (stopped) => {
        attached.handlers = undefined
        this.options.clock.setTimer(0, stopped)
      },
    }
  }

  detach(node: NodeId): void {
    const attached = this.nodes.get(node)
    if (attached) attached.isAlive = false
  }

  cut(from: NodeId, to: NodeId): void {
    this.wire(from, to).cutAt ??= this.now()
  }

  heal(from: NodeId, to: NodeId): void {
    this.wire(from, to).cutAt = null
  }

  cutAll(): void {
    this.cutAt ??= this.now()
  }

  healAll(): void {
    this.cutAt = null
  }

  setFaults(faults: Partial<NetworkFaults>, between?: readonly [NodeId, NodeId]): void {
    if (!between) this.faults = { ...this.faults, ...faults }
    const changed = between ? [this.wire(...between), this.wire(between[1], between[0])] : this.wires.values()
    for (const wire of changed) wire.faults = { ...wire.faults, ...faults }
  }

  setNoise(): void {}

  private now(): number {
    return this.options.clock.monotonic()
  }

  private isHeard(from: NodeId, to: NodeId): boolean {
    const cutAt = Math.min(
      this.cutAt ?? Number.POSITIVE_INFINITY,
      this.wire(from, to).cutAt ?? Number.POSITIVE_INFINITY,
    )
    return this.now() - cutAt < unheardMs
  }

  private wire(from: NodeId, to: NodeId): Wire {
    const name = `${from}>${to}`
    const found = this.wires.get(name)
    if (found) return found
    const made = { random: this.options.random.fork(name), faults: this.faults, cutAt: null, lastArrivalMs: 0 }
    this.wires.set(name, made)
    return made
  }

  private transmit(from: NodeId, to: NodeId, bytes: Uint8Array): void {
    const wire = this.wire(from, to)
    const { dropRatio, duplicateRatio, reorderRatio } = wire.faults
    const [drop, duplicate, reorder] = [wire.random.next(), wire.random.next(), wire.random.next()]
    const arrivals = [this.arrivalMs(wire, reorder < reorderRatio), this.arrivalMs(wire, true)]
    this.counters.sent += 1
    if (this.isCut(wire) || drop < dropRatio) {
      this.counters.dropped += 1
      return
    }
    if (reorder < reorderRatio) this.counters.reordered += 1
    if (duplicate < duplicateRatio) this.counters.duplicated += 1
    else arrivals.pop()
    for (const at of arrivals) this.options.clock.setTimer(at - this.now(), () => this.arrive(from, to, wire, bytes))
  }

  private arrivalMs(wire: Wire, isHeldBack: boolean): number {
    const [minMs, maxMs] = wire.faults.delayMs
    const at = this.now() + minMs + wire.random.next() * (maxMs - minMs)
    if (isHeldBack) return at + wire.random.next() * 4 * maxMs
    wire.lastArrivalMs = Math.max(at, wire.lastArrivalMs)
    return wire.lastArrivalMs
  }

  private arrive(from: NodeId, to: NodeId, wire: Wire, bytes: Uint8Array): void {
    const target = this.nodes.get(to)
    if (this.isCut(wire) || !target?.isAlive) {
      this.counters.dropped += 1
      return
    }
    this.counters.delivered += 1
    target.hear(() => target.isAlive && target.handlers?.received(from, bytes))
  }

  private isCut({ cutAt }: Wire): boolean {
    return cutAt !== null || this.cutAt !== null
  }
}
