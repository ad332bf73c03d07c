// A transport over datagrams inside one process: what the simulator runs on. It keeps promise 5 by itself over a network
// that loses, repeats and reorders, and passes every envelope through the codec of the real one.
import { InvariantError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Transport, TransportHandlers } from '../../ports/transport.ts'
import type { Lane } from '../../protocol/envelope.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { createCounters } from '../counters.ts'
import { decodeEnvelope, encodeEnvelope, mayCarry } from '../envelope-codec.ts'
import type { Datagrams, Frame } from '../link/frame.ts'
import { createLink, defaultLinkTimings, type Link, type LinkTimings } from '../link/link.ts'
import { type LaneBound, statusKey } from '../outbound-lanes.ts'

export interface MemoryTransportOptions {
  readonly node: NodeId
  /** Grows with each life of the node. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  /** May lose, repeat and reorder frames; must not change them. */
  readonly datagrams: Datagrams
  /** Whose envelopes may be from somebody else. */
  readonly isRelay: (peer: NodeId) => boolean
  readonly timings?: Partial<LinkTimings>
  readonly bounds?: Partial<Record<Lane, LaneBound>>
}

export interface MemoryTransport extends Transport {
  /** There is such a node, or may be: from now on it is called, or may call. */
  meet(peer: NodeId): void
  frameArrived(from: NodeId, frame: Frame): void
  /** The process dies: nothing is said, no handler is called any more. */
  die(): void
}

/**
 * One node's end of a channel over datagrams. The caller hands over what arrives (`frameArrived`), and says who there is (`meet`).
 * Throws InvariantError when it is started twice.
 */
export function createMemoryTransport(options: MemoryTransportOptions): MemoryTransport {
  const { node, clock, datagrams, isRelay } = options
  const timings = { ...defaultLinkTimings, ...options.timings }
  const counters = createCounters()
  const links = new Map<NodeId, Link>()
  let handlers: TransportHandlers | undefined
  let stopped = false

  function deliver(peer: NodeId, bytes: Uint8Array): void {
    const envelope = decodeEnvelope(bytes)
    if (!envelope) refuse(peer, 'malformed')
    else if (!mayCarry(peer, isRelay, envelope)) refuse(peer, 'unauthorized')
    else {
      counters.received += 1
      handlers?.received(peer, envelope)
    }
  }

  function refuse(peer: NodeId, why: 'malformed' | 'unauthorized'): void {
    counters[why] += 1
    counters.refusedConnections += 1
    links.get(peer)?.end(why)
  }

  function makeLink(peer: NodeId): Link {
    return createLink({
      clock,
      timings,
      random: options.random.fork(peer),
      ...(options.bounds && { bounds: options.bounds }),
      incarnation: options.incarnation,
      calls: node < peer,
      transmit: (frame) => datagrams.send(peer, frame),
      up: (incarnation) => handlers?.linkUp(peer, incarnation),
      lost: (why) => handlers?.linkLost(peer, why),
      deliver: (bytes) => deliver(peer, bytes),
    })
  }

  function closeLinks(bye: boolean): void {
    stopped = true
    for (const link of links.values()) link.close(bye)
  }

  return {
    start(given) {
      if (handlers) throw new InvariantError('INVARIANT_BROKEN', 'a transport is started once', node)
      handlers = given
      if (!stopped) for (const link of links.values()) link.open()
    },
    send(peer, envelope) {
      const link = links.get(peer)
      if (!link?.isUp) return 'refused'
      const bytes = encodeEnvelope(envelope)
      if (typeof bytes === 'string') {
        counters[bytes] += 1
        return 'refused'
      }
      const outcome = link.offer(envelope.lane, bytes, statusKey(envelope))
      if (outcome === 'full') return overflow(link, envelope.lane)
      counters.sent += 1
      if (outcome === 'replaced') counters.statusReplaced += 1
      return 'accepted'
    },
    peers: () => [...links].filter(([, link]) => link.isUp).map(([peer]) => peer),
    counters: () => counters,
    stop(done) {
      closeLinks(true)
      clock.setTimer(0, done)
    },
    meet(peer) {
      if (stopped || links.has(peer)) return
      const link = makeLink(peer)
      links.set(peer, link)
      if (handlers) link.open()
    },
    frameArrived(from, frame) {
      if (handlers) links.get(from)?.arrived(frame)
    },
    die: () => closeLinks(false),
  }

  function overflow(link: Link, lane: Lane): 'refused' {
    counters.overflows += 1
    if (lane !== 'status') link.end('overflow')
    return 'refused'
  }
}
