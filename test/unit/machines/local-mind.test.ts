// What a local decision makes of the balancer's reports, end to end: aggregate, predict, infer, and what it keeps between two reports.
import { describe, expect, test } from 'vitest'
import { defaultRules } from '../../../src/decision/default-rules.ts'
import { defaultLocalDecisionConfig } from '../../../src/decision/local-decision-state.ts'
import {
  emptyMind,
  type LocalMind,
  latencyWindow,
  learnFrom,
  type Mandate,
  type Opinion,
  reconsider,
} from '../../../src/machines/local-mind.ts'
import { createGroupUnderLoad, periodMs, reportOf } from '../decision/balancer-reports.ts'

const mandate: Mandate = {
  group: 'shop/web',
  role: 'front',
  responseLimitMs: 200,
  ratePerBlade: 100,
  priority: 0.8,
  bootMs: 1_000,
  held: 2,
  rules: defaultRules,
  thresholds: defaultLocalDecisionConfig,
}

interface Phase {
  readonly forMs: number
  /** Requests a second. */
  readonly rate: number
  readonly mandate?: Mandate
}

/** The opinion after each phase; the fluid group serves with two blades. */
function opinionsOf(phases: readonly Phase[]): (Opinion | null)[] {
  const serve = createGroupUnderLoad()
  let mind = emptyMind
  let now = 0
  return phases.map(({ forMs, rate, mandate: given = mandate }) => {
    let opinion: Opinion | null = null
    for (const end = now + forMs; now < end; ) {
      now += periodMs
      const report = serve(now, { arrived: Math.round((rate * periodMs) / 1000), members: 2 })
      mind = learnFrom(mind, report, given, now)
      ;({ mind, opinion } = reconsider(mind, given, now))
    }
    return opinion
  })
}

describe('R23: from reports to an opinion', () => {
  test('too few reports: none', () => expect(opinionsOf([{ forMs: 2 * periodMs, rate: 100 }])).toEqual([null]))

  test('more than the blades can carry: a request for enough of them, with its reasons', () => {
    const [opinion] = opinionsOf([{ forMs: 3_000, rate: 300 }])
    expect(opinion?.kind).toBe('request')
    expect(opinion?.desired).toBeGreaterThanOrEqual(4)
    expect(opinion?.reasons[0]).toMatchObject({ numbers: { held: 2, desired: opinion?.desired } })
  })

  test('next to nothing to do: an offer, after the hold-down', () => {
    expect(opinionsOf([{ forMs: 6_000, rate: 20 }])[0]).toMatchObject({ kind: 'offer', desired: 1 })
  })

  test('what it is for: neither', () => expect(opinionsOf([{ forMs: 4_000, rate: 130 }])[0]?.kind).toBe('steady'))

  test('a flood that is over is over, also when nothing at all comes after it', () => {
    const opinions = opinionsOf([
      { forMs: 3_000, rate: 400 },
      { forMs: 15_000, rate: 0 },
    ])
    expect(opinions.map((opinion) => opinion?.kind)).toEqual(['request', 'offer'])
  })
})

describe('R20 R21: the balance of the latency', () => {
  const slow = (at: number) => reportOf(at, { arrived: 10, latencies: new Array(10).fill(150) })
  const learnt = (count: number, mind: LocalMind = emptyMind, given = mandate): LocalMind =>
    Array.from({ length: count }).reduce<LocalMind>((sum, _, i) => learnFrom(sum, slow(i), given, i * periodMs), mind)

  test('its window is bounded, and holds the median of each report', () => {
    const samples = learnt(3 * latencyWindow).latency?.samples ?? []
    expect(samples).toHaveLength(latencyWindow)
    for (const sample of samples) expect(Math.abs(sample - 150)).toBeLessThan(150 * 0.12)
  })

  test('without requests there is nothing to measure, and what was measured fades', () => {
    const idle = reportOf(9_000, { arrived: 0, latencies: [] })
    const before = learnt(latencyWindow)
    const faded = learnFrom(before, idle, mandate, 9_000)
    expect(faded.latency?.samples).toHaveLength(latencyWindow - 1)
    const hanging = { ...idle, members: idle.members.map((member) => ({ ...member, inFlight: 3 })) }
    for (const unanswered of [hanging, { ...idle, arrived: 5 }, { ...idle, refused: 5 }])
      expect(learnFrom(before, unanswered, mandate, 9_000).latency).toEqual(before.latency)
  })

  test('another limit is another scale: the window begins anew', () => {
    const stricter = { ...mandate, responseLimitMs: 100 }
    const mind = learnt(1, learnt(latencyWindow), stricter)
    expect(mind.latency).toMatchObject({ kind: { max: 100 } })
    expect(mind.latency?.samples).toHaveLength(1)
  })
})

describe('the rules', () => {
  test("R23: an operator's rules decide, and a change of them at once", () => {
    const never = { ...mandate, rules: 'if response_time is low and balance is slack then offer' }
    const flood = { forMs: 3_000, rate: 300 }
    expect(opinionsOf([{ ...flood, mandate: never }])[0]?.kind).not.toBe('request')
    expect(
      opinionsOf([
        { ...flood, mandate: never },
        { ...flood, mandate },
      ])[1]?.kind,
    ).toBe('request')
  })

  test("text that does not parse gives way to the rules of the house, not to nobody's", () => {
    const flood = { forMs: 3_000, rate: 300 }
    const broken = { ...mandate, rules: 'if if then' }
    expect(opinionsOf([{ ...flood, mandate: broken }])).toEqual(opinionsOf([flood]))
  })
})

test('nothing that was given is changed: a crash in the middle leaves the mind as it was', () => {
  const report = reportOf(0, { arrived: 10, latencies: [50, 60, 70] })
  const mind = frozen(learnFrom(emptyMind, report, mandate, 0))
  const again = () => reconsider(learnFrom(mind, frozen(report), frozen(mandate), periodMs), mandate, periodMs)
  expect(again()).toEqual(again())
  expect(JSON.parse(JSON.stringify(again().mind))).toMatchObject({ members: 1 })
})

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
