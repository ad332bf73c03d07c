// The aggregator (R21). Measurements of different kinds are made comparable: each kind k says which mean is as good as it gets
// (min_k) and which is the most that is tolerated (max_k), and its last w_k samples become
//
//   B_k = ((sum of the last w_k times T_ki) / w_k - min_k) * 100 / (max_k - min_k) - 50
//
// -50 is best, 50 the limit; beyond the limit it goes on growing, for how far beyond matters. w_k counts samples, not time: with
// fewer there is no B_k yet, and `undefined` is never read as zero.

export interface MeasurementKind {
  readonly name: string
  /** w_k, 1..10 000. */
  readonly windowSamples: number
  /** min_k, in the unit of the samples. */
  readonly min: number
  /** max_k, above min_k. */
  readonly max: number
}

export interface AggregatorState {
  readonly kind: MeasurementKind
  /** The last samples, oldest first, at most windowSamples. */
  readonly samples: readonly number[]
}

export type AggregatorProblem = { readonly ok: false; readonly detail: string }

const windowSamplesMax = 10_000

/** Refuses a kind from which no balance can be computed. */
export function createAggregator(kind: MeasurementKind): { ok: true; state: AggregatorState } | AggregatorProblem {
  const { name, windowSamples, min, max } = kind
  if (!Number.isInteger(windowSamples) || windowSamples < 1 || windowSamples > windowSamplesMax)
    return {
      ok: false,
      detail: `${name}: the window is ${windowSamples} samples, allowed are 1 to ${windowSamplesMax}`,
    }
  if (!Number.isFinite(min) || !Number.isFinite(max) || min >= max)
    return { ok: false, detail: `${name}: min ${min} must be less than max ${max}` }
  return { ok: true, state: { kind, samples: [] } }
}

/** A sample that is no finite number is not a measurement and changes nothing. */
export function addSample(state: AggregatorState, sample: number): AggregatorState {
  if (!Number.isFinite(sample)) return state
  return { ...state, samples: [...state.samples, sample].slice(-state.kind.windowSamples) }
}

/** B_k; undefined while there are fewer than w_k samples. */
export function balanceOf({ kind, samples }: AggregatorState): number | undefined {
  if (samples.length < kind.windowSamples) return undefined
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / kind.windowSamples
  return balanceFrom(mean, kind)
}

/** The formula itself, for a mean that was taken elsewhere. */
export function balanceFrom(mean: number, { min, max }: Pick<MeasurementKind, 'min' | 'max'>): number {
  return ((mean - min) * 100) / (max - min) - 50
}
