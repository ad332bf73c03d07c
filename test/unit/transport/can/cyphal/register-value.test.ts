import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zeroExtended } from '../../../../../src/transport/can/cyphal/data-view.ts'
import {
  decodeRegisterValue,
  encodeRegisterValue,
  type RegisterValue,
  registerValueBytesMax,
} from '../../../../../src/transport/can/cyphal/register-value.ts'

const decode = (encoded: Uint8Array) => decodeRegisterValue(zeroExtended(encoded, registerValueBytesMax), 0)
const hex = (value: RegisterValue) => Buffer.from(encodeRegisterValue(value)).toString('hex')

const vectors: [RegisterValue, string][] = [
  [{ type: 'empty' }, '00'],
  [{ type: 'string', value: 'hé' }, '01030068c3a9'],
  [{ type: 'unstructured', value: Uint8Array.of(1, 255) }, '02020001ff'],
  [{ type: 'bit', value: [true, false, false, false, false, false, false, false, true] }, '0309000101'],
  [{ type: 'integer64', value: [-1n] }, `0401${'ff'.repeat(8)}`],
  [{ type: 'integer32', value: [-2] }, '0501feffffff'],
  [{ type: 'integer16', value: [-2] }, '0601feff'],
  [{ type: 'integer8', value: [-2, 3] }, '070200fe03'],
  [{ type: 'natural64', value: [2n ** 63n] }, '08010000000000000080'],
  [{ type: 'natural32', value: [1, 2] }, '09020100000002000000'],
  [{ type: 'natural16', value: [65535] }, '0a01ffff'],
  [{ type: 'natural8', value: [1, 2] }, '0b02000102'],
  [{ type: 'real64', value: [1] }, '0c01000000000000f03f'],
  [{ type: 'real32', value: [-2] }, '0d01000000c0'],
  [{ type: 'real16', value: [1, -2, 65504, 6e-8, Number.POSITIVE_INFINITY, 0.1] }, '0e06003c00c0ff7b0100007c662e'],
]

test.each(vectors.map(([value, encoded]) => ({ type: value.type, value, encoded })))(
  'a value of type $type has the bytes of uavcan.register.Value.1.0',
  ({ value, encoded }) => {
    expect(hex(value)).toBe(encoded)
    if (value.type !== 'real16') expect(decode(Uint8Array.from(Buffer.from(encoded, 'hex')))).toEqual(value)
  },
)

test('every half comes back as itself', () => {
  for (let half = 0; half < 0x10000; half += 1) {
    const encoded = Uint8Array.of(14, 1, half & 255, half >> 8)
    const value = decode(encoded)
    const isNoNumber = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0
    if (value && !isNoNumber && hex(value) !== Buffer.from(encoded).toString('hex')) expect.unreachable(`${half}`)
  }
})

test('any bytes are a value that fits, or none', () => {
  fc.assert(
    fc.property(fc.nat(16), fc.uint8Array({ maxLength: 300 }), (tag, rest) => {
      const value = decode(Uint8Array.of(tag, ...rest))
      if (value) expect(encodeRegisterValue(value).length).toBeLessThanOrEqual(2 * registerValueBytesMax)
      if (tag > 14) expect(value).toBeUndefined()
    }),
    { seed: 6, numRuns: 500 },
  )
})

test('what is longer than a value may be is cut off', () => {
  expect(encodeRegisterValue({ type: 'string', value: 'é'.repeat(300) }).length).toBe(3 + 256)
  expect(encodeRegisterValue({ type: 'natural64', value: new Array(40).fill(1n) }).length).toBe(2 + 256)
  expect(encodeRegisterValue({ type: 'real32', value: new Array(100).fill(1) }).length).toBe(2 + 256)
  expect(encodeRegisterValue({ type: 'bit', value: new Array(3000).fill(true) }).length).toBe(3 + 256)
})
