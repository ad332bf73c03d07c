import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addSample, balanceOf, createAggregator, type MeasurementKind } from '../../../src/decision/aggregate.ts'

const latency: MeasurementKind = { name: 'latency', windowSamples: 3, min: 40, max: 240 }

function balanceAfter(samples: readonly number[], kind = latency): number | undefined {
  const created = createAggregator(kind)
  if (!created.ok) throw new Error(created.detail)
  return balanceOf(samples.reduce(addSample, created.state))
}

describe('R21: the aggregator', () => {
  test('R21: best is -50, half way is 0, the limit is 50', () => {
    expect(balanceAfter([40, 40, 40])).toBe(-50)
    expect(balanceAfter([40, 140, 240])).toBe(0)
    expect(balanceAfter([240, 240, 240])).toBe(50)
  })

  test('R21: beyond the limit it goes on growing, below the best on falling', () => {
    expect(balanceAfter([440, 440, 440])).toBe(150)
    expect(balanceAfter([0, 0, 0])).toBe(-70)
  })

  test('R21: with fewer than w_k samples there is no balance yet', () => {
    expect(balanceAfter([])).toBeUndefined()
    expect(balanceAfter([40, 40])).toBeUndefined()
  })

  test('R21: only the last w_k samples count', () => {
    expect(balanceAfter([9_999, 9_999, 40, 40, 40])).toBe(-50)
  })

  test('R21: a sample that is no finite number changes nothing', () => {
    expect(balanceAfter([40, Number.NaN, 40, Number.POSITIVE_INFINITY, 40])).toBe(-50)
  })

  test.each([
    [{ ...latency, max: 40 }, 'latency: min 40 must be less than max 40'],
    [{ ...latency, max: 30 }, 'latency: min 40 must be less than max 30'],
    [{ ...latency, max: Number.NaN }, 'latency: min 40 must be less than max NaN'],
    [{ ...latency, windowSamples: 0 }, 'latency: the window is 0 samples, allowed are 1 to 10000'],
    [{ ...latency, windowSamples: 1.5 }, 'latency: the window is 1.5 samples, allowed are 1 to 10000'],
  ])('R21: refuses a kind without a balance: %j', (kind, detail) => {
    expect(createAggregator(kind)).toEqual({ ok: false, detail })
  })

  test('R21: it is the formula of the seed, for any window, bounds and samples', () => {
    const kinds = fc.record({
      name: fc.constant('any'),
      windowSamples: fc.integer({ min: 1, max: 20 }),
      min: fc.integer({ min: 0, max: 100 }),
      max: fc.integer({ min: 101, max: 500 }),
    })
    const samples = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 20, maxLength: 40 })
    fc.assert(
      fc.property(kinds, samples, (kind, all) => {
        let sum = 0
        for (let i = all.length - kind.windowSamples; i < all.length; i += 1) sum += all[i] ?? 0
        const expected = ((sum / kind.windowSamples - kind.min) * 100) / (kind.max - kind.min) - 50
        expect(balanceAfter(all, kind)).toBeCloseTo(expected, 9)
      }),
      { seed: 21 },
    )
  })
})
