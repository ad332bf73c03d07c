import { describe, expect, test } from 'vitest'
import { defaultRules } from '../../../src/decision/default-rules.ts'
import { parseRules } from '../../../src/decision/fuzzy-rules.ts'
import { decideLocally, type LocalDecision } from '../../../src/decision/local-decision.ts'
import { defaultLocalDecisionConfig, emptyLocalDecision } from '../../../src/decision/local-decision-state.ts'
import { addReport, createPredictor, predict } from '../../../src/decision/predict.ts'
import { createGroupUnderLoad, periodMs } from './balancer-reports.ts'

const parsed = parseRules(defaultRules)
const rules = parsed.ok ? parsed.rules : []
const demand = { responseLimitMs: 200, ratePerBlade: 100, priority: 0.8, bootMs: 1_000 }

interface Phase {
  readonly forMs: number
  readonly rate: number
  readonly held: number
  /** Blades that really serve; default `held`. */
  readonly members?: number
  /** What a blade really serves; default what it is rated. */
  readonly truePerBlade?: number
}

interface Said extends LocalDecision {
  readonly at: number
}

/** A group that is new: its first bins are decided by rate. */
const noOutlook = { outlook: undefined, binMs: 300_000 }

/** Runs the phases one after the other; `arrivals` makes requests of a rate (default: exactly the rate). */
function run(phases: readonly Phase[], arrivals: (rate: number) => number = wholeArrivals()): Said[][] {
  const serve = createGroupUnderLoad()
  let predictor = createPredictor()
  let state = emptyLocalDecision
  let now = 0
  return phases.map(({ forMs, rate, held, members = held, truePerBlade = 100 }) => {
    const said: Said[] = []
    for (const end = now + forMs; now < end; ) {
      now += periodMs
      const report = serve(now, { arrived: arrivals(rate), members, ratePerBlade: truePerBlade })
      predictor = addReport(predictor, report, demand.bootMs, now)
      const prediction = predict(predictor, { ...demand, members: held }, now)
      const input = {
        ...demand,
        ...noOutlook,
        prediction,
        balances: {},
        rules,
        config: defaultLocalDecisionConfig,
        held,
      }
      const decision = decideLocally(state, input, now)
      state = decision.state
      said.push({ ...decision, at: now })
    }
    return said
  })
}

function wholeArrivals(): (rate: number) => number {
  let owed = 0
  return (rate) => {
    owed += (rate * periodMs) / 1000
    const arrived = Math.floor(owed)
    owed -= arrived
    return arrived
  }
}

/** Poisson arrivals from a fixed seed. */
function scatteredArrivals(seed: number): (rate: number) => number {
  let x = seed
  const next = () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    return (x + 0.5) / 2 ** 32
  }
  return (rate) => {
    let arrived = 0
    for (let ms = -Math.log(next()) * (1000 / rate); ms < periodMs; ms += -Math.log(next()) * (1000 / rate))
      arrived += 1
    return arrived
  }
}

const kinds = (said: readonly Said[]) => [...new Set(said.map(({ verdict }) => verdict.kind))]

describe('R23: the local decision of a group', () => {
  test('R23: says nothing before it knows something', () => {
    const [said = []] = run([{ forMs: 500, rate: 450, held: 2 }])
    expect(said.map(({ verdict, reasons }) => [verdict.kind, reasons()[0]?.code])).toEqual([
      ['steady', 'TOO_FEW_REPORTS'],
      ['steady', 'TOO_FEW_REPORTS'],
    ])
  })

  test('R23: from 150 to 450 requests/s on two blades it asks for four more within 1.5 s', () => {
    const [before = [], after = []] = run([
      { forMs: 10_000, rate: 150, held: 2 },
      { forMs: 3_000, rate: 450, held: 2 },
    ])
    expect(kinds(before)).toEqual(['steady'])
    const inTime = after.filter(({ at }) => at <= 11_500)
    expect(inTime.at(-1)).toMatchObject({ verdict: { kind: 'request', count: 4 }, desired: 6 })
    for (const { verdict } of after) expect(verdict.count).toBeLessThanOrEqual(4)
    const [first] = after.filter(({ verdict }) => verdict.kind === 'request')
    expect(first?.reasons().map(({ code }) => code)).toContain('RULE')
  })

  test('R23: when the load falls back it offers down to the two blades that served it before, within 4 s', () => {
    const phases = [
      { forMs: 10_000, rate: 150, held: 2 },
      { forMs: 2_000, rate: 450, held: 2 },
      { forMs: 15_000, rate: 450, held: 6 },
      { forMs: 4_000, rate: 150, held: 6 },
    ]
    const [, , busy = [], after = []] = run(phases)
    expect(kinds(busy.slice(20))).toEqual(['steady'])
    expect(after.at(-1)).toMatchObject({ verdict: { kind: 'offer', count: 4 }, desired: 2 })
    for (const { at, verdict } of after) if (at < 29_000) expect(verdict.kind).toBe('steady')
  })

  test('R23: the whole cycle holds under Poisson arrivals, and steady loads stay steady', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const [before = [], jump = [], busy = [], fall = [], after = []] = run(
        [
          { forMs: 12_000, rate: 150, held: 2 },
          { forMs: 2_000, rate: 450, held: 2 },
          { forMs: 15_000, rate: 450, held: 6 },
          { forMs: 8_000, rate: 150, held: 6 },
          { forMs: 10_000, rate: 150, held: 2 },
        ],
        scatteredArrivals(seed),
      )
      expect([seed, kinds(before)]).toEqual([seed, ['steady']])
      expect([3, 4, 5]).toContain(jump.at(-1)?.verdict.count)
      expect(kinds(busy.slice(24))).not.toContain('offer')
      expect(fall.at(-1)?.verdict.kind).toBe('offer')
      expect(fall.at(-1)?.desired).toBeLessThanOrEqual(3)
      expect([seed, kinds(after)]).toEqual([seed, ['steady']])
    }
  })

  test('R23: three blades at 150 requests/s are not offered by one that never had fewer', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const [said = []] = run([{ forMs: 30_000, rate: 150, held: 3 }], scatteredArrivals(seed))
      expect([seed, kinds(said)]).toEqual([seed, ['steady']])
    }
  })

  test('R25: a failed blade makes requests late, but asks for no more than the failed one', () => {
    const [, after = []] = run([
      { forMs: 10_000, rate: 150, held: 2 },
      { forMs: 2_000, rate: 150, held: 2, members: 1 },
    ])
    expect(after.at(-1)?.wish).toBeGreaterThan(0.25)
    expect(kinds(after)).toEqual(['steady'])
    const [, short = []] = run([
      { forMs: 10_000, rate: 150, held: 2 },
      { forMs: 2_000, rate: 150, held: 1 },
    ])
    expect(short.at(-1)).toMatchObject({ verdict: { kind: 'request', count: 1 }, desired: 2 })
  })

  test('R25: blades that are slower than rated get help of one more, not before a replacement could have come', () => {
    const [said = []] = run([{ forMs: 14_000, rate: 150, held: 2, truePerBlade: 50 }])
    const asked = said.filter(({ verdict }) => verdict.kind === 'request')
    expect(asked[0]?.verdict).toEqual({ kind: 'request', count: 1 })
    expect(asked[0]?.at).toBeGreaterThan(8_000)
  })

  test('R23: an idle group offers all but one', () => {
    const [said = []] = run([{ forMs: 6_000, rate: 0, held: 3 }])
    expect(said.at(-1)).toMatchObject({ verdict: { kind: 'offer', count: 2 }, desired: 1 })
  })

  test('R23: a verdict that has begun ends when reports stop', () => {
    const [said = []] = run([{ forMs: 3_000, rate: 450, held: 2 }])
    const { state, verdict } = said.at(-1) ?? { state: emptyLocalDecision, verdict: null }
    expect(verdict?.kind).toBe('request')
    const prediction = { known: false, reports: 0 } as const
    const input = {
      ...demand,
      ...noOutlook,
      prediction,
      balances: {},
      rules,
      config: defaultLocalDecisionConfig,
      held: 2,
    }
    const silent = decideLocally(state, input, 60_000)
    expect([silent.verdict.kind, silent.state.requestSince]).toEqual(['steady', null])
  })

  test('R21: a kind of measurement at its limit keeps a group from offering', () => {
    const quiet = run([{ forMs: 6_000, rate: 20, held: 3 }])[0]?.at(-1)
    expect(quiet?.verdict.kind).toBe('offer')
    const prediction = predict(
      [1, 2, 3].reduce(
        (s, i) => addReport(s, createGroupUnderLoad()(i * 250, { arrived: 5, members: 3 }), 1_000, i * 250),
        createPredictor(),
      ),
      { ...demand, members: 3 },
      750,
    )
    const base = { ...demand, ...noOutlook, prediction, rules, config: defaultLocalDecisionConfig, held: 3 }
    expect(decideLocally(emptyLocalDecision, { ...base, balances: { cpu: -40 } }, 750).wish).toBeLessThan(-0.5)
    expect(decideLocally(emptyLocalDecision, { ...base, balances: { cpu: 30 } }, 750).wish).toBe(0)
  })
})
