// One CAN bus between nodes of a simulation, bit by bit: controllers, arbitration, error frames, Cyphal transfers, heartbeats, as in processes.
// What only a network can do to one pair of nodes (a cut one way, loss, repetition) is done to the datagrams that arrive; a bus neither delays
// nor reorders, but it can be noisy, and a transceiver can hold it down.
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { CanBus } from '../transport/can/can-bus.ts'
import { createMemoryBus, type MemoryBus } from '../transport/can/memory-bus.ts'
import { createCanChannel } from '../transport/redundant/can-channel.ts'
import type { DatagramChannel } from '../transport/redundant/datagram-channel.ts'
import {
  type MediumLife,
  type NetworkCounters,
  type NetworkFaults,
  noNetworkFaults,
  type SimulatedMedium,
} from './simulated-medium.ts'

export interface CanMediumOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  /** Bits per second. */
  readonly bitRate: number
  /** CAN FD. Default: classic. */
  readonly dataBitRate?: number
  /** Everybody who may be on the bus. */
  readonly numbers: ReadonlyMap<NodeId, number>
}

interface Attached {
  readonly channel: DatagramChannel
  readonly controller: string
  isAlive: boolean
}

export class CanMedium implements SimulatedMedium {
  readonly name: string
  readonly counters: NetworkCounters = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, reordered: 0 }
  private readonly options: CanMediumOptions
  private readonly bus: MemoryBus
  private readonly nodes = new Map<NodeId, Attached>()
  private readonly cuts = new Set<string>()
  private readonly faultsOf = new Map<string, NetworkFaults>()
  private faults: NetworkFaults = noNetworkFaults
  private lives = 0

  constructor(options: CanMediumOptions) {
    const { dataBitRate } = options
    this.options = options
    this.name = options.name
    this.bus = createMemoryBus({ ...options, isFd: dataBitRate !== undefined, random: options.random.fork('bits') })
  }

  attach(node: NodeId, life: MediumLife): DatagramChannel {
    const { numbers, bitRate, random } = this.options
    const number = numbers.get(node)
    if (number === undefined) throw new InvariantError('INVARIANT_BROKEN', `${this.name} has no number for it`, node)
    this.detach(node)
    this.lives += 1
    const controller = `${node}#${this.lives}`
    const bus = heardBus(this.bus.attach(controller), life)
    const channel = createCanChannel({ bus, bitRate, clock: life.clock, self: node, number, numbers })
    const attached: Attached = { channel, controller, isAlive: true }
    this.nodes.set(node, attached)
    const chance = random.fork(controller)
    return {
      ...channel,
      start: (handlers) =>
        channel.start({
          ...handlers,
          received: (peer, bytes) => {
            for (let copies = this.copiesOf(peer, node, chance); copies > 0; copies -= 1)
              if (attached.isAlive) handlers.received(peer, bytes)
            return 'taken'
          },
        }),
      send: (peer, bytes, traffic) => {
        if (!attached.isAlive) return 'refused'
        this.counters.sent += 1
        return channel.send(peer, bytes, traffic)
      },
    }
  }

  detach(node: NodeId): void {
    const attached = this.nodes.get(node)
    if (!attached?.isAlive) return
    attached.isAlive = false
    attached.channel.stop(() => {})
  }

  cut(from: NodeId, to: NodeId): void {
    this.cuts.add(`${from}>${to}`)
  }

  heal(from: NodeId, to: NodeId): void {
    this.cuts.delete(`${from}>${to}`)
  }

  cutAll(): void {
    this.bus.cutAll()
  }

  healAll(): void {
    this.bus.healAll()
  }

  setFaults(faults: Partial<NetworkFaults>, between?: readonly [NodeId, NodeId]): void {
    if (!between) {
      this.faults = { ...this.faults, ...faults }
      for (const [way, own] of this.faultsOf) this.faultsOf.set(way, { ...own, ...faults })
      return
    }
    const [a, b] = between
    for (const way of [`${a}>${b}`, `${b}>${a}`])
      this.faultsOf.set(way, { ...(this.faultsOf.get(way) ?? this.faults), ...faults })
  }

  setNoise(bitErrorRate: number): void {
    this.bus.setBitErrorRate(bitErrorRate)
  }

  private copiesOf(from: NodeId, to: NodeId, chance: Random): number {
    const way = `${from}>${to}`
    const { dropRatio, duplicateRatio } = this.faultsOf.get(way) ?? this.faults
    const [drop, duplicate] = [chance.next(), chance.next()]
    if (this.cuts.has(way) || drop < dropRatio) {
      this.counters.dropped += 1
      return 0
    }
    this.counters.delivered += 1
    if (duplicate >= duplicateRatio) return 1
    this.counters.duplicated += 1
    return 2
  }
}

/** What the controller says reaches the process, on its own clock; while that stands still it waits. */
function heardBus(bus: CanBus, { clock, hear }: MediumLife): CanBus {
  return {
    name: bus.name,
    dataBytesMax: bus.dataBytesMax,
    mailboxes: bus.mailboxes,
    start: (handlers) =>
      bus.start({
        received: (frame) => hear(() => handlers.received(frame, clock.monotonic())),
        sent: (frame) => hear(() => handlers.sent(frame)),
        stateChanged: (state) => hear(() => handlers.stateChanged(state)),
      }),
    send: (frame) => bus.send(frame),
    state: () => bus.state(),
    counters: () => bus.counters(),
    stop: (stopped) => bus.stop(stopped),
  }
}
