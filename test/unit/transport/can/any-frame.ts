// Arbitrary frames that a bus can carry, with runs of equal bits more often than chance would give.
import fc from 'fast-check'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'

const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x00, 0xff, 0x1f, 0xe0, 0x78, 0x87, 0xf8, 0x0f))
const dataOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).chain((random) =>
    fc.oneof(
      fc.constant(random),
      fc.array(byte, { minLength: length, maxLength: length }).map((all) => Uint8Array.from(all)),
      byte.map((one) => new Uint8Array(length).fill(one)),
    ),
  )
const idOf = (isExtended: boolean) => {
  const max = isExtended ? 0x1fffffff : 0x7ff
  return fc.oneof(fc.integer({ min: 0, max }), fc.constantFrom(0, 1, max, max - 1, max >>> 1))
}

export const fdLengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]

export const anyClassicFrame: fc.Arbitrary<CanFrame> = fc
  .record({ isExtended: fc.boolean(), length: fc.integer({ min: 0, max: 8 }) })
  .chain(({ isExtended, length }) =>
    fc.record({
      id: idOf(isExtended),
      isExtended: fc.constant(isExtended),
      isFd: fc.constant(false),
      isBitRateSwitched: fc.constant(false),
      data: dataOf(length),
    }),
  )

export const anyFdFrame: fc.Arbitrary<CanFrame> = fc
  .record({ isExtended: fc.boolean(), length: fc.constantFrom(...fdLengths) })
  .chain(({ isExtended, length }) =>
    fc.record({
      id: idOf(isExtended),
      isExtended: fc.constant(isExtended),
      isFd: fc.constant(true),
      isBitRateSwitched: fc.boolean(),
      data: dataOf(length),
    }),
  )
