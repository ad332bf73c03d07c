// The bytes of a journal: frames one after the other, each
//   magic 4 | payload length 4 | durable bytes 8 | CRC-32 of the two and the payload 4 | payload (JSON of a record)
// `durable bytes` is how much of the file was known to be durable when the frame was written. It tells two kinds of damage
// apart. A frame that does not read is the torn end of a write that nobody was told of, and may be cut, unless a later frame
// says that this place had been durable: then acknowledged records are gone, and only a person or the peer can help.
// Frames after damage are found by their magic, since a damaged length leads nowhere.
import { crc32 } from 'node:zlib'

/** JSON; `type` first. */
export interface JournalEntry {
  readonly type: string
  readonly [field: string]: unknown
}

export interface JournalRecord {
  /** From 1, without gaps. */
  readonly index: number
  /** Journal time, ms: never goes back, whatever the wall clock does. */
  readonly at: number
  readonly entry: JournalEntry
}

/** A longer record is refused when it is appended; so a longer length in a file is damage. */
export const payloadBytesMax = 16 * 1024 * 1024

const magic = Buffer.from('bwj1')
const headerBytes = 20

/** @param payload a record as JSON text */
export function encodeFrame(payload: Buffer, durableBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.byteLength)
  magic.copy(frame)
  frame.writeUInt32LE(payload.byteLength, 4)
  frame.writeDoubleLE(durableBytes, 8)
  payload.copy(frame, headerBytes)
  frame.writeUInt32LE(checksum(frame.subarray(4, 16), payload), 16)
  return frame
}

export type JournalContent =
  | { readonly kind: 'whole'; readonly records: JournalRecord[]; readonly validBytes: number }
  /** What follows `validBytes` was never acknowledged. */
  | { readonly kind: 'torn'; readonly records: JournalRecord[]; readonly validBytes: number }
  | { readonly kind: 'corrupt'; readonly offset: number }

export function readFrames(bytes: Buffer): JournalContent {
  const records: JournalRecord[] = []
  let offset = 0
  while (offset < bytes.byteLength) {
    const frame = frameAt(bytes, offset)
    const record = frame && recordOf(frame, records.length + 1)
    // A frame whose sum is right and whose record is wrong was not torn: it was written so.
    if (frame && !record) return { kind: 'corrupt', offset }
    if (!frame || !record) return damageAt(bytes, offset, records)
    records.push(record)
    offset = frame.end
  }
  return { kind: 'whole', records, validBytes: offset }
}

interface Frame {
  readonly payload: Buffer
  readonly durableBytes: number
  readonly end: number
}

function frameAt(bytes: Buffer, offset: number): Frame | undefined {
  const payloadFrom = offset + headerBytes
  if (payloadFrom > bytes.byteLength || bytes.compare(magic, 0, 4, offset, offset + 4) !== 0) return undefined
  const end = payloadFrom + bytes.readUInt32LE(offset + 4)
  if (end > bytes.byteLength || end - payloadFrom > payloadBytesMax) return undefined
  const payload = bytes.subarray(payloadFrom, end)
  if (checksum(bytes.subarray(offset + 4, offset + 16), payload) !== bytes.readUInt32LE(offset + 16)) return undefined
  return { payload, durableBytes: bytes.readDoubleLE(offset + 8), end }
}

function damageAt(bytes: Buffer, offset: number, records: JournalRecord[]): JournalContent {
  for (let at = bytes.indexOf(magic, offset + 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if ((frameAt(bytes, at)?.durableBytes ?? 0) > offset) return { kind: 'corrupt', offset }
  }
  return { kind: 'torn', records, validBytes: offset }
}

function recordOf({ payload }: Frame, expectedIndex: number): JournalRecord | undefined {
  try {
    const record: unknown = JSON.parse(payload.toString())
    return isRecord(record) && record.index === expectedIndex ? record : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null || !('index' in value && 'at' in value && 'entry' in value))
    return false
  const { at, entry } = value
  return typeof at === 'number' && typeof entry === 'object' && entry !== null && 'type' in entry
}

function checksum(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head))
}
