// uavcan.register.Value.1.0: a union of 15 types. One byte says which; then how many elements there are, in two bytes where more than 255 may
// be, else in one; then the elements, little-endian. All take 256 bytes at most.
import { concatenated, textBytes } from './data-view.ts'

export type RegisterValue =
  | { readonly type: 'empty' }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'unstructured'; readonly value: Uint8Array }
  | { readonly type: 'bit'; readonly value: readonly boolean[] }
  | { readonly type: 'integer64' | 'natural64'; readonly value: readonly bigint[] }
  | { readonly type: NumberType; readonly value: readonly number[] }

export const registerValueBytesMax = 1 + 2 + 256
const valueBytesMax = 256

type NumberType =
  | 'integer32'
  | 'integer16'
  | 'integer8'
  | 'natural32'
  | 'natural16'
  | 'natural8'
  | 'real64'
  | 'real32'
  | 'real16'

interface ElementCodec {
  readonly bytes: number
  read(view: DataView, at: number): number
  write(view: DataView, at: number, value: number): void
}

const numberCodecs: Readonly<Record<NumberType, ElementCodec>> = {
  integer32: { bytes: 4, read: (v, at) => v.getInt32(at, true), write: (v, at, x) => v.setInt32(at, x, true) },
  integer16: { bytes: 2, read: (v, at) => v.getInt16(at, true), write: (v, at, x) => v.setInt16(at, x, true) },
  integer8: { bytes: 1, read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  natural32: { bytes: 4, read: (v, at) => v.getUint32(at, true), write: (v, at, x) => v.setUint32(at, x, true) },
  natural16: { bytes: 2, read: (v, at) => v.getUint16(at, true), write: (v, at, x) => v.setUint16(at, x, true) },
  natural8: { bytes: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
  real64: { bytes: 8, read: (v, at) => v.getFloat64(at, true), write: (v, at, x) => v.setFloat64(at, x, true) },
  real32: { bytes: 4, read: (v, at) => v.getFloat32(at, true), write: (v, at, x) => v.setFloat32(at, x, true) },
  real16: {
    bytes: 2,
    read: (v, at) => fromHalf(v.getUint16(at, true)),
    write: (v, at, x) => v.setUint16(at, toHalf(x), true),
  },
}

/** By tag. */
const types: readonly RegisterValue['type'][] = [
  'empty',
  'string',
  'unstructured',
  'bit',
  'integer64',
  'integer32',
  'integer16',
  'integer8',
  'natural64',
  'natural32',
  'natural16',
  'natural8',
  'real64',
  'real32',
  'real16',
]

/** What is longer than 256 bytes is cut off, text between characters. */
export function encodeRegisterValue(value: RegisterValue): Uint8Array {
  const tag = [types.indexOf(value.type)]
  switch (value.type) {
    case 'empty':
      return Uint8Array.from(tag)
    case 'string':
      return withLength(tag, textBytes(value.value, valueBytesMax))
    case 'unstructured':
      return withLength(tag, value.value.subarray(0, valueBytesMax))
    case 'bit':
      return encodeBits(tag, value.value.slice(0, 8 * valueBytesMax))
    case 'integer64':
    case 'natural64': {
      const view = new DataView(new ArrayBuffer(8 * Math.min(value.value.length, valueBytesMax / 8)))
      for (let at = 0; at < view.byteLength; at += 8)
        view.setBigUint64(at, BigInt.asUintN(64, value.value[at / 8] ?? 0n), true)
      return concatenated(tag, [view.byteLength / 8], new Uint8Array(view.buffer))
    }
    default: {
      const { bytes, write } = numberCodecs[value.type]
      const count = Math.min(value.value.length, valueBytesMax / bytes)
      const view = new DataView(new ArrayBuffer(count * bytes))
      for (let index = 0; index < count; index += 1) write(view, index * bytes, value.value[index] ?? 0)
      return concatenated(tag, lengthPrefix(count, bytes), new Uint8Array(view.buffer))
    }
  }
}

/** Undefined: a type that does not exist, or more elements than it may have. What is missing at the end is zero. */
export function decodeRegisterValue(view: DataView, at: number): RegisterValue | undefined {
  const type = types[view.getUint8(at)]
  if (type === undefined) return undefined
  if (type === 'empty') return { type }
  const perElement = bytesOf(type)
  const prefixBytes = perElement <= 1 ? 2 : 1
  const count = prefixBytes === 2 ? view.getUint16(at + 1, true) : view.getUint8(at + 1)
  if (count * perElement > valueBytesMax) return undefined
  return decodeElements(type, view, at + 1 + prefixBytes, count)
}

function decodeElements(
  type: Exclude<RegisterValue['type'], 'empty'>,
  view: DataView,
  at: number,
  count: number,
): RegisterValue {
  const each = <T>(read: (index: number) => T) => Array.from({ length: count }, (_, index) => read(index))
  switch (type) {
    case 'string':
      return { type, value: new TextDecoder().decode(new Uint8Array(view.buffer, at, count)) }
    case 'unstructured':
      return { type, value: new Uint8Array(view.buffer.slice(at, at + count)) }
    case 'bit':
      return { type, value: each((index) => ((view.getUint8(at + (index >> 3)) >> (index & 7)) & 1) === 1) }
    case 'integer64':
      return { type, value: each((index) => view.getBigInt64(at + 8 * index, true)) }
    case 'natural64':
      return { type, value: each((index) => view.getBigUint64(at + 8 * index, true)) }
    default: {
      const { bytes, read } = numberCodecs[type]
      return { type, value: each((index) => read(view, at + bytes * index)) }
    }
  }
}

function bytesOf(type: Exclude<RegisterValue['type'], 'empty'>): number {
  if (type === 'string' || type === 'unstructured') return 1
  if (type === 'bit') return 1 / 8
  return type === 'integer64' || type === 'natural64' ? 8 : numberCodecs[type].bytes
}

function lengthPrefix(count: number, bytesPerElement: number): number[] {
  return bytesPerElement === 1 ? [count & 0xff, count >> 8] : [count]
}

function withLength(tag: readonly number[], bytes: Uint8Array): Uint8Array {
  return concatenated(tag, lengthPrefix(bytes.length, 1), bytes)
}

function encodeBits(tag: readonly number[], bits: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [index, bit] of bits.entries())
    if (bit) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7))
  return concatenated(tag, lengthPrefix(bits.length, 1), packed)
}

/** IEEE 754 binary16. */
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The nearest one, ties to even. */
function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65520) return sign | 0x7c00
  const exponent = Math.max(-14, Math.floor(Math.log2(size)))
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  const steps = roundToEven(size / 2 ** (exponent - 10))
  return sign | (exponent === -14 && steps < 1024 ? steps : ((exponent + 15) << 10) + steps - 1024)
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
