// Latencies are kept as histograms with shared bounds, so that members and windows add up exactly.
import { z } from 'zod'

/**
 * A latency histogram with fixed, shared bucket bounds: cheap to send, exact to add up.
 * `counts[i]` counts samples ≤ `latencyBucketBoundsMs[i]`; the last count is everything above the last bound.
 */
export const latencyHistogram = z.object({
  counts: z.array(z.number().int().nonnegative()).max(64),
  sumMs: z.number().nonnegative(),
})
export type LatencyHistogram = z.infer<typeof latencyHistogram>

/** Upper bounds in ms, growing by about 12 %: a quantile read from them is off by at most that. */
export const latencyBucketBoundsMs: readonly number[] = Array.from(
  { length: 63 },
  (_, i) => Math.round(4 * 1.12 ** i * 10) / 10,
)

export function emptyHistogram(): LatencyHistogram {
  return { counts: new Array(latencyBucketBoundsMs.length + 1).fill(0), sumMs: 0 }
}

/** Adds one sample in place. */
export function recordLatency(histogram: LatencyHistogram, ms: number): void {
  let low = 0
  let high = latencyBucketBoundsMs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ms <= (latencyBucketBoundsMs[middle] ?? Number.POSITIVE_INFINITY)) high = middle
    else low = middle + 1
  }
  histogram.counts[low] = (histogram.counts[low] ?? 0) + 1
  histogram.sumMs += ms
}

/** Adds `other` into `histogram` in place. */
export function addHistogram(histogram: LatencyHistogram, other: LatencyHistogram): void {
  for (let i = 0; i < histogram.counts.length; i += 1)
    histogram.counts[i] = (histogram.counts[i] ?? 0) + (other.counts[i] ?? 0)
  histogram.sumMs += other.sumMs
}

export function countOf(histogram: LatencyHistogram): number {
  let total = 0
  for (const count of histogram.counts) total += count
  return total
}

/** The q-quantile (0..1) in ms, interpolated inside its bucket; undefined when empty. */
export function quantileMs(histogram: LatencyHistogram, q: number): number | undefined {
  const total = countOf(histogram)
  if (total === 0) return undefined
  let rank = q * total
  for (let i = 0; i < histogram.counts.length; i += 1) {
    const count = histogram.counts[i] ?? 0
    if (rank <= count && count > 0) {
      const low = i === 0 ? 0 : (latencyBucketBoundsMs[i - 1] ?? 0)
      const high = latencyBucketBoundsMs[i] ?? low * 1.12
      return low + (high - low) * (rank / count)
    }
    rank -= count
  }
  return latencyBucketBoundsMs.at(-1)
}
