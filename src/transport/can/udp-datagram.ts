// A CAN frame in a datagram, as python-can's `udp_multicast` interface writes it: one MessagePack map with eleven string keys,
// integers in their shortest form. Written and read by hand: a general decoder would build whatever a stranger's bytes ask for.
// Reading allocates nothing before every claimed length was compared with what is there, and unknown keys are passed over as long as
// their values are plain ones (no arrays, maps or extensions).
import { baseIdMax, extendedIdMax } from './sendable.ts'

export interface CanDatagram {
  /** Of the sender's clock, seconds. */
  readonly timestampSeconds: number
  readonly id: number
  readonly isExtended: boolean
  readonly isRemote: boolean
  /** An error frame: the identifier holds error flags, as with SocketCAN. */
  readonly isError: boolean
  /** Whatever the sender calls its end. */
  readonly channel: string | undefined
  /** What a remote frame asks for; else the length of `data`. */
  readonly dataBytes: number
  readonly data: Uint8Array
  readonly isFd: boolean
  readonly isBitRateSwitched: boolean
  readonly isErrorPassive: boolean
}

/** 64 bytes of data take 213 with the keys; the rest is for channel names. */
export const datagramBytesMax = 512
const channelBytesMax = 127
const keysMax = 32

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const key = (name: string) => Uint8Array.of(0xa0 | name.length, ...encoder.encode(name))
const keys = {
  timestamp: key('timestamp'),
  id: key('arbitration_id'),
  isExtended: key('is_extended_id'),
  isRemote: key('is_remote_frame'),
  isError: key('is_error_frame'),
  channel: key('channel'),
  dataBytes: key('dlc'),
  data: key('data'),
  isFd: key('is_fd'),
  isBitRateSwitched: key('bitrate_switch'),
  isErrorPassive: key('error_state_indicator'),
}

/** Channel names are cut at 127 bytes. */
export function encodeDatagram(frame: CanDatagram): Uint8Array {
  const bytes = new Uint8Array(datagramBytesMax)
  const view = new DataView(bytes.buffer)
  let at = 0
  const put = (some: Uint8Array) => {
    bytes.set(some, at)
    at += some.length
  }
  const putNumber = (name: Uint8Array, value: number) => {
    put(name)
    at = writeNumber(view, at, value)
  }
  const putFlag = (name: Uint8Array, isSet: boolean) => {
    put(name)
    bytes[at++] = isSet ? 0xc3 : 0xc2
  }
  bytes[at++] = 0x80 | Object.keys(keys).length
  putNumber(keys.timestamp, frame.timestampSeconds)
  putNumber(keys.id, frame.id)
  putFlag(keys.isExtended, frame.isExtended)
  putFlag(keys.isRemote, frame.isRemote)
  putFlag(keys.isError, frame.isError)
  put(keys.channel)
  put(encodeChannel(frame.channel))
  putNumber(keys.dataBytes, frame.dataBytes)
  put(keys.data)
  put(Uint8Array.of(0xc4, frame.data.length))
  put(frame.data)
  putFlag(keys.isFd, frame.isFd)
  putFlag(keys.isBitRateSwitched, frame.isBitRateSwitched)
  putFlag(keys.isErrorPassive, frame.isErrorPassive)
  return bytes.subarray(0, at)
}

/** Undefined for what is no frame, whatever it is. The data is a copy. */
export function decodeDatagram(bytes: Uint8Array): CanDatagram | undefined {
  if (bytes.length === 0 || bytes.length > datagramBytesMax) return undefined
  const values = readMap(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (!values) return undefined
  const get = (name: string) => values.get(name)
  const flag = (name: string) => get(name) === true
  const timestamp = get('timestamp')
  const id = get('arbitration_id')
  const data = get('data') ?? new Uint8Array()
  const dataBytes = get('dlc')
  const channel = get('channel') ?? undefined
  if (typeof id !== 'number' || typeof timestamp !== 'number' || typeof dataBytes !== 'number') return undefined
  if (!(data instanceof Uint8Array) || (channel !== undefined && typeof channel !== 'string')) return undefined
  const isExtended = flag('is_extended_id')
  const isRemote = flag('is_remote_frame')
  if (!Number.isInteger(id) || id < 0 || id > (isExtended ? extendedIdMax : baseIdMax)) return undefined
  if (isRemote ? !(dataBytes >= 0 && dataBytes <= 8) || data.length > 0 : dataBytes !== data.length) return undefined
  return {
    timestampSeconds: timestamp,
    id,
    isExtended,
    isRemote,
    isError: flag('is_error_frame'),
    channel,
    dataBytes,
    data,
    isFd: flag('is_fd'),
    isBitRateSwitched: flag('bitrate_switch'),
    isErrorPassive: flag('error_state_indicator'),
  }
}

function encodeChannel(channel: string | undefined): Uint8Array {
  if (channel === undefined) return Uint8Array.of(0xc0)
  const text = encoder.encode(channel).subarray(0, channelBytesMax)
  return text.length < 32 ? Uint8Array.of(0xa0 | text.length, ...text) : Uint8Array.of(0xd9, text.length, ...text)
}

function writeNumber(view: DataView, at: number, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) {
    if (value < 0x80) {
      view.setUint8(at, value)
      return at + 1
    }
    const width = value <= 0xff ? 1 : value <= 0xffff ? 2 : 4
    view.setUint8(at, width === 1 ? 0xcc : width === 2 ? 0xcd : 0xce)
    if (width === 1) view.setUint8(at + 1, value)
    else if (width === 2) view.setUint16(at + 1, value)
    else view.setUint32(at + 1, value)
    return at + 1 + width
  }
  view.setUint8(at, 0xcb)
  view.setFloat64(at + 1, value)
  return at + 9
}

type Value = null | boolean | number | string | Uint8Array

function readMap(view: DataView): Map<string, Value> | undefined {
  const tag = view.getUint8(0)
  const isLong = tag === 0xde && view.byteLength >= 3
  if (!isLong && (tag & 0xf0) !== 0x80) return undefined
  const count = isLong ? view.getUint16(1) : tag & 0x0f
  if (count > keysMax) return undefined
  const reader = new Reader(view, isLong ? 3 : 1)
  const values = new Map<string, Value>()
  for (let i = 0; i < count; i += 1) {
    const name = reader.next()
    const value = reader.next()
    if (typeof name !== 'string' || value === undefined) return undefined
    values.set(name, value)
  }
  return reader.isAtEnd() ? values : undefined
}

/** Of plain values; once one is cut off or not plain, all that follow are undefined. */
class Reader {
  readonly #view: DataView
  #at: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
  }

  isAtEnd(): boolean {
    return this.#at === this.#view.byteLength
  }

  next(): Value | undefined {
    const tag = this.#unsigned(1)
    if (tag === undefined) return undefined
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    if (tag >= 0xa0 && tag < 0xc0) return this.#text(tag & 0x1f)
    switch (tag) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#bytes(this.#unsigned(1))?.slice()
      case 0xc5:
        return this.#bytes(this.#unsigned(2))?.slice()
      case 0xca:
        return this.#number(4, (at) => this.#view.getFloat32(at))
      case 0xcb:
        return this.#number(8, (at) => this.#view.getFloat64(at))
      case 0xcc:
        return this.#unsigned(1)
      case 0xcd:
        return this.#unsigned(2)
      case 0xce:
        return this.#unsigned(4)
      case 0xcf:
        return this.#number(8, (at) => Number(this.#view.getBigUint64(at)))
      case 0xd9:
        return this.#text(this.#unsigned(1))
      case 0xda:
        return this.#text(this.#unsigned(2))
      default:
        return this.#fail()
    }
  }

  #unsigned(width: 1 | 2 | 4): number | undefined {
    const { getUint8, getUint16, getUint32 } = DataView.prototype
    return this.#number(width, (at) =>
      (width === 1 ? getUint8 : width === 2 ? getUint16 : getUint32).call(this.#view, at),
    )
  }

  #number(width: number, read: (at: number) => number): number | undefined {
    const at = this.#at
    if (at + width > this.#view.byteLength) return this.#fail()
    this.#at = at + width
    return read(at)
  }

  #text(length: number | undefined): string | undefined {
    const bytes = this.#bytes(length)
    return bytes && decoder.decode(bytes)
  }

  #bytes(length: number | undefined): Uint8Array | undefined {
    const at = this.#at
    if (length === undefined || at + length > this.#view.byteLength) return this.#fail()
    this.#at = at + length
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length)
  }

  #fail(): undefined {
    this.#at = Number.POSITIVE_INFINITY
    return undefined
  }
}
