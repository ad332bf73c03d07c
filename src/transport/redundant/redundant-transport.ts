// One transport over several channels: CAN, a second CAN, WebSocket. Every peer has one link (src/transport/link), whose frames travel as
// datagrams over whichever channels the class table names, often over several at once; what comes twice dies by its sequence number. So no
// actor notices which channel carried a message, or that one was cut; a link ends only when nothing gets through on any of them.
import { InvariantError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Random } from '../../ports/random.ts'
import type { ChannelReport, Transport, TransportCounters, TransportHandlers } from '../../ports/transport.ts'
import type { Envelope, Lane } from '../../protocol/envelope.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { createCounters } from '../counters.ts'
import { decodeEnvelope, encodeEnvelope, mayCarry } from '../envelope-codec.ts'
import type { Frame } from '../link/frame.ts'
import { decodeFrame, encodeFrame } from '../link/frame-codec.ts'
import { createLink, type Link, type LinkTimings, linkVersion } from '../link/link.ts'
import { type LaneBound, statusKey } from '../outbound-lanes.ts'
import { ChannelTrust } from './channel-trust.ts'
import { waysFor } from './class-table.ts'
import type { DatagramChannel, Heard, Refusals } from './datagram-channel.ts'
import type { Sealing } from './sealing.ts'

export interface RedundantTransportOptions {
  readonly node: NodeId
  /** Grows with each life of the node. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  /** In the order of preference, CAN buses first. */
  readonly channels: readonly DatagramChannel[]
  /** Who may have a link with this node. Those that this node calls are met at the start. */
  readonly admits: (peer: NodeId) => boolean
  readonly meets: readonly NodeId[]
  /** Whose envelopes may be from somebody else. */
  readonly isRelay: (peer: NodeId) => boolean
  /** How envelopes become bytes; the same at both ends. Default: MessagePack with every name written out. */
  readonly codec?: EnvelopeCodec
  /** On channels where anybody could speak in anybody's name. Default: datagrams are as they come. */
  readonly sealing?: Sealing
  readonly log?: Log
  /** Of the protocol, for tests of an upgrade. Default: the newest. */
  readonly version?: number
  readonly timings?: Partial<LinkTimings>
  readonly bounds?: Partial<Record<Lane, LaneBound>>
}

export interface EnvelopeCodec {
  /** The reason instead of bytes when it cannot travel. */
  encode(value: Envelope): Uint8Array | 'malformed' | 'oversized'
  /** Undefined when the bytes are none. Never throws. */
  decode(bytes: Uint8Array): Envelope | undefined
}

export interface RedundantTransport extends Transport {
  /** There is such a node, or may be: from now on it is called, or may call. */
  meet(peer: NodeId): void
  /** The process dies: nothing is said, no handler is called any more. */
  die(): void
}

const plainCodec: EnvelopeCodec = { encode: encodeEnvelope, decode: decodeEnvelope }

/** `refused`: no way, or no room. `malformed`: not a frame, not sealed by that peer, or from somebody who is not admitted. */
const noReport = () => ({ sent: 0, refused: 0, received: 0, malformed: 0 })

/** In flight on one lane of one link: 30 ms of a classic bus, and what a socket takes in the same time. */
const slowWindowBytes = 1_500
const fastWindowBytes = 64 * 1024

/** A bus is slower than a socket: fewer signs of life, longer patience, pieces of 10 ms of a bus. */
export const defaultRedundantTimings: LinkTimings = {
  keepAliveMs: 250,
  deadlineMs: 1_200,
  retransmitMs: 60,
  retransmitMaxMs: 300,
  ackDelayMs: 15,
  recallFirstMs: 50,
  recallMaxMs: 500,
  pieceBytesMax: 480,
  suspectMs: 400,
}

/** Throws InvariantError when it is started twice. */
export function createRedundantTransport(options: RedundantTransportOptions): RedundantTransport {
  const { node, clock, channels, isRelay, sealing, codec = plainCodec } = options
  const timings = { ...defaultRedundantTimings, ...options.timings }
  const counters = createCounters()
  const reports = channels.map(noReport)
  const trust = new ChannelTrust(clock, channels)
  const links = new Map<NodeId, Link>()
  const lastPaths = new Map<NodeId, string>()
  const refusedVersions = new Map<NodeId, number>()
  /** By peer: over which channels something came since the last acknowledgement. */
  const heardOn = new Map<NodeId, Set<number>>()
  let handlers: TransportHandlers | undefined
  let isStopped = false

  function linkOf(peer: NodeId): Link | undefined {
    const known = links.get(peer)
    if (known || isStopped || peer === node || !options.admits(peer)) return known
    const link = createLink({
      clock,
      timings: { windowBytes: (lane) => windowBytesOf(peer, lane), ...timings },
      random: options.random.fork(peer),
      ...(options.bounds && { bounds: options.bounds }),
      incarnation: options.incarnation,
      calls: node < peer,
      transmit: (frame, attempt) => transmit(peer, frame, attempt),
      up: (incarnation) => handlers?.linkUp(peer, incarnation),
      lost: (why) => handlers?.linkLost(peer, why),
      deliver: (bytes) => deliver(peer, bytes),
      otherVersion: (theirs) => otherVersion(peer, theirs),
      ...(options.version !== undefined && { version: options.version }),
    })
    links.set(peer, link)
    if (handlers) link.open()
    return link
  }

  /** Said once: it will not change before one of the two is another program. */
  function otherVersion(peer: NodeId, theirs: number): void {
    counters.otherVersion += 1
    if (refusedVersions.get(peer) === theirs) return
    refusedVersions.set(peer, theirs)
    options.log?.error('channel.version.refused', {
      ...{ code: 'WIRE_VERSION_UNKNOWN', peer, ours: options.version ?? linkVersion, theirs },
    })
  }

  function windowBytesOf(peer: NodeId, lane: Lane): number {
    const isFast =
      lane === 'bulk' && trust.ways(peer).some(({ kind, isPreferred }) => kind === 'websocket' && isPreferred)
    return isFast ? fastWindowBytes : slowWindowBytes
  }

  function closeLinks(bye: boolean): void {
    isStopped = true
    for (const link of links.values()) link.close(bye)
  }

  function transmit(peer: NodeId, frame: Frame, attempt: number): void {
    const frameBytes = encodeFrame(frame)
    const bytes = sealing ? sealing.seal(peer, frameBytes) : frameBytes
    if (!bytes) return
    const lane = laneOf(frame, attempt)
    for (const index of waysOf(peer, frame, lane, bytes.byteLength, attempt)) {
      const outcome = channels[index]?.send(peer, bytes, frame.kind === 'data' ? frame.lane : 'session')
      const report = reports[index]
      if (report) report[outcome === 'accepted' ? 'sent' : 'refused'] += 1
    }
  }

  /** What acknowledges, or says that this end lives, also goes back the way that something came: that one works. */
  function waysOf(peer: NodeId, frame: Frame, lane: Lane, byteCount: number, attempt: number): Iterable<number> {
    const heard = frame.kind === 'ack' ? heardOn.get(peer) : undefined
    if (heard) heardOn.delete(peer)
    if (heard && frame.kind === 'ack' && frame.lane !== null && lane !== 'control') return heard
    const ways = waysFor(lane, byteCount, attempt, trust.ways(peer))
    return heard ? new Set([...ways, ...heard]) : ways
  }

  function arrived(index: number, peer: NodeId, bytes: Uint8Array): Heard {
    const [report, channel] = [reports[index], channels[index]]
    const opened = sealing ? sealing.open(peer, bytes) : bytes
    const frame = opened && decodeFrame(opened)
    const link = frame && linkOf(peer)
    if (!report || !channel) return 'taken'
    // Anybody on a bus can say anything: it is no reason to end a session.
    if (!frame || !link) {
      report.malformed += 1
      return 'refused'
    }
    report.received += 1
    lastPaths.set(peer, channel.name)
    const heard = heardOn.get(peer)
    if (heard) heard.add(index)
    else heardOn.set(peer, new Set([index]))
    link.arrived(frame)
    return 'taken'
  }

  function deliver(peer: NodeId, bytes: Uint8Array): void {
    const envelope = codec.decode(bytes)
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

  function send(peer: NodeId, envelope: Envelope): 'accepted' | 'refused' {
    const link = links.get(peer)
    if (!link?.isUp) return 'refused'
    const bytes = codec.encode(envelope)
    if (typeof bytes === 'string') {
      counters[bytes] += 1
      return 'refused'
    }
    const outcome = link.offer(envelope.lane, bytes, statusKey(envelope))
    if (outcome === 'full') {
      counters.overflows += 1
      if (envelope.lane !== 'status') link.end('overflow')
      return 'refused'
    }
    counters.sent += 1
    if (outcome === 'replaced') counters.statusReplaced += 1
    return 'accepted'
  }

  return {
    start(given) {
      if (handlers) throw new InvariantError('INVARIANT_BROKEN', 'a transport is started once', node)
      handlers = given
      for (const [index, channel] of channels.entries())
        channel.start({
          received: (peer, bytes) => arrived(index, peer, bytes),
          gone: (peer) => links.get(peer)?.suspect(),
        })
      if (isStopped) return
      for (const link of links.values()) link.open()
      for (const peer of options.meets) linkOf(peer)
    },
    send,
    peers: () => [...links].filter(([, link]) => link.isUp).map(([peer]) => peer),
    counters: () => channels.reduce((sum, channel) => added(sum, channel.refusals()), counters),
    channels: () =>
      channels.map((channel, index): ChannelReport => {
        const { state, load, queueAgeMs, statistics } = channel.health()
        const { sent, received } = reports[index] ?? noReport()
        const peers = [...links].filter(([peer, { isUp }]) => isUp && lastPaths.get(peer) === channel.name)
        return {
          name: channel.name,
          state,
          load,
          queueAgeMs,
          sent,
          received,
          statistics,
          peers: peers.map(([peer]) => peer),
        }
      }),
    meet: (peer) => void linkOf(peer),
    die: () => closeLinks(false),
    stop(stopped) {
      closeLinks(true)
      const stopFrom = (index: number): void => {
        const channel = channels[index]
        if (channel) channel.stop(() => stopFrom(index + 1))
        else clock.setTimer(0, stopped)
      }
      stopFrom(0)
    },
  }
}

function added(counters: Readonly<TransportCounters>, refused: Refusals): Readonly<TransportCounters> {
  return {
    ...counters,
    refusedConnections: counters.refusedConnections + refused.refusedConnections,
    malformed: counters.malformed + refused.malformed,
    oversized: counters.oversized + refused.oversized,
    unauthorized: counters.unauthorized + refused.unauthorized,
  }
}

/** Of silence that ends a session three quarters are left then. */
const silentPeriodsMax = 1

/** Keep-alives are status, until the peer is silent. What begins and ends sessions is as urgent as a command. */
function laneOf(frame: Frame, attempt: number): Lane {
  if (frame.kind === 'data') return frame.lane
  if (frame.kind !== 'ack' || attempt > silentPeriodsMax) return 'control'
  return frame.lane ?? 'status'
}
