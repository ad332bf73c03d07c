// Six simple guesses of the next bin. None is right for every customer; demand-forecast.ts learns which of them to believe.
//   last       as it is now
//   short      a mean of about three bins
//   long       a mean of about twenty bins
//   day        as usual at that time of day, more or less by as much as the last hours were
//   week       the same by the time of the week
//   change     from now on as usual changes at that time of the week
// Who has not seen the day or the week yet guesses as the one before it does.
import { type Season, usualAt } from './seasons.ts'

/** Where demand is now, on the scale of demand-scale.ts. */
export interface Levels {
  readonly last: number
  readonly before: number
  readonly short: number
  readonly long: number
  /** How much more than usual for the time of day, lately. */
  readonly overDay: number
  readonly overWeek: number
}

const shortShare = 0.35
const longShare = 0.05
const overShare = 0.1

export function advance(levels: Levels | null, bin: number, z: number, day: Season, week: Season): Levels {
  if (levels === null) return { last: z, before: z, short: z, long: z, overDay: 0, overWeek: 0 }
  const towards = (from: number, to: number, share: number) => from + (to - from) * share
  const over = (from: number, usual: number | null) => (usual === null ? from : towards(from, z - usual, overShare))
  return {
    last: z,
    before: levels.last,
    short: towards(levels.short, z, shortShare),
    long: towards(levels.long, z, longShare),
    overDay: over(levels.overDay, usualAt(day, bin)),
    overWeek: over(levels.overWeek, usualAt(week, bin)),
  }
}

export const guessCount = 6

/** Of bin + 1. */
export function guess(levels: Levels, bin: number, day: Season, week: Season): readonly number[] {
  const { last, short, long, overDay, overWeek } = levels
  const [dayNext, weekNext] = [usualAt(day, bin + 1), usualAt(week, bin + 1)]
  const byDay = dayNext === null ? long : dayNext + overDay
  const change = usualChange(week, bin) ?? usualChange(day, bin) ?? 0
  return [last, short, long, byDay, weekNext === null ? byDay : weekNext + overWeek, last + change]
}

function usualChange(season: Season, bin: number): number | null {
  const [now, next] = [usualAt(season, bin), usualAt(season, bin + 1)]
  return now === null || next === null ? null : next - now
}
