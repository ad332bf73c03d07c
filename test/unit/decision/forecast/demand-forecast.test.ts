import { describe, expect, test } from 'vitest'
import {
  createForecast,
  type DemandForecast,
  learnBin,
  outlookFrom,
} from '../../../../src/decision/forecast/demand-forecast.ts'
import { createDemandWatch, observe, outlookAt } from '../../../../src/decision/forecast/demand-watch.ts'
import { above, passedWith } from '../../../../src/decision/forecast/outlook.ts'

const binsPerDay = 48

/** A day that is quiet but for its middle, where demand is ten times as high. */
const onDay = (bin: number) => (bin % binsPerDay >= 20 && bin % binsPerDay < 30 ? 40 : 4)

function learnt(bins: number, demand: (bin: number) => number, from = createForecast(binsPerDay)): DemandForecast {
  let forecast = from
  for (let bin = 0; bin < bins; bin += 1) forecast = learnBin(forecast, bin, demand(bin))
  return forecast
}

/** The same sequence for the same seed, 0..1. */
function seeded(seed: number): () => number {
  let x = seed
  return () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    return (x + 0.5) / 2 ** 32
  }
}

describe('R22: the forecast of demand', () => {
  test('R22: says nothing before the first bin', () => {
    expect(outlookFrom(createForecast(binsPerDay), 0, 4)).toBeUndefined()
  })

  test('R22: is a distribution, from the first bin on', () => {
    for (const bins of [1, 2, 10, 500]) {
      const outlook = outlookFrom(learnt(bins, onDay), bins, onDay(bins))
      const passed = outlook ? Array.from({ length: 100 }, (_, blades) => above(outlook, blades)) : []
      expect(passed.every((probability, i) => probability <= (passed[i - 1] ?? 1) && probability >= 0)).toBe(true)
      expect(outlook && above(outlook, 60_000)).toBeLessThan(0.02)
    }
  })

  test('R22: after two days it sees the rise before it comes, and the fall', () => {
    const forecast = learnt(2 * binsPerDay + 19, onDay)
    const rise = outlookFrom(forecast, 2 * binsPerDay + 19, 4)
    expect(rise && above(rise, 20)).toBeGreaterThan(0.3)
    const quiet = learnt(2 * binsPerDay + 10, onDay)
    const calm = outlookFrom(quiet, 2 * binsPerDay + 10, 4)
    expect(calm && above(calm, 20)).toBeLessThan(0.05)
  })

  test('R22: after six days it is nearly sure of it', () => {
    const forecast = learnt(6 * binsPerDay + 19, onDay)
    const rise = outlookFrom(forecast, 6 * binsPerDay + 19, 4)
    expect(rise && above(rise, 20)).toBeGreaterThan(0.7)
  })

  test('R22: a customer that changes is followed: what was a day is forgotten', () => {
    const changed = (bin: number) => (bin < 6 * binsPerDay ? onDay(bin) : 10)
    const forecast = learnt(10 * binsPerDay + 19, changed)
    const outlook = outlookFrom(forecast, 10 * binsPerDay + 19, 10)
    expect(outlook && above(outlook, 20)).toBeLessThan(0.05)
  })

  test('R22: what it says comes true as often as it says', () => {
    const random = seeded(7)
    // A day, and on top of it what nobody can know.
    const scatter = () => Math.exp(0.8 * (random() + random() + random() - 1.5))
    const values = Array.from(
      { length: 6_000 },
      (_, bin) => (8 + 6 * Math.sin((bin * 2 * Math.PI) / binsPerDay)) * scatter(),
    )
    let forecast = createForecast(binsPerDay)
    const bins = Array.from({ length: 10 }, () => ({ said: 0, came: 0, cases: 0 }))
    for (const [bin, value] of values.entries()) {
      const outlook = bin > 500 ? outlookFrom(forecast, bin - 1, values[bin - 1] ?? 0) : undefined
      for (const blades of outlook ? [2, 5, 8, 12, 20, 30] : []) {
        const said = outlook ? above(outlook, blades) : 0
        const slot = bins[Math.min(9, Math.floor(said * 10))]
        if (slot)
          Object.assign(slot, {
            said: slot.said + said,
            came: slot.came + (value > blades ? 1 : 0),
            cases: slot.cases + 1,
          })
      }
      forecast = learnBin(forecast, bin, value)
    }
    for (const { said, came, cases } of bins)
      if (cases >= 200) expect(Math.abs(said - came) / cases).toBeLessThanOrEqual(0.05)
  })

  test('R22: a bin that comes twice, or from before, teaches nothing', () => {
    const forecast = learnt(30, onDay)
    expect(learnBin(forecast, 29, 1_000)).toBe(forecast)
    expect(learnBin(forecast, 3, 1_000)).toBe(forecast)
  })

  test('R22: over a hole in the measurements no guess is judged', () => {
    const forecast = learnt(30, onDay)
    const later = learnBin(forecast, 40, 500)
    expect(later.beliefs).toEqual(forecast.beliefs)
    expect(later.scatters).toEqual(forecast.scatters)
  })

  test('R22: it is plain data: copied, it goes on as the original does', () => {
    const forecast = learnt(100, onDay)
    const copy = JSON.parse(JSON.stringify(forecast)) as DemandForecast
    expect(outlookFrom(learnBin(copy, 100, 5), 101, 6)).toEqual(outlookFrom(learnBin(forecast, 100, 5), 101, 6))
  })

  test('what is passed with a probability is above it with that probability', () => {
    const outlook = outlookFrom(learnt(200, onDay), 200, onDay(200))
    if (!outlook) throw new Error('200 bins are enough')
    for (const probability of [0.5, 0.2, 0.1, 0.05, 0.02])
      expect(above(outlook, passedWith(outlook, probability))).toBeCloseTo(probability, 1)
    expect(outlook.median).toBeGreaterThan(0)
  })
})

describe('R22: measurements become bins', () => {
  const config = { binMs: 60_000, binsPerDay: 1_440, binsMin: 2 }

  test('R22: a bin is the mean of what was measured in it', () => {
    let watch = createDemandWatch(config)
    for (let at = 10_000; at <= 70_000; at += 10_000) watch = observe(watch, at <= 30_000 ? 1 : 3, 10_000, at)
    expect(watch.forecast.learnt).toBe(1)
    expect(2 ** (watch.forecast.levels?.last ?? 0) - 3).toBeCloseTo(2, 9)
  })

  test('R22: a bin of which less than half was measured is none', () => {
    let watch = createDemandWatch(config)
    watch = observe(watch, 50, 10_000, 10_000)
    watch = observe(watch, 1, 10_000, 70_000)
    expect(watch.forecast.learnt).toBe(0)
  })

  test('R22: with too few bins nothing is said', () => {
    let watch = createDemandWatch(config)
    for (let at = 60_000; at <= 120_000; at += 60_000) watch = observe(watch, 5, 60_000, at)
    expect(outlookAt(watch, 5, 120_000)).toBeUndefined()
    watch = observe(watch, 5, 60_000, 180_000)
    expect(outlookAt(watch, 5, 180_000)).toBeDefined()
  })

  test('R22: a report from before changes nothing', () => {
    const watch = observe(createDemandWatch(config), 5, 10_000, 190_000)
    expect(observe(watch, 500, 10_000, 20_000)).toBe(watch)
  })
})
