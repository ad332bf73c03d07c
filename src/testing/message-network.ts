// The network of simulated-network.ts message by message instead of frame by frame: what a link over a bad network does to messages,
// without playing the frames, acknowledgements and repeats that do it. A lost frame is a message that comes a repeat later, and keeps
// its lane behind it; a link is lost when one end has heard nothing for the deadline; in between nothing is lost, doubled or overtaken
// within a lane, as promised. Many times faster, for long runs; whatever is about the channel itself needs the frames.
import { InvariantError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Transport, TransportCounters, TransportHandlers } from '../ports/transport.ts'
import type { Envelope, Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import { createCounters } from '../transport/counters.ts'
import { decodeEnvelope, encodeEnvelope, mayCarry } from '../transport/envelope-codec.ts'
import { defaultLinkTimings } from '../transport/link/link.ts'
import { defaultLaneBounds, statusKey } from '../transport/outbound-lanes.ts'
import type { ProcessLife } from './process-life.ts'
import { type NetworkCounters, type NetworkFaults, noNetworkFaults } from './simulated-medium.ts'
import type { SimulatedNetwork, SimulatedNetworkOptions } from './simulated-network.ts'

export interface MessageNetworkOptions extends Omit<SimulatedNetworkOptions, 'timings' | 'bounds'> {
  /** False: envelopes cross as they are, not through the codec. Default true. */
  readonly encodes?: boolean
}

type Life = Pick<ProcessLife, 'clock' | 'hear' | 'isPaused'>

interface Node extends Life {
  readonly node: NodeId
  readonly incarnation: number
  readonly counters: TransportCounters
  readonly ends: Map<NodeId, End>
  handlers: TransportHandlers | undefined
  isAlive: boolean
}

/** What one end knows of its session. */
interface End {
  readonly session: number
  readonly peerIncarnation: number
  heardMs: number
  tick: Timer | undefined
}

/** One direction between two nodes. */
interface Way {
  readonly random: Random
  faults: NetworkFaults
  isCut: boolean
  /** Nothing of a lane arrives before what was sent on it earlier. */
  readonly lastArrivalMs: Record<Lane, number>
  /** Sent and not arrived. */
  readonly underWay: Record<Lane, number>
  /** The newest of its key. */
  readonly statuses: Map<string, Sent>
  /** Arrived at a cut: comes when it heals, if the session lives so long. */
  stuck: Sent[]
}

interface Sent {
  readonly session: number
  readonly envelope: Envelope
  /** Of a status. */
  readonly key: string
  isReplaced: boolean
}

const { deadlineMs, retransmitMs, recallFirstMs, recallMaxMs } = defaultLinkTimings
/** Each end looks so often whether it still hears the other. */
const tickMs = deadlineMs / 4
/** A status that waits behind so many is replaced by a newer one. */
const statusWindow = 8

export function createMessageNetwork(options: MessageNetworkOptions): SimulatedNetwork {
  const { clock, random, linked = () => true, isRelay = () => false, encodes = true } = options
  const counters: NetworkCounters = { sent: 0, delivered: 0, dropped: 0, duplicated: 0, reordered: 0 }
  const nodes = new Map<NodeId, Node>()
  const ways = new Map<NodeId, Map<NodeId, Way>>()
  const calls = new Set<string>()
  let faultsOfAll = noNetworkFaults
  let sessions = 0

  function way(from: NodeId, to: NodeId): Way {
    const known = ways.get(from) ?? new Map<NodeId, Way>()
    ways.set(from, known)
    const found = known.get(to)
    if (found) return found
    const made: Way = {
      random: random.fork(`${from}>${to}`),
      faults: faultsOfAll,
      isCut: false,
      lastArrivalMs: { control: 0, normal: 0, status: 0, bulk: 0 },
      underWay: { control: 0, normal: 0, status: 0, bulk: 0 },
      statuses: new Map(),
      stuck: [],
    }
    known.set(to, made)
    return made
  }

  function tripMs({ faults, random: chance }: Way): number {
    const [minMs, maxMs] = faults.delayMs
    return minMs + chance.next() * (maxMs - minMs)
  }

  // — sessions ————————————————————————————————————————————————————————————————————————————————

  /** Somebody calls within this time; whether anybody answers is seen then. */
  function call(a: NodeId, b: NodeId, withinMs: number): void {
    const name = a < b ? `${a} ${b}` : `${b} ${a}`
    if (calls.has(name) || !linked(a, b)) return
    calls.add(name)
    clock.setTimer(way(a, b).random.next() * withinMs, () => {
      calls.delete(name)
      const [caller, called] = [nodes.get(a < b ? a : b), nodes.get(a < b ? b : a)]
      if (caller && called) meet(caller, called)
    })
  }

  function meet(caller: Node, called: Node): void {
    for (const [one, other] of [
      [caller, called],
      [called, caller],
    ] as const)
      if (isReady(one) && one.ends.has(other.node) && one.ends.get(other.node)?.peerIncarnation !== other.incarnation)
        lose(one, other.node, 'replaced')
    // Who stands still is called again; of who begins or is healed it is heard.
    if (caller.isPaused || called.isPaused) call(caller.node, called.node, recallMaxMs)
    if (!isReady(caller) || !isReady(called) || caller.ends.has(called.node) || called.ends.has(caller.node)) return
    const [there, back] = [way(caller.node, called.node), way(called.node, caller.node)]
    if (there.isCut || back.isCut) return
    if (there.random.next() < there.faults.dropRatio || back.random.next() < back.faults.dropRatio) {
      call(caller.node, called.node, recallMaxMs)
      return
    }
    sessions += 1
    const session = sessions
    const upMs = tripMs(there) + tripMs(back)
    const spokenMs = upMs + tripMs(there)
    for (const line of [there, back]) forget(line)
    for (const lane of Object.keys(there.lastArrivalMs) as Lane[])
      there.lastArrivalMs[lane] = Math.max(there.lastArrivalMs[lane], clock.monotonic() + spokenMs)
    clock.setTimer(upMs, () => caller.hear(() => begin(caller, called, session)))
    clock.setTimer(spokenMs, () => called.hear(() => begin(called, caller, session)))
  }

  /** What a former session left on the way is of no use to anybody. */
  function forget(line: Way): void {
    for (const { envelope } of line.stuck) line.underWay[envelope.lane] -= 1
    line.stuck = []
    line.statuses.clear()
  }

  function isReady(node: Node): boolean {
    return node.isAlive && node.handlers !== undefined && !node.isPaused
  }

  function begin(own: Node, peer: Node, session: number): void {
    if (!own.isAlive || own.ends.has(peer.node)) return
    const end: End = { session, peerIncarnation: peer.incarnation, heardMs: own.clock.monotonic(), tick: undefined }
    own.ends.set(peer.node, end)
    end.tick = own.clock.setTimer(tickMs, () => look(own, peer, end))
    own.handlers?.linkUp(peer.node, peer.incarnation)
  }

  function look(own: Node, peer: Node, end: End): void {
    if (own.ends.get(peer.node) !== end) return
    const now = own.clock.monotonic()
    const isSpeaking = nodes.get(peer.node) === peer && peer.isAlive && !peer.isPaused
    const isInSession = peer.ends.get(own.node)?.session === end.session
    if (isSpeaking && isInSession && !way(peer.node, own.node).isCut) end.heardMs = now
    if (now - end.heardMs >= deadlineMs) drop(own, peer.node, 'keepAliveMissed')
    else end.tick = own.clock.setTimer(tickMs, () => look(own, peer, end))
  }

  /** This end gives the session up, and says so where that can be heard. */
  function drop(own: Node, peer: NodeId, why: string): void {
    const session = own.ends.get(peer)?.session
    lose(own, peer, why)
    if (session !== undefined) sayBye(own.node, peer, session)
  }

  function sayBye(from: NodeId, to: NodeId, session: number): void {
    const line = way(from, to)
    clock.setTimer(tripMs(line), () => {
      const target = nodes.get(to)
      if (line.isCut || !target?.isAlive) return
      target.hear(() => {
        if (target.ends.get(from)?.session === session) lose(target, from, 'closedByPeer')
      })
    })
  }

  function lose(own: Node, peer: NodeId, why: string): void {
    own.ends.get(peer)?.tick?.cancel()
    if (!own.ends.delete(peer)) return
    call(own.node, peer, recallFirstMs)
    own.handlers?.linkLost(peer, why)
  }

  // — messages ————————————————————————————————————————————————————————————————————————————————

  function send(own: Node, to: NodeId, given: Envelope): 'accepted' | 'refused' {
    const end = own.ends.get(to)
    if (!own.isAlive || !end) return 'refused'
    const envelope = encodes ? crossed(own, given) : given
    if (envelope === undefined) return 'refused'
    const line = way(own.node, to)
    const { lane } = envelope
    if (line.underWay[lane] >= defaultLaneBounds[lane].messagesMax) return overflow(own, to, end, lane)
    own.counters.sent += 1
    counters.sent += 1
    const now = clock.monotonic()
    const atMs = Math.max(drawArrivalMs(line, now), line.lastArrivalMs[lane])
    if (atMs - now >= deadlineMs)
      own.clock.setTimer(deadlineMs, () => own.ends.get(to) === end && drop(own, to, 'unacknowledged'))
    else {
      const key = lane === 'status' ? statusKey(envelope) : ''
      const sent = { session: end.session, envelope, key, isReplaced: false }
      put(own, line, sent)
      line.lastArrivalMs[lane] = atMs
      clock.setTimer(atMs - now, () => arrive(line, own.node, to, sent))
    }
    return 'accepted'
  }

  function drawArrivalMs(line: Way, now: number): number {
    const { faults, random: chance } = line
    let atMs = now + tripMs(line)
    if (faults.reorderRatio > 0 && chance.next() < faults.reorderRatio) {
      counters.reordered += 1
      atMs += chance.next() * 4 * faults.delayMs[1]
    }
    if (faults.dropRatio > 0)
      while (chance.next() < faults.dropRatio && atMs - now < deadlineMs) {
        counters.dropped += 1
        atMs += retransmitMs
      }
    return atMs
  }

  /** Where many wait, a status takes the place of the former one of its key. */
  function put(own: Node, line: Way, sent: Sent): void {
    const { lane } = sent.envelope
    line.underWay[lane] += 1
    if (lane !== 'status') return
    const former = line.statuses.get(sent.key)
    if (former && line.underWay.status > statusWindow) {
      former.isReplaced = true
      own.counters.statusReplaced += 1
    }
    line.statuses.set(sent.key, sent)
  }

  function overflow(own: Node, peer: NodeId, end: End, lane: Lane): 'refused' {
    own.counters.overflows += 1
    if (lane === 'status') return 'refused'
    own.ends.delete(peer)
    end.tick?.cancel()
    sayBye(own.node, peer, end.session)
    own.clock.setTimer(0, () => own.handlers?.linkLost(peer, 'overflow'))
    call(own.node, peer, recallFirstMs)
    return 'refused'
  }

  function crossed(own: Node, envelope: Envelope): Envelope | undefined {
    const bytes = encodeEnvelope(envelope)
    if (typeof bytes !== 'string') return decodeEnvelope(bytes) ?? { ...envelope, body: { type: 'malformed' } as never }
    own.counters[bytes] += 1
    return undefined
  }

  function arrive(line: Way, from: NodeId, to: NodeId, sent: Sent): void {
    if (line.isCut) {
      counters.dropped += 1
      line.stuck.push(sent)
      return
    }
    line.underWay[sent.envelope.lane] -= 1
    if (line.statuses.get(sent.key) === sent) line.statuses.delete(sent.key)
    const target = nodes.get(to)
    if (!target?.isAlive || sent.isReplaced) return
    target.hear(() => {
      if (target.ends.get(from)?.session !== sent.session) return
      counters.delivered += 1
      receive(target, from, sent.envelope)
    })
  }

  function receive(own: Node, from: NodeId, envelope: Envelope): void {
    const refuse = (why: 'malformed' | 'unauthorized') => {
      own.counters[why] += 1
      own.counters.refusedConnections += 1
      drop(own, from, why)
    }
    if (encodes && String(envelope.body.type) === 'malformed') refuse('malformed')
    else if (encodes && !mayCarry(from, isRelay, envelope)) refuse('unauthorized')
    else {
      own.counters.received += 1
      own.handlers?.received(from, envelope)
    }
  }

  // — what is done to it ————————————————————————————————————————————————————————————————————————

  function callAll(node: NodeId): void {
    for (const other of nodes.keys()) if (other !== node) call(node, other, recallFirstMs)
  }

  function detach(node: NodeId): void {
    const found = nodes.get(node)
    if (found) die(found)
  }

  function die(node: Node): void {
    node.isAlive = false
    for (const { tick } of node.ends.values()) tick?.cancel()
    node.ends.clear()
  }

  function heal(from: NodeId, to: NodeId): void {
    const line = way(from, to)
    if (!line.isCut) return
    line.isCut = false
    const late = line.stuck
    line.stuck = []
    for (const sent of late) arrive(line, from, to, sent)
    call(from, to, recallMaxMs)
  }

  function attach(node: NodeId, incarnation: number, life: Life = { clock, hear: hearAtOnce, isPaused: false }) {
    const former = nodes.get(node)
    if (former && former.incarnation >= incarnation) {
      const detail = `incarnation ${incarnation} is not after ${former.incarnation}`
      throw new InvariantError('INVARIANT_BROKEN', detail, node)
    }
    detach(node)
    const own: Node = {
      node,
      incarnation,
      clock: life.clock,
      hear: life.hear,
      // Asked each time: a life stands still and goes on.
      get isPaused() {
        return life.isPaused
      },
      counters: createCounters(),
      ends: new Map(),
      handlers: undefined,
      isAlive: true,
    }
    nodes.set(node, own)
    return transportOf(own)
  }

  function transportOf(own: Node): Transport {
    return {
      start(handlers) {
        if (own.handlers) throw new InvariantError('INVARIANT_BROKEN', 'a transport is started once', own.node)
        own.handlers = handlers
        if (own.isAlive) callAll(own.node)
      },
      send: (peer, envelope) => send(own, peer, envelope),
      peers: () => [...own.ends.keys()],
      counters: () => own.counters,
      channels: () => [],
      stop(stopped) {
        for (const [peer, { session }] of own.ends) sayBye(own.node, peer, session)
        die(own)
        own.clock.setTimer(0, stopped)
      },
    }
  }

  return {
    attach,
    detach,
    cut(a, b, direction = 'both') {
      if (direction !== 'bToA') way(a, b).isCut = true
      if (direction !== 'aToB') way(b, a).isCut = true
    },
    heal(a, b, direction = 'both') {
      if (direction !== 'bToA') heal(a, b)
      if (direction !== 'aToB') heal(b, a)
    },
    setFaults(faults, between) {
      if (!between) faultsOfAll = { ...faultsOfAll, ...faults }
      const [a, b] = between ?? []
      const changed = a && b ? [way(a, b), way(b, a)] : [...ways.values()].flatMap((to) => [...to.values()])
      for (const line of changed) line.faults = { ...line.faults, ...faults }
    },
    // It has one channel, without a name.
    cutChannel() {},
    healChannel() {},
    setNoise() {},
    counters: () => counters,
  }
}

const hearAtOnce: Life['hear'] = (happening) => happening()
