// A network of nodes on a virtual clock. It loses, repeats, delays and reorders frames and can be cut, one way or both; the
// transports attached to it repair what they can and end the session when they cannot. All chance comes from the seed, and
// a frame draws the same chances whatever becomes of it: the same seed and the same calls give the same run.
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Frame } from '../transport/link/frame.ts'
import type { LinkTimings } from '../transport/link/link.ts'
import { createMemoryTransport, type MemoryTransport } from '../transport/memory/memory-transport.ts'
import type { LaneBound } from '../transport/outbound-lanes.ts'
import type { ProcessLife } from './process-life.ts'

export interface SimulatedNetworkOptions {
  readonly clock: Clock
  readonly random: Random
  /** Which pairs have a link. Default: all. A real site is a star around its masters. */
  readonly linked?: (a: NodeId, b: NodeId) => boolean
  /** Which nodes may pass on what others said. Default: none. */
  readonly isRelay?: (node: NodeId) => boolean
  readonly timings?: Partial<LinkTimings>
  readonly bounds?: Partial<Record<Lane, LaneBound>>
}

export interface NetworkFaults {
  readonly dropRatio: number
  readonly duplicateRatio: number
  /** Uniform between the two; frames of one direction stay in order unless reordered. */
  readonly delayMs: readonly [min: number, max: number]
  /** This share of frames is held back by up to four times the longest delay, and overtaken. */
  readonly reorderRatio: number
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
  /** Frames on the way are lost too. */
  cut(a: NodeId, b: NodeId, direction?: CutDirection): void
  heal(a: NodeId, b: NodeId, direction?: CutDirection): void
  /** Of all links, or of those between two nodes. What is not named stays. */
  setFaults(faults: Partial<NetworkFaults>, between?: readonly [NodeId, NodeId]): void
  counters(): Readonly<NetworkCounters>
}

export interface NetworkCounters {
  sent: number
  delivered: number
  dropped: number
  duplicated: number
  reordered: number
}

export const noNetworkFaults: NetworkFaults = { dropRatio: 0, duplicateRatio: 0, delayMs: [0.1, 0.5], reorderRatio: 0 }

type Hear = ProcessLife['hear']
const hearAtOnce: Hear = (happening) => happening()

/** One direction between two nodes. */
interface Wire {
  readonly random: Random
  faults: NetworkFaults
  isCut: boolean
  lastArrivalMs: number
}

export function createSimulatedNetwork(options: SimulatedNetworkOptions): SimulatedNetwork {
  const { clock, random, linked = () => true, isRelay = () => false } = options
  const counters: NetworkCounters = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, reordered: 0 }
  const nodes = new Map<NodeId, { transport: MemoryTransport; incarnation: number; alive: boolean; hear: Hear }>()
  const wires = new Map<string, Wire>()
  let faultsOfAll = noNetworkFaults

  function wire(from: NodeId, to: NodeId): Wire {
    const name = `${from}>${to}`
    const found = wires.get(name)
    if (found) return found
    const made = { random: random.fork(name), faults: faultsOfAll, isCut: false, lastArrivalMs: 0 }
    wires.set(name, made)
    return made
  }

  function transmit(from: NodeId, to: NodeId, frame: Frame): void {
    const line = wire(from, to)
    const { dropRatio, duplicateRatio, reorderRatio } = line.faults
    const chance = line.random
    const [drop, duplicate, reorder] = [chance.next(), chance.next(), chance.next()]
    const arrivals = [arrivalMs(line, reorder < reorderRatio), arrivalMs(line, true)]
    counters.sent += 1
    if (line.isCut || drop < dropRatio) {
      counters.dropped += 1
      return
    }
    if (reorder < reorderRatio) counters.reordered += 1
    if (duplicate < duplicateRatio) counters.duplicated += 1
    else arrivals.pop()
    for (const at of arrivals) clock.setTimer(at - clock.monotonic(), () => arrive(from, to, frame))
  }

  function arrivalMs(line: Wire, isHeldBack: boolean): number {
    const [minMs, maxMs] = line.faults.delayMs
    const at = clock.monotonic() + minMs + line.random.next() * (maxMs - minMs)
    if (isHeldBack) return at + line.random.next() * 4 * maxMs
    line.lastArrivalMs = Math.max(at, line.lastArrivalMs)
    return line.lastArrivalMs
  }

  function arrive(from: NodeId, to: NodeId, frame: Frame): void {
    const target = nodes.get(to)
    if (wire(from, to).isCut || !target?.alive) {
      counters.dropped += 1
      return
    }
    counters.delivered += 1
    target.hear(() => target.transport.frameArrived(from, frame))
  }

  function detach(node: NodeId): void {
    const found = nodes.get(node)
    if (!found) return
    found.alive = false
    found.transport.die()
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
      const transport = createMemoryTransport({
        node,
        incarnation,
        clock: life?.clock ?? clock,
        // Not the former life's chances again: its jitter must not repeat.
        random: random.fork(`${node}#${incarnation}`),
        datagrams: { send: (to, frame) => transmit(node, to, frame) },
        isRelay,
        ...(options.timings && { timings: options.timings }),
        ...(options.bounds && { bounds: options.bounds }),
      })
      nodes.set(node, { transport, incarnation, alive: true, hear: life?.hear ?? hearAtOnce })
      for (const [peer, { transport: other }] of nodes) {
        if (peer === node || !linked(node, peer)) continue
        transport.meet(peer)
        other.meet(node)
      }
      return transport
    },
    detach,
    cut(a, b, direction = 'both') {
      if (direction !== 'bToA') wire(a, b).isCut = true
      if (direction !== 'aToB') wire(b, a).isCut = true
    },
    heal(a, b, direction = 'both') {
      if (direction !== 'bToA') wire(a, b).isCut = false
      if (direction !== 'aToB') wire(b, a).isCut = false
    },
    setFaults(faults, between) {
      if (!between) faultsOfAll = { ...faultsOfAll, ...faults }
      const [a, b] = between ?? []
      const changed = a && b ? [wire(a, b), wire(b, a)] : wires.values()
      for (const line of changed) line.faults = { ...line.faults, ...faults }
    },
    counters: () => counters,
  }
}
