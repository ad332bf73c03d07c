import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram } from '../../../../src/transport/can/udp-datagram.ts'
import { anyClassicFrame, anyFdFrame } from './any-frame.ts'

const vectors = new Map(
  readFileSync(new URL('../../../vectors/can-udp-multicast-vectors.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', hex = ''] = /^(.*) \d+ ([0-9a-f]+)$/.exec(line) ?? []
      return [name, Buffer.from(hex, 'hex')] as const
    }),
)
const vector = (name: string) => vectors.get(name) ?? new Uint8Array()

test('what python-can sends is read', () => {
  expect(decodeDatagram(vector('heartbeat classic'))).toEqual({
    channel: null,
    frame: {
      ...{ id: 0x107d552a, isExtended: true, isFd: false, isBitRateSwitched: false },
      data: Uint8Array.of(0, 0, 0, 0, 0, 1, 0xa1, 0xe0),
    },
  })
  expect(decodeDatagram(vector('fd brs 12B'))?.frame).toMatchObject({
    id: 0x1013373b,
    isFd: true,
    isBitRateSwitched: true,
  })
})

test('remote and error frames are no frames here', () => {
  expect(vectors.size).toBe(4)
  for (const name of ['std rtr', 'error frame']) expect(decodeDatagram(vector(name))).toBeUndefined()
})

test('a frame comes back from its datagram as it was, with the name of its sender', () => {
  fc.assert(
    fc.property(
      fc.oneof(anyClassicFrame, anyFdFrame),
      fc.string({ maxLength: 30, unit: 'grapheme-ascii' }),
      (frame, channel) => {
        expect(decodeDatagram(encodeDatagram(frame, channel, 1.5))).toEqual({ frame, channel })
      },
    ),
    { seed: 1, numRuns: 300 },
  )
})

test('any bytes, and any datagram with a byte changed or cut off, are a frame or none', () => {
  const whole = vector('heartbeat classic')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(whole.length - 1), fc.nat(255), (bytes, at, value) => {
      decodeDatagram(bytes)
      decodeDatagram(whole.subarray(0, at))
      const changed = Uint8Array.from(whole)
      changed[at] = value
      const read = decodeDatagram(changed)
      if (read) expect(read.frame.data.length).toBeLessThanOrEqual(64)
    }),
    { seed: 2, numRuns: 2_000 },
  )
  expect(decodeDatagram(new Uint8Array(100_000))).toBeUndefined()
})
