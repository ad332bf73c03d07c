import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from '../../../src/transport/envelope-codec.ts'
import { isPlainMsgpack } from '../../../src/transport/plain-msgpack.ts'
import { numbered } from '../../contract/transport.ts'

const packr = new Packr({ useRecords: false })

test('whatever JSON can say is plain; the same cut short or followed by more is not', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(), (value, cut) => {
      const bytes = packr.pack(value)
      expect(isPlainMsgpack(bytes)).toBe(true)
      expect(isPlainMsgpack(bytes.subarray(0, cut % bytes.byteLength))).toBe(false)
      expect(isPlainMsgpack(Buffer.concat([bytes, Buffer.from([0])]))).toBe(false)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('any bytes are judged without a throw, and what is judged plain decodes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      if (isPlainMsgpack(bytes)) packr.unpack(bytes)
      expect(decodeEnvelope(bytes)).toBeUndefined()
    }),
    { seed: 2, numRuns: 5_000 },
  )
})

test.each([
  ['a date', new Date(0)],
  ['a set', new Set([1])],
  ['a regular expression', /x/],
  ['bytes', new Uint8Array(3)],
  ['undefined', [undefined]],
])('%s is not plain', (_name, value) => {
  expect(isPlainMsgpack(new Packr({ useRecords: false, moreTypes: true }).pack(value))).toBe(false)
})

test('a record definition, which makes the decoder build code, is not plain', () => {
  expect(isPlainMsgpack(Buffer.from('d4724092a161a1620102', 'hex'))).toBe(false)
})

test('nesting is bounded, so that no stack is', () => {
  const deep = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.from([0xc0])])
  expect(isPlainMsgpack(deep(16))).toBe(true)
  expect(isPlainMsgpack(deep(17))).toBe(false)
  expect(isPlainMsgpack(deep(1_000_000))).toBe(false)
})

test('an envelope comes back as it went; unknown fields are left behind', () => {
  const envelope = { ...numbered('m1', 'c01-s01', 'bulk', 4, 'päd'), key: 'k', cause: 'm1:7' }
  const bytes = encodeEnvelope(Object.assign({ smuggled: { a: 1 } }, envelope))
  if (typeof bytes === 'string') throw new Error(bytes)
  expect(decodeEnvelope(bytes)).toEqual(envelope)
})
