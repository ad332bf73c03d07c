// What a bus of a site carries at most, and whether all of it comes in time: the links between its masters and everybody, with the messages as
// they are on the wire. A configuration whose buses cannot carry it is refused.
//
// All at once: both masters ask for the lease, every board says that it is there, every group is reported and wishes for something else, all
// moves that may run do, and every datagram is acknowledged by one of its own. WebSocket carries the journal, lists and records; of what is
// least urgent one frame may be in the way.
import type { Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import { type BusReport, framesOf, type PlannedMessage, reportOf } from '../transport/can/bus-load.ts'
import { heartbeatBytes, heartbeatSubject } from '../transport/can/cyphal/heartbeat.ts'
import { encodeIdentifier } from '../transport/can/cyphal/identifier.ts'
import { queueingJitterMs } from '../transport/can/traffic-classes.ts'
import { createCompactCodec } from '../transport/compact/compact-codec.ts'
import type { Acknowledged } from '../transport/link/frame.ts'
import { encodeFrame } from '../transport/link/frame-codec.ts'
import {
  canHeadBytes,
  canHeartbeatMs,
  canPriorities,
  canSubjects,
  canUrgentPriorityMax,
} from '../transport/redundant/can-channel.ts'
import type { Traffic } from '../transport/redundant/datagram-channel.ts'
import { defaultRedundantTimings } from '../transport/redundant/redundant-transport.ts'
import { sealBytes } from '../transport/redundant/sealing.ts'
import { canNumbersOf } from './can-layout.ts'
import { compactTablesOf } from './compact-tables.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { mastersOf } from './farm-layout.ts'
import { type Said, wordsOf } from './site-words.ts'

/** Null where there is no CAN. */
export function siteBusReport(config: FarmConfig): BusReport | null {
  const { backend, buses, bitRate, dataBitRate } = config.channel.can
  if (backend === 'off') return null
  const rates = { bitRate, ...(dataBitRate !== undefined && { dataBitRate }) }
  return reportOf(buses.join(' and '), siteBusMessages(config), rates, canUrgentPriorityMax)
}

const { pieceBytesMax = 0, retransmitMaxMs = 0, keepAliveMs } = defaultRedundantTimings
/** As long as numbers get in years. */
const head = { fromIncarnation: 2 ** 12, toIncarnation: 2 ** 12, session: 2 ** 12 }
const sequence = 2 ** 20
const nothing: Acknowledged = { control: 0, normal: 0, status: 0, bulk: 0 }

type Timing = Pick<PlannedMessage, 'periodMs' | 'deadlineMs' | 'isAtRest'>

export function siteBusMessages(config: FarmConfig): readonly PlannedMessage[] {
  const numbers = canNumbersOf(config)
  const codec = createCompactCodec(compactTablesOf(config))
  const isFd = config.channel.can.dataBitRate !== undefined

  function planned(what: string, from: NodeId, traffic: Traffic, datagrams: readonly number[], timing: Timing) {
    const id = idOf(canSubjects[traffic], numbers.get(from) ?? 0, canPriorities[traffic])
    const frames = datagrams.flatMap((bytes) => framesOf(canHeadBytes + sealBytes + bytes, isFd))
    return { trafficClass: what, name: `${what} of ${from}`, id, jitterMs: queueingJitterMs, frames, ...timing }
  }

  function said({ what, from, to, lane, messages, ...timing }: Said): readonly PlannedMessage[] {
    const datagrams = messages.flatMap((message) => {
      const bytes = codec.encode({ ...message, lane })
      if (typeof bytes === 'string') throw new RangeError(`${what} is ${bytes}`)
      return piecesOf(lane, bytes)
    })
    const { periodMs, deadlineMs, isAtRest } = timing
    return [
      planned(what, from, lane, datagrams, { periodMs, deadlineMs, isAtRest }),
      // One answers for all that came together.
      planned('acknowledgement', to, 'session', [ackBytes(lane)], { periodMs, deadlineMs: retransmitMaxMs, isAtRest }),
    ]
  }

  const everybody = [...numbers.keys()]
  const masters = mastersOf(config)
  const peersOf = (master: NodeId) =>
    everybody.filter((node) => node !== master && (!masters.includes(node) || node > master))
  const often = { periodMs: keepAliveMs, deadlineMs: canHeartbeatMs, isAtRest: true }
  return [
    ...wordsOf(config).flatMap(said),
    ...masters.flatMap((master) =>
      peersOf(master).flatMap((peer) =>
        [master, peer].map((from) => planned('keep-alive', from, 'status', [ackBytes(null)], often)),
      ),
    ),
    ...everybody.map((from) => ({
      ...planned('heartbeat', from, 'status', [], { ...often, periodMs: canHeartbeatMs }),
      id: idOf(heartbeatSubject, numbers.get(from) ?? 0, canPriorities.status),
      frames: framesOf(heartbeatBytes, isFd),
    })),
    planned('bulk', everybody[0] ?? '', 'bulk', [pieceBytesMax], {
      periodMs: 60_000,
      deadlineMs: 60_000,
      isAtRest: false,
    }),
  ]
}

function piecesOf(lane: Lane, bytes: Uint8Array): number[] {
  const acknowledged = { ...nothing, control: sequence, status: sequence }
  return Array.from({ length: Math.ceil(bytes.length / pieceBytesMax) }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytesMax, (index + 1) * pieceBytesMax)
    return encodeFrame({ kind: 'data', ...head, lane, sequence, acknowledged, isLast: true, bytes: piece }).length
  })
}

function ackBytes(lane: Lane | null): number {
  const acknowledged = lane === null ? nothing : { ...nothing, [lane]: sequence }
  return encodeFrame({ kind: 'ack', ...head, lane, acknowledged }).length
}

function idOf(subject: number, source: number, priority: number): number {
  return encodeIdentifier(
    { kind: 'message', port: subject, source, destination: undefined, priority, transferId: 0 },
    0,
  )
}
