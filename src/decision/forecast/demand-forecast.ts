// The forecast of a group's demand (R22, R26): what it will be in the next bin, as a distribution. Time is cut into bins about as long as a
// boot, so that "the next bin" is when a blade that is asked for now serves.
//
// Six simple guesses (guesses.ts) each know by how much they missed so far (scatter.ts), which makes each of them a distribution. They are
// mixed as Bayes' rule says: whoever thought likelier what came is believed more, and a fiftieth of all belief is dealt out anew each time, so
// that a customer who changes is followed (fixed share, Herbster and Warmuth 1998). Nothing has to be told: a customer with days and
// weeks is soon guessed by day and week, one without by what is now.
//
// Pure, and plain data: it is kept with the cell, survives it, and goes to whoever infers next. A bin that was not measured teaches nothing.
import { type Calibration, evenCalibration, learnCalibration, sharesBelow } from './calibration.ts'
import { toScale } from './demand-scale.ts'
import { advance, guess, guessCount, type Levels } from './guesses.ts'
import { aboveScale, type Outlook, passedWith } from './outlook.ts'
import { emptyScatter, learnMiss, likelihood, missesFrom, type Scatter } from './scatter.ts'
import { emptySeason, learnSeason, type Season } from './seasons.ts'

export interface DemandForecast {
  /** What each guess is believed; sums to 1. */
  readonly beliefs: readonly number[]
  readonly scatters: readonly Scatter[]
  readonly calibration: Calibration
  readonly day: Season
  readonly week: Season
  readonly levels: Levels | null
  /** The last bin that was learnt; null before the first. */
  readonly bin: number | null
  /** How many bins were learnt. */
  readonly learnt: number
}

const circumstanceCount = 9
const redealt = 0.02
/** Who is believed less has no say for now. */
const beliefMin = 0.005

export function createForecast(binsPerDay: number): DemandForecast {
  return {
    beliefs: Array.from({ length: guessCount }, () => 1 / guessCount),
    scatters: Array.from({ length: guessCount }, () => emptyScatter(circumstanceCount)),
    calibration: evenCalibration,
    day: emptySeason(binsPerDay),
    week: emptySeason(7 * binsPerDay),
    levels: null,
    bin: null,
    learnt: 0,
  }
}

/** A bin is over: `blades` is its mean demand. A bin that is not later than the last one changes nothing. */
export function learnBin(forecast: DemandForecast, bin: number, blades: number): DemandForecast {
  if (forecast.bin !== null && bin <= forecast.bin) return forecast
  const z = toScale(blades)
  const { day, week, levels } = forecast
  const isNext = levels !== null && forecast.bin === bin - 1
  return {
    ...forecast,
    ...(isNext ? learnFrom(forecast, levels, bin, blades) : {}),
    day: learnSeason(day, bin, z),
    week: learnSeason(week, bin, z),
    levels: advance(levels, bin, z, day, week),
    bin,
    learnt: forecast.learnt + 1,
  }
}

/** Of the bin after `bin`, of which so much is known: its demand up to now is `blades`. Undefined before the first bin was learnt. */
export function outlookFrom(forecast: DemandForecast, bin: number, blades: number): Outlook | undefined {
  const { day, week, levels } = forecast
  return levels === null ? undefined : outlookOf(forecast, advance(levels, bin, toScale(blades), day, week), bin)
}

function outlookOf(
  { day, week, beliefs, scatters, calibration }: DemandForecast,
  levels: Levels,
  bin: number,
): Outlook {
  const circumstance = circumstanceOf(levels)
  const guesses = guess(levels, bin, day, week)
  const believed = scatters
    .map((scatter, i) => ({ scatter, guess: guesses[i] ?? 0, weight: beliefs[i] ?? 0 }))
    .filter(({ weight }) => weight >= beliefMin)
  const total = believed.reduce((sum, { weight }) => sum + weight, 0)
  const mixed = {
    guesses: believed.map(({ scatter, guess: guessed, weight }) => ({
      ...{ guess: guessed, weight: weight / total, usual: scatter.usual },
      missesFrom: missesFrom(scatter, circumstance),
    })),
    below: sharesBelow(calibration),
  }
  return { ...mixed, median: passedWith(mixed, 0.5) }
}

function learnFrom(
  forecast: DemandForecast,
  levels: Levels,
  bin: number,
  blades: number,
): Pick<DemandForecast, 'beliefs' | 'scatters' | 'calibration'> {
  const { beliefs, scatters, day, week, calibration } = forecast
  const circumstance = circumstanceOf(levels)
  const z = toScale(blades)
  const misses = guess(levels, bin - 1, day, week).map((guessed) => z - guessed)
  const likely = scatters.map((scatter, i) => likelihood(scatter, circumstance, misses[i] ?? 0))
  const believed = likely.map((probability, i) => probability * (beliefs[i] ?? 0))
  const total = believed.reduce((sum, belief) => sum + belief, 0)
  return {
    beliefs: believed.map((belief) => (1 - redealt) * (belief / total) + redealt / guessCount),
    scatters: scatters.map((scatter, i) => learnMiss(scatter, circumstance, misses[i] ?? 0)),
    calibration: judge(calibration, outlookOf(forecast, levels, bin - 1), blades),
  }
}

/** As a number of blades that are needed; one is the least. */
function judge(calibration: Calibration, { guesses }: Outlook, blades: number): Calibration {
  const needed = Math.max(1, Math.ceil(blades - 1e-9))
  const fewer = needed === 1 ? 1 : aboveScale(guesses, toScale(needed - 1))
  return learnCalibration(calibration, aboveScale(guesses, toScale(needed)), fewer)
}

/** How far above or below its long mean demand is, in six steps; the upper three apart when it jumped there just now. */
function circumstanceOf({ last, before, long }: Levels): number {
  const over = last - long
  const step = [-1, -0.3, 0.3, 1.2, 2.2].filter((limit) => over >= limit).length
  return step >= 3 && last - before > 1 ? step + 3 : step
}
