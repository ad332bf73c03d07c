import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from '../../../../src/transport/can/frame-bits.ts'
import { checkSequence } from '../../../../src/transport/can/frame-check.ts'
import { anyClassicFrame, anyFdFrame, fdLengths } from './any-frame.ts'
import { divide, referenceFrame } from './reference-frame.ts'

const extended = (data: Uint8Array, id = 0x0aaaaaaa): CanFrame => ({
  id,
  isExtended: true,
  isFd: data.length > 8,
  isBitRateSwitched: data.length > 8,
  data,
})
const onWire = (frame: CanFrame) => {
  const { nominal, fast } = frameBits(frame)
  return nominal + fast + intermissionBits
}

describe('the reference', () => {
  const bits = Array.from('123456789', (digit) => digit.charCodeAt(0).toString(2).padStart(8, '0')).join('')
  test.each([
    ['CRC-15/CAN', 15, 0x4599, 0x059e],
    ['CRC-17/CAN-FD', 17, 0x1685b, 0x04f03],
    ['CRC-21/CAN-FD', 21, 0x102899, 0x0ed841],
  ])('%s has the check value of the catalogues', (_name, digits, polynomial, check) => {
    expect(divide(bits, polynomial, digits, 0)).toBe(check)
  })

  test('no frame has six equal bits before its end', () => {
    fc.assert(
      fc.property(fc.oneof(anyClassicFrame, anyFdFrame), (frame) => {
        expect(referenceFrame(frame).wire.slice(0, -9)).not.toMatch(/0{6}|1{6}/)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('the bits of a frame', () => {
  test('are as many as the reference sends one by one, and end with its check sequence', () => {
    fc.assert(
      fc.property(fc.oneof(anyClassicFrame, anyFdFrame), fc.boolean(), (frame, isErrorPassive) => {
        const { wire, fast, crc } = referenceFrame(frame, isErrorPassive)
        expect([frameBits(frame, isErrorPassive), checkSequence(frame, isErrorPassive)]).toEqual([
          { nominal: wire.length - fast.length, fast: fast.length },
          crc,
        ])
      }),
      { seed: 2, numRuns: 3_000 },
    )
  })

  test('a classic extended frame has 67 + 8n to 80 + 10n with its intermission', () => {
    for (let bytes = 0; bytes <= 8; bytes += 1) {
      const lengths = Array.from({ length: 4_000 }, (_, i) =>
        onWire(extended(new Uint8Array(bytes).fill(i), Math.imul(i, 0x9e3779b1) >>> 3)),
      )
      expect(Math.min(...lengths)).toBeGreaterThanOrEqual(67 + 8 * bytes)
      expect(Math.max(...lengths)).toBeLessThanOrEqual(80 + 10 * bytes)
    }
    // The fewest there are, and a long one: 160 is a bound that the fixed fields of a header never let a frame reach.
    expect(onWire(extended(new Uint8Array(8).fill(0xaa), 0x1a92958b))).toBe(131)
    expect(onWire(extended(new Uint8Array(8), 0))).toBe(150)
  })

  test('random payloads of eight bytes average 135', () => {
    const random = createSeededRandom('payload')
    let sum = 0
    for (let i = 0; i < 20_000; i += 1) {
      const data = Uint8Array.from({ length: 8 }, () => random.next() * 256)
      sum += onWire(extended(data, random.next() * 0x20000000))
    }
    expect(sum / 20_000).toBeGreaterThan(134)
    expect(sum / 20_000).toBeLessThan(136)
  })

  test.each(fdLengths)(
    'an FD frame of %i bytes has its 48 nominal and 33 or 38 + 8n fast bits, and stuff bits',
    (n) => {
      const frame = { ...extended(new Uint8Array(n).fill(0x55), 0x15555555), isFd: true, isBitRateSwitched: true }
      const { nominal, fast } = frameBits(frame)
      expect(nominal + intermissionBits).toBe(48)
      const unstuffed = (n <= 16 ? 33 : 38) + 8 * n
      expect(fast).toBeGreaterThanOrEqual(unstuffed)
      expect(fast).toBeLessThanOrEqual(unstuffed + 2)
      // Of a run of zeros every fifth is followed by a stuff bit, but not the last.
      const zeros = frameBits({ ...frame, data: new Uint8Array(n) })
      expect(zeros.fast).toBeGreaterThanOrEqual(unstuffed + Math.floor((8 * n - 1) / 5))
      expect(zeros.fast).toBeLessThanOrEqual(unstuffed + 2 + 2 * n)
    },
  )

  test('64 bytes take 158 to 192 µs at 1 and 5 Mb/s, 598 to 736 at one rate', () => {
    fc.assert(
      fc.property(anyFdFrame, (drawn) => {
        const frame = {
          ...drawn,
          isExtended: true,
          isBitRateSwitched: true,
          data: new Uint8Array(64).fill(drawn.id),
        }
        const micros = (one: CanFrame) => {
          const bits = frameBits(one)
          return 1000 * bitsMs({ ...bits, nominal: bits.nominal + intermissionBits }, 1_000_000, 5_000_000)
        }
        expect(micros(frame)).toBeGreaterThanOrEqual(158)
        expect(micros(frame)).toBeLessThanOrEqual(192)
        expect(micros({ ...frame, isBitRateSwitched: false })).toBeGreaterThanOrEqual(598)
        expect(micros({ ...frame, isBitRateSwitched: false })).toBeLessThanOrEqual(736)
      }),
      { seed: 3, numRuns: 300 },
    )
  })
})
