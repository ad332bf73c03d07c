import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addReport, createPredictor, type Prediction, predict } from '../../../src/decision/predict.ts'
import { periodMs, type Report, reportOf } from './balancer-reports.ts'

const group = { members: 2, ratePerBlade: 100, responseLimitMs: 200, bootMs: 1_000 }

interface Sample {
  readonly arrived: number
  readonly latencies: readonly number[]
  readonly refused?: number
}

function predictAfter(samples: readonly Sample[], input = group): Prediction {
  const reports = samples.map((sample, i) => reportOf((i + 1) * periodMs, sample))
  return predictFrom(reports, input)
}

function predictFrom(reports: readonly Report[], input = group): Prediction {
  const state = reports.reduce(
    (before, report) => addReport(before, report, input.bootMs, report.at),
    createPredictor(),
  )
  return predict(state, input, reports.at(-1)?.at ?? 0)
}

function known(prediction: Prediction): Extract<Prediction, { known: true }> {
  if (!prediction.known) throw new Error('nothing is known')
  return prediction
}

const steady = (perPeriod: number, ms = 45): Sample => ({
  arrived: perPeriod,
  latencies: new Array(perPeriod).fill(ms),
})
const repeat = (sample: Sample, times: number): Sample[] => new Array(times).fill(sample)

const samples = fc.array(
  fc.record({
    arrived: fc.integer({ min: 0, max: 150 }),
    latencies: fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 20 }),
    refused: fc.integer({ min: 0, max: 30 }),
  }),
  { minLength: 3, maxLength: 16 },
)

describe('R22: the predictor', () => {
  test('R22: with too few reports nothing is known', () => {
    expect(predictAfter([])).toEqual({ known: false, reports: 0 })
    expect(predictAfter(repeat(steady(30), 2))).toEqual({ known: false, reports: 2 })
    expect(predictAfter(repeat(steady(30), 3)).known).toBe(true)
  })

  test('R22: what is known ends when reports stop', () => {
    const report = reportOf(1_000, steady(30))
    const state = [1, 2, 3].reduce((s, i) => addReport(s, { ...report, at: i }, 1_000, 1_000), createPredictor())
    expect(predict(state, group, 3_999).known).toBe(true)
    expect(predict(state, group, 4_000)).toEqual({ known: false, reports: 0 })
  })

  test('R22: a steady 150/s on two blades is seen and expected to be in time', () => {
    const prediction = known(predictAfter(repeat(steady(37), 12)))
    expect(prediction.predictedRate).toBeCloseTo(148, 0)
    expect(prediction.utilisation).toBeCloseTo(0.74, 2)
    expect(prediction.expectedMs).toBeLessThan(70)
    expect(prediction.probability).toBeLessThan(0.001)
  })

  test('R22: an idle group is known to be idle', () => {
    const prediction = known(predictAfter(repeat(steady(0), 4)))
    expect([prediction.utilisation, prediction.probability, prediction.expectedMs]).toEqual([0, 0, 0])
  })

  test('R22: a ramp is expected to go on until the blade asked for now has booted', () => {
    const ramp = Array.from({ length: 80 }, (_, i) => steady(20 + i))
    const soon = known(predictAfter(ramp))
    const later = known(predictAfter(ramp, { ...group, bootMs: 2_500 }))
    // 4 requests/s more with each report, 16 per second and second; now 396/s.
    expect(soon.rise).toBeGreaterThan(10)
    expect(later.predictedRate).toBeGreaterThan(soon.predictedRate + 15)
  })

  test('R22: a step is followed within a second and not taken for a ramp', () => {
    const step = [...repeat(steady(37), 20), ...repeat(steady(112), 5)]
    const after = known(predictAfter(step)).predictedRate
    expect(after).toBeGreaterThan(400)
    for (let more = 1; more < 20; more += 1)
      expect(known(predictAfter([...step, ...repeat(steady(112), more)])).predictedRate).toBeLessThan(448 * 1.1)
  })

  test('R22: refused requests are demand, and late', () => {
    const prediction = known(predictAfter(repeat({ arrived: 100, latencies: new Array(50).fill(40), refused: 50 }, 8)))
    expect(prediction.predictedRate).toBeCloseTo(400, 0)
    expect(prediction.seen.probability).toBeGreaterThan(0.45)
    expect(prediction.seen.meanMs).toBeGreaterThan(200)
  })

  test('R22: one slow request in an idle group is no flood', () => {
    const prediction = known(predictAfter([...repeat(steady(0), 6), steady(1, 900)]))
    expect(prediction.probability).toBeLessThan(0.2)
  })

  test('R22: a report that comes twice or late changes nothing', () => {
    const reports = repeat(steady(37), 8).map((sample, i) => reportOf((i + 1) * periodMs, sample))
    const twice = reports.flatMap((report) => [report, report])
    const late = [...reports, reportOf(periodMs, steady(150, 4_000))]
    expect(predictFrom(twice)).toEqual(predictFrom(reports))
    const state = late.reduce((s, report) => addReport(s, report, 1_000, 2_000), createPredictor())
    expect(state.reports).toHaveLength(8)
  })

  test('R22: a balancer whose clock was set back is heard again', () => {
    const state = [1e12, 5_000, 5_250, 5_500].reduce(
      (s, at, i) => addReport(s, reportOf(at, steady(37)), 1_000, i * periodMs),
      createPredictor(),
    )
    expect(state.reports).toHaveLength(4)
  })

  test('R22: reports without end keep a bounded window', () => {
    let state = createPredictor()
    for (let i = 1; i <= 1_000; i += 1) state = addReport(state, reportOf(i, steady(1)), 1_000, i)
    expect(state.reports.length).toBeLessThanOrEqual(128)
  })

  test('R22: a worse response time never lowers expectation or probability', () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.integer({ min: 0, max: 3_000 }), (all, pick, byMs) => {
        const at = pick % all.length
        const worse = all.map((sample, i) =>
          i === at ? { ...sample, latencies: sample.latencies.map((ms) => ms + byMs) } : sample,
        )
        expectNotBetter(known(predictAfter(worse)), known(predictAfter(all)))
      }),
      { seed: 22, numRuns: 300 },
    )
  })

  test('R22: one more refused request never lowers expectation or probability', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (all, pick) => {
        const at = pick % all.length
        const worse = all.map((sample, i) => (i === at ? { ...sample, refused: sample.refused + 1 } : sample))
        expectNotBetter(known(predictAfter(worse)), known(predictAfter(all)))
      }),
      { seed: 22, numRuns: 300 },
    )
  })

  test('R22: more arrivals, now or all the time, never lower expectation or probability', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 100 }), fc.boolean(), (all, by, always) => {
        const worse = all.map((sample, i) =>
          always || i === all.length - 1 ? { ...sample, arrived: sample.arrived + by } : sample,
        )
        expectNotBetter(known(predictAfter(worse)), known(predictAfter(all)))
      }),
      { seed: 22, numRuns: 300 },
    )
  })

  test('R22: more members never raise expectation or probability', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 8 }), (all, by) => {
        const more = known(predictAfter(all, { ...group, members: group.members + by }))
        expectNotBetter(known(predictAfter(all)), more)
      }),
      { seed: 22, numRuns: 300 },
    )
  })
})

type Known = Extract<Prediction, { known: true }>

function expectNotBetter(worse: Known, before: Known): void {
  expect(worse.expectedMs).toBeGreaterThanOrEqual(before.expectedMs - 1e-6)
  expect(worse.probability).toBeGreaterThanOrEqual(before.probability - 1e-9)
  expect(worse.probability).toBeLessThanOrEqual(1)
}
