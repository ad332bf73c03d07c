import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CanDatagram,
  datagramBytesMax,
  decodeDatagram,
  encodeDatagram,
} from '../../../../src/transport/can/udp-datagram.ts'

const vectors = readFileSync(new URL('../../../vectors/can-udp-multicast-vectors.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [, name = '', length = '', hex = ''] = /^(.+) (\d+) ([0-9a-f]+)$/.exec(line) ?? []
    return { name, length: Number(length), bytes: Uint8Array.from(Buffer.from(hex, 'hex')) }
  })

const base: CanDatagram = {
  timestampSeconds: 0,
  id: 0,
  isExtended: true,
  isRemote: false,
  isError: false,
  channel: undefined,
  dataBytes: 0,
  data: new Uint8Array(),
  isFd: false,
  isBitRateSwitched: false,
  isErrorPassive: false,
}
const expected: Record<string, CanDatagram> = {
  'heartbeat classic': { ...base, id: 0x107d552a, dataBytes: 8, data: Uint8Array.of(0, 0, 0, 0, 0, 1, 0xa1, 0xe0) },
  'fd brs 12B': {
    ...base,
    id: 0x1013373b,
    dataBytes: 12,
    data: Uint8Array.from({ length: 12 }, (_, i) => i),
    isFd: true,
    isBitRateSwitched: true,
  },
  'std rtr': { ...base, id: 0x123, isExtended: false, isRemote: true },
  'error frame': { ...base, id: 64, isError: true, dataBytes: 8, data: new Uint8Array(8) },
}

describe('a datagram of python-can', () => {
  test('all vectors are here', () => {
    expect(vectors.map(({ name }) => name)).toEqual(Object.keys(expected))
    for (const { length, bytes } of vectors) expect(bytes.length).toBe(length)
  })

  test.each(vectors)('is read: $name', ({ name, bytes }) => {
    expect(decodeDatagram(bytes)).toEqual(expected[name])
  })

  test.each(vectors)('is written byte for byte: $name', ({ name, bytes }) => {
    expect(encodeDatagram(expected[name] ?? base)).toEqual(bytes)
  })

  const anyDatagram = fc
    .record({
      timestampSeconds: fc.double({ min: 0, max: 4e9, noNaN: true }).map((some) => some + 0),
      isExtended: fc.boolean(),
      wide: fc.nat(0x1fffffff),
      channel: fc.option(fc.string({ maxLength: 40 }), { nil: undefined }),
      data: fc.uint8Array({ maxLength: 64 }),
      isFd: fc.boolean(),
      isBitRateSwitched: fc.boolean(),
      isErrorPassive: fc.boolean(),
    })
    .map(({ wide, ...some }) => ({
      ...some,
      isRemote: false,
      isError: false,
      id: some.isExtended ? wide : wide & 0x7ff,
      dataBytes: some.data.length,
    }))

  test('is read as it was written', () => {
    const roundTrip = fc.property(anyDatagram, (one) => {
      expect(decodeDatagram(encodeDatagram(one))).toEqual(one)
    })
    fc.assert(roundTrip, { seed: 4, numRuns: 500 })
  })

  test('from a stranger is a frame or nothing, and never throws', () => {
    const mutated = fc
      .tuple(anyDatagram, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 }), fc.nat(300))
      .map(([one, changes, length]) => {
        const bytes = encodeDatagram(one).slice()
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        return bytes.subarray(0, length)
      })
    const survives = (bytes: Uint8Array) => {
      const read = decodeDatagram(bytes)
      if (!read) return
      expect(read.data.length).toBeLessThanOrEqual(datagramBytesMax)
      expect(read.isRemote || read.dataBytes === read.data.length).toBe(true)
      expect(read.id).toBeLessThanOrEqual(read.isExtended ? 0x1fffffff : 0x7ff)
    }
    fc.assert(fc.property(mutated, survives), { seed: 4, numRuns: 3000 })
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), survives), { seed: 4, numRuns: 1000 })
  })

  test.each([
    ['nothing', []],
    ['a map of four billion entries', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a map of 65535 entries', [0xde, 0xff, 0xff]],
    ['a text longer than the datagram', [0x81, 0xda, 0xff, 0xff, 0x61]],
    ['a map in a map', [0x81, 0xa1, 0x61, 0x80]],
    ['an extension', [0x81, 0xa1, 0x61, 0xd4, 0x72, 0x40]],
    ['a map that is no frame', [0x80]],
  ])('is refused when it is %s', (_, bytes) => {
    expect(decodeDatagram(Uint8Array.from(bytes))).toBeUndefined()
  })

  test('is refused with one byte less, or more, than it has', () => {
    const [{ bytes = new Uint8Array() } = {}] = vectors
    expect(decodeDatagram(bytes.subarray(0, -1))).toBeUndefined()
    expect(decodeDatagram(Uint8Array.of(...bytes, 0xc0))).toBeUndefined()
    expect(decodeDatagram(new Uint8Array(65_000))).toBeUndefined()
  })
})
