// One frame in one datagram, in the format of python-can's `udp_multicast` interface: a MessagePack map with eleven named fields. Written and
// read by hand: a general decoder can be made to build more than a frame, and this one touches each byte once.
import type { CanFrame } from './can-bus.ts'

const fields = [
  'timestamp',
  'arbitration_id',
  'is_extended_id',
  'is_remote_frame',
  'is_error_frame',
  'channel',
  'dlc',
  'data',
  'is_fd',
  'bitrate_switch',
  'error_state_indicator',
] as const
type Field = (typeof fields)[number]
type Scalar = number | boolean | string | Uint8Array | null

/** A frame of 64 bytes with a long channel name is below. */
export const datagramBytesMax = 512
const textMax = 64

export interface ReadDatagram {
  readonly frame: CanFrame
  /** Whose it is: python-can's channel, or the id of one of our processes; null when it has none. */
  readonly channel: string | null
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const keys = new Map(fields.map((field) => [field, Buffer.from([0xa0 | field.length, ...encoder.encode(field)])]))

/** @param timestampS seconds; readers may take it for the time of the frame */
export function encodeDatagram(frame: CanFrame, channel: string, timestampS: number): Uint8Array {
  const buffer = Buffer.alloc(datagramBytesMax)
  let at = buffer.writeUInt8(0x80 | fields.length, 0)
  for (const field of fields) {
    at += keys.get(field)?.copy(buffer, at) ?? 0
    at = writeValue(buffer, at, field, frame, channel, timestampS)
  }
  return buffer.subarray(0, at)
}

function writeValue(
  buffer: Buffer,
  at: number,
  field: Field,
  frame: CanFrame,
  channel: string,
  timestampS: number,
): number {
  const flag = (value: boolean) => buffer.writeUInt8(value ? 0xc3 : 0xc2, at)
  switch (field) {
    case 'timestamp':
      return buffer.writeDoubleBE(timestampS, buffer.writeUInt8(0xcb, at))
    case 'arbitration_id':
      return buffer.writeUInt32BE(frame.id, buffer.writeUInt8(0xce, at))
    case 'is_extended_id':
      return flag(frame.isExtended)
    case 'channel': {
      const name = encoder.encode(channel.slice(0, textMax))
      const begun = buffer.writeUInt8(name.length, buffer.writeUInt8(0xd9, at))
      buffer.set(name, begun)
      return begun + name.length
    }
    case 'dlc':
      return buffer.writeUInt8(frame.data.length, at)
    case 'data': {
      const begun = buffer.writeUInt8(frame.data.length, buffer.writeUInt8(0xc4, at))
      buffer.set(frame.data, begun)
      return begun + frame.data.length
    }
    case 'is_fd':
      return flag(frame.isFd)
    case 'bitrate_switch':
      return flag(frame.isBitRateSwitched)
    default:
      return flag(false)
  }
}

/** Undefined for anything else, also for remote and error frames: nobody here has a use for them. Never throws. */
export function decodeDatagram(bytes: Uint8Array): ReadDatagram | undefined {
  if (bytes.length > datagramBytesMax) return undefined
  const reader = { bytes, at: 1 }
  const read: Partial<Record<string, Scalar>> = {}
  const first = bytes[0] ?? 0
  if (first >> 4 !== 8) return undefined
  for (let left = first & 0x0f; left > 0; left -= 1) {
    const key = readScalar(reader)
    const value = readScalar(reader)
    if (typeof key !== 'string' || value === undefined) return undefined
    read[key] = value
  }
  return reader.at === bytes.length ? frameIn(read) : undefined
}

function frameIn(read: Partial<Record<string, Scalar>>): ReadDatagram | undefined {
  const { arbitration_id: id, data, channel } = read
  if (read.is_remote_frame === true || read.is_error_frame === true) return undefined
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0x1fffffff) return undefined
  const isFd = read.is_fd === true
  if (!(data instanceof Uint8Array) || data.length > (isFd ? 64 : 8)) return undefined
  const isExtended = read.is_extended_id !== false
  if (!isExtended && id > 0x7ff) return undefined
  const frame = { id, isExtended, isFd, isBitRateSwitched: isFd && read.bitrate_switch === true, data }
  return { frame, channel: typeof channel === 'string' ? channel : null }
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

/** Undefined: not a scalar, or cut off. */
function readScalar(reader: Reader): Scalar | undefined {
  const tag = reader.bytes[reader.at]
  reader.at += 1
  if (tag === undefined) return undefined
  if (tag < 0x80) return tag
  if (tag >> 5 === 5) return text(take(reader, tag & 0x1f))
  switch (tag) {
    case 0xc0:
      return null
    case 0xc2:
    case 0xc3:
      return tag === 0xc3
    case 0xc4:
      return take(reader, unsigned(reader, 1))
    case 0xd9:
      return text(take(reader, unsigned(reader, 1)))
    case 0xcc:
      return unsigned(reader, 1)
    case 0xcd:
      return unsigned(reader, 2)
    case 0xce:
      return unsigned(reader, 4)
    case 0xcb: {
      const bytes = take(reader, 8)
      return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0)
    }
    default:
      return undefined
  }
}

function take(reader: Reader, count: number | undefined): Uint8Array | undefined {
  if (count === undefined || reader.at + count > reader.bytes.length) return undefined
  // Not `slice`: of a Buffer that is a view, and the datagram's memory is used again.
  const taken = new Uint8Array(reader.bytes.subarray(reader.at, reader.at + count))
  reader.at += count
  return taken
}

function unsigned(reader: Reader, width: number): number | undefined {
  return take(reader, width)?.reduce((value, byte) => value * 256 + byte, 0)
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && bytes.length <= textMax ? decoder.decode(bytes) : undefined
}
