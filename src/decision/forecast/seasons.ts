// What is usual at this time of day, and at this time of the week: for each bin of the cycle a mean of what was seen there, on the scale of
// demand-scale.ts, in which later cycles count more (the first ones equally, then a quarter for the newest).
export interface Season {
  /** By bin of the cycle; null: never seen. */
  readonly usual: readonly (number | null)[]
  readonly cycles: readonly number[]
}

const newestShare = 0.25

export function emptySeason(bins: number): Season {
  return { usual: Array.from({ length: bins }, () => null), cycles: Array.from({ length: bins }, () => 0) }
}

export function usualAt({ usual }: Season, bin: number): number | null {
  return usual[bin % usual.length] ?? null
}

export function learnSeason(season: Season, bin: number, z: number): Season {
  const at = bin % season.usual.length
  const before = season.usual[at] ?? z
  const seen = (season.cycles[at] ?? 0) + 1
  return {
    usual: season.usual.with(at, before + (z - before) * Math.max(newestShare, 1 / seen)),
    cycles: season.cycles.with(at, seen),
  }
}
