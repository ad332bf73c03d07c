import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addHistogram,
  countOf,
  emptyHistogram,
  type LatencyHistogram,
  latencyBucketBoundsMs,
  latencyHistogram,
  quantileMs,
  recordLatency,
} from '../../../src/protocol/latency-histogram.ts'

const lastBoundMs = latencyBucketBoundsMs.at(-1) ?? 0
const samplesMs = fc.array(fc.double({ min: 0, max: lastBoundMs, noNaN: true }), { minLength: 1, maxLength: 200 })
const ratio = fc.double({ min: 0, max: 1, noNaN: true })

function histogramOf(samples: readonly number[]): LatencyHistogram {
  const histogram = emptyHistogram()
  for (const ms of samples) recordLatency(histogram, ms)
  return histogram
}

describe('R20: a latency histogram', () => {
  test('has rising bounds, each at most 13 % above the one before', () => {
    latencyBucketBoundsMs.slice(1).forEach((bound, i) => {
      const below = latencyBucketBoundsMs[i] ?? 0
      expect(bound).toBeGreaterThan(below)
      expect(bound / below).toBeLessThan(1.13)
    })
  })

  test('gives a quantile within one bucket of the true one', () => {
    fc.assert(
      fc.property(samplesMs, ratio, (samples, q) => {
        const sorted = samples.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0
        const read = quantileMs(histogramOf(samples), q) ?? Number.NaN
        const firstBoundMs = latencyBucketBoundsMs[0] ?? 0
        expect(Math.abs(read - exact)).toBeLessThanOrEqual(Math.max(firstBoundMs, 0.13 * exact))
      }),
      { seed: 21, numRuns: 500 },
    )
  })

  test('never falls as the quantile rises', () => {
    fc.assert(
      fc.property(samplesMs, ratio, ratio, (samples, a, b) => {
        const histogram = histogramOf(samples)
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        expect(quantileMs(histogram, low) ?? 0).toBeLessThanOrEqual((quantileMs(histogram, high) ?? 0) + 1e-9)
      }),
      { seed: 22 },
    )
  })

  test('of two members added is the histogram of all their samples', () => {
    fc.assert(
      fc.property(samplesMs, samplesMs, (left, right) => {
        const sum = histogramOf(left)
        addHistogram(sum, histogramOf(right))
        const whole = histogramOf([...left, ...right])
        expect(sum.counts).toEqual(whole.counts)
        expect(sum.sumMs).toBeCloseTo(whole.sumMs, 6)
        expect(countOf(sum)).toBe(left.length + right.length)
      }),
      { seed: 23 },
    )
  })

  test('counts what is beyond its bounds, too', () => {
    const histogram = histogramOf([0, 1e9])
    expect(countOf(histogram)).toBe(2)
    expect(quantileMs(histogram, 1)).toBeGreaterThan(lastBoundMs)
  })

  test('without samples has no quantile', () => {
    expect(quantileMs(emptyHistogram(), 0.5)).toBeUndefined()
  })

  test('is one that the wire takes, and a wire takes no other', () => {
    expect(latencyHistogram.safeParse(emptyHistogram()).success).toBe(true)
    expect(latencyHistogram.safeParse({ counts: [-1], sumMs: 0 }).success).toBe(false)
    expect(latencyHistogram.safeParse({ counts: new Array(65).fill(0), sumMs: 0 }).success).toBe(false)
    expect(latencyHistogram.safeParse({ counts: [0.5], sumMs: 0 }).success).toBe(false)
  })
})
