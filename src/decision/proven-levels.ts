// What a group has shown it can do: for each number of blades the highest rate that they served in time. Theory says how many blades
// a rate needs at least and keeps a margin; a level that has carried this very rate needs no margin. So a group that grew under load
// finds back to the level it came from, and one that never had fewer blades does not try.
//
// Only as far as utilisation `cap`, and forgotten as soon as requests come late at a rate that was taken for proven.

/** Requests a second by number of blades. */
export type ProvenLevels = Readonly<Record<number, number>>

const lateMax = 0.01
const refutedFrom = 0.05

export interface Experience {
  readonly held: number
  /** Over a whole window. */
  readonly meanRate: number
  /** Share of requests that were late or refused in that window. */
  readonly lateRatio: number
  /** The highest rate that may count as proven for `held` blades. */
  readonly rateMax: number
}

export function learn(proven: ProvenLevels, { held, meanRate, lateRatio, rateMax }: Experience): ProvenLevels {
  const before = proven[held] ?? 0
  if (lateRatio >= refutedFrom && meanRate <= before) {
    const { [held]: _refuted, ...rest } = proven
    return rest
  }
  const rate = Math.min(meanRate, rateMax)
  return lateRatio <= lateMax && rate > before ? { ...proven, [held]: rate } : proven
}

/** The fewest blades, below `held`, that are known to carry the rate; undefined when none are. */
export function provenFor(proven: ProvenLevels, rate: number, held: number): number | undefined {
  const counts = Object.entries(proven).filter(([count, proved]) => Number(count) < held && rate <= proved)
  return counts.length === 0 ? undefined : Math.min(...counts.map(([count]) => Number(count)))
}
