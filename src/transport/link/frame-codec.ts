// A frame of a link as bytes, few where a channel has eight of them at a time.
//
//   byte 0   bits 7-5 kind, 4-3 lane, 2 last piece, 1 has a lane (of an acknowledgement)
//   varints  from incarnation, to incarnation, session          (7 bits a byte, the lowest first; 53 bits at most)
//   hello, welcome, bye: a varint of the protocol's version, to the end
//   data, ack: a byte that says which of the four lanes are acknowledged, and a varint for each
//   data: varint of the sequence, then the piece as it is, to the end
import type { Lane } from '../../protocol/envelope.ts'
import { lanesByUrgency } from '../outbound-lanes.ts'
import type { Acknowledged, Frame } from './frame.ts'

const kinds = ['data', 'ack', 'hello', 'welcome', 'bye'] as const
/** Of everything before the piece: a byte, five numbers of 53 bits, a byte, four more. */
const headBytesMax = 2 + 8 * 8

const head = new Uint8Array(headBytesMax)
let at = 0

export function encodeFrame(frame: Frame): Uint8Array {
  const lane = frame.kind === 'data' || frame.kind === 'ack' ? frame.lane : null
  const isLast = frame.kind === 'data' && frame.isLast
  head[0] =
    (kinds.indexOf(frame.kind) << 5) | (lane === null ? 0 : (lanesByUrgency.indexOf(lane) << 3) | 2) | (isLast ? 4 : 0)
  at = 1
  writeNumber(frame.fromIncarnation)
  writeNumber(frame.toIncarnation)
  writeNumber(frame.session)
  if (frame.kind === 'data' || frame.kind === 'ack') writeAcknowledged(frame.acknowledged)
  else writeNumber(frame.version)
  if (frame.kind !== 'data') return head.slice(0, at)
  writeNumber(frame.sequence)
  const bytes = new Uint8Array(at + frame.bytes.byteLength)
  bytes.set(head.subarray(0, at))
  bytes.set(frame.bytes, at)
  return bytes
}

function writeNumber(value: number): void {
  let rest = value
  while (rest >= 0x80) {
    head[at] = (rest % 0x80) | 0x80
    at += 1
    rest = Math.floor(rest / 0x80)
  }
  head[at] = rest
  at += 1
}

function writeAcknowledged(acknowledged: Acknowledged): void {
  const mask = at
  at += 1
  head[mask] = 0
  for (const [index, lane] of lanesByUrgency.entries()) {
    if (acknowledged[lane] === 0) continue
    head[mask] = (head[mask] ?? 0) | (1 << index)
    writeNumber(acknowledged[lane])
  }
}

/** Undefined when the bytes are no frame. Never throws; the piece is a view of the bytes. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const reader = { bytes, at: 1 }
  const first = bytes[0] ?? 0xff
  const kind = kinds[first >> 5]
  const lane = (first & 2) === 0 ? null : (lanesByUrgency[(first >> 3) & 3] ?? null)
  const fromIncarnation = readNumber(reader)
  const toIncarnation = readNumber(reader)
  const session = readNumber(reader)
  if (kind === undefined || !Number.isSafeInteger(fromIncarnation + toIncarnation + session)) return undefined
  const of = { fromIncarnation, toIncarnation, session }
  if (kind !== 'data' && kind !== 'ack') {
    const version = readNumber(reader)
    return reader.at === bytes.length && Number.isSafeInteger(version) ? { kind, ...of, version } : undefined
  }
  const acknowledged = readAcknowledged(reader)
  if (acknowledged === undefined) return undefined
  if (kind === 'ack') return reader.at === bytes.length ? { kind, ...of, lane, acknowledged } : undefined
  const sequence = readNumber(reader)
  if (lane === null || Number.isNaN(sequence)) return undefined
  return { kind, ...of, lane, sequence, acknowledged, isLast: (first & 4) !== 0, bytes: bytes.subarray(reader.at) }
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

/** NaN when there is none, or one that is too large. */
function readNumber(reader: Reader): number {
  let value = 0
  for (let factor = 1; ; factor *= 0x80) {
    const byte = reader.bytes[reader.at] ?? Number.NaN
    reader.at += 1
    value += (byte & 0x7f) * factor
    if (Number.isNaN(byte) || !Number.isSafeInteger(value)) return Number.NaN
    if (byte < 0x80) return value
  }
}

function readAcknowledged(reader: Reader): Acknowledged | undefined {
  const mask = reader.bytes[reader.at] ?? 0xff
  reader.at += 1
  if (mask >= 1 << lanesByUrgency.length) return undefined
  const of = (lane: Lane) => ((mask & (1 << lanesByUrgency.indexOf(lane))) === 0 ? 0 : readNumber(reader))
  const acknowledged = { control: of('control'), normal: of('normal'), status: of('status'), bulk: of('bulk') }
  return Object.values(acknowledged).some(Number.isNaN) ? undefined : acknowledged
}
