import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameBits, intermissionBits } from '../../../../src/transport/can/frame-bits.ts'
import { worstFrameBits } from '../../../../src/transport/can/worst-frame-bits.ts'
import { anyClassicFrame, anyFdFrame } from './any-frame.ts'

const classic = { isExtended: true, isFd: false, isBitRateSwitched: false }
const switched = { isExtended: true, isFd: true, isBitRateSwitched: true }

describe('the most bits of a frame', () => {
  test('are 80 + 10 n of an extended classic frame, 55 + 10 n of a standard one', () => {
    for (let dataBytes = 0; dataBytes <= 8; dataBytes += 1) {
      expect(worstFrameBits({ ...classic, dataBytes })).toEqual({ nominal: 80 + 10 * dataBytes, fast: 0 })
      expect(worstFrameBits({ ...classic, isExtended: false, dataBytes }).nominal).toBe(55 + 10 * dataBytes)
    }
  })

  test('of 64 bytes by FD take 192 µs at 1 and 5 Mb/s, 736 µs at 1 Mb/s throughout', () => {
    const { nominal, fast } = worstFrameBits({ ...switched, dataBytes: 64 })
    expect(nominal + fast / 5).toBe(192)
    expect(worstFrameBits({ ...switched, isBitRateSwitched: false, dataBytes: 64 }).nominal).toBe(736)
  })

  test('are never fewer than those of a frame, whatever is in it', () => {
    const spare = new Set<number>()
    fc.assert(
      fc.property(fc.oneof(anyClassicFrame, anyFdFrame), (frame) => {
        const worst = worstFrameBits({ ...frame, dataBytes: frame.data.length })
        const { nominal, fast } = frameBits(frame)
        expect(nominal + intermissionBits).toBeLessThanOrEqual(worst.nominal)
        expect(nominal + fast + intermissionBits).toBeLessThanOrEqual(worst.nominal + worst.fast)
        spare.add(worst.nominal + worst.fast - nominal - fast - intermissionBits)
      }),
      { seed: 7, numRuns: 3_000 },
    )
    // Not far off either: all zeros call for a stuff bit wherever one can be but in the fixed bits of the header and the CRC.
    expect(Math.min(...spare)).toBeLessThanOrEqual(5)
  })
})
