import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Frame } from '../../../../src/transport/link/frame.ts'
import { decodeFrame, encodeFrame } from '../../../../src/transport/link/frame-codec.ts'
import { lanesByUrgency } from '../../../../src/transport/outbound-lanes.ts'

const number = fc.oneof(fc.nat(200), fc.nat(), fc.constant(2 ** 45))
const lane = fc.constantFrom(...lanesByUrgency)
const of = { fromIncarnation: number, toIncarnation: number, session: number }
const acknowledged = fc.record({ control: number, normal: number, status: number, bulk: number })
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constantFrom('hello', 'welcome', 'bye'), ...of, version: fc.nat(300) }),
  fc.record({ kind: fc.constant('ack'), ...of, lane: fc.option(lane), acknowledged }),
  fc.record({
    kind: fc.constant('data'),
    ...of,
    lane,
    sequence: number,
    bytes: fc.uint8Array({ maxLength: 300 }),
    isLast: fc.boolean(),
    acknowledged,
  }),
)

test('a frame comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(frame, (one) => {
      expect(decodeFrame(encodeFrame(one))).toEqual(one)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('any bytes are a frame or none; what is a frame says the same when it is encoded again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const one = decodeFrame(bytes)
      if (one) expect(decodeFrame(encodeFrame(one))).toEqual(one)
    }),
    { seed: 2, numRuns: 3_000 },
  )
  expect(decodeFrame(new Uint8Array(1_000_000).fill(0xff))).toBeUndefined()
  expect(decodeFrame(new Uint8Array(0))).toBeUndefined()
})

test('the head of a piece is 14 bytes at most after two million of them', () => {
  const acks = { control: 2_000_000, normal: 0, status: 0, bulk: 0 }
  const bytes = encodeFrame({
    kind: 'data',
    ...{ fromIncarnation: 120, toIncarnation: 4_000, session: 9, lane: 'control', sequence: 2_000_000, isLast: true },
    ...{ bytes: new Uint8Array(0), acknowledged: acks },
  })
  expect(bytes.length).toBeLessThanOrEqual(14)
})
