import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admit, type Capacity } from '../../../src/accounts/admission.ts'
import { instantText, periodAt, readInstant } from '../../../src/accounts/calendar.ts'
import { costOf, moneyText, times } from '../../../src/accounts/money.ts'
import { holds } from '../../../src/accounts/objectives.ts'
import { recommend } from '../../../src/accounts/recommend.ts'
import { chanceOfShortage } from '../../../src/accounts/shortage.ts'
import { differences, SlaBook } from '../../../src/accounts/sla-book.ts'
import { levelsOf, roleTerms, slaTerms, splitByLevel } from '../../../src/accounts/sla-terms.ts'
import { termsOf } from './ledger-script.ts'

const role = (value: object) => roleTerms.parse({ group: 'shop/web', role: 'front', ...value })
const version = (account: string, number: number, effectiveAt: number, terms = termsOf(account)) =>
  ({ account, version: number, origin: 'file', effectiveAt, terms }) as const

describe('periods and instants', () => {
  test('are those of the calendar', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => {
        const date = new Date(at)
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
        expect(periodAt(at, 'month')).toEqual({ from: Date.UTC(year, month), to: Date.UTC(year, month + 1) })
        expect(periodAt(at, 'day')).toEqual({ from: Date.UTC(year, month, day), to: Date.UTC(year, month, day + 1) })
        const week = periodAt(at, 'week')
        expect([new Date(week.from).getUTCDay(), week.to - week.from]).toEqual([1, 7 * 86_400_000])
        expect(instantText(at)).toBe(date.toISOString().replace('.000Z', 'Z'))
        expect(readInstant(instantText(at - (at % 1000)))).toBe(at - (at % 1000))
      }),
    ))
  test.each(['2026-13-01', '2026-02-30', '2026-02-03T25:00Z', '2026-2-3', 'tomorrow', ''])('%s is no instant', (text) =>
    expect(readInstant(text)).toBeUndefined(),
  )
})

describe('money', () => {
  test('is rounded once, halves up, exactly', () => {
    expect([costOf(3_600_000, 10), costOf(180_000, 10), costOf(179_999, 10), costOf(1, 0.0001)]).toEqual([10, 1, 0, 0])
    expect(costOf(Number.MAX_SAFE_INTEGER, 1)).toBe(2_501_999_793)
    expect([times(3, 0.5), moneyText(-1205, 'EUR')]).toEqual([2, '-12.05 EUR'])
  })
})

describe('R34: levels', () => {
  test('in other measures than blades are carried by as many blades as it takes', () => {
    const measures = [
      { measure: 'hits', perBlade: 100, committed: 150, expansion: 100, extension: 50 },
      { measure: 'connections', perBlade: 10, committed: 35 },
    ]
    expect(levelsOf(role({ measures }))).toEqual({ committed: 4, guaranteed: 4, max: 4 })
    expect(levelsOf(role({ measures, combine: 'smallest' }))).toEqual({ committed: 2, guaranteed: 3, max: 3 })
    expect(levelsOf(role({ measures, combine: 'sum' }))).toEqual({ committed: 6, guaranteed: 7, max: 7 })
  })

  test('split any number of blades without losing one', () =>
    fc.assert(
      fc.property(fc.nat(20), fc.nat(8), fc.nat(8), (count, committed, expansion) => {
        const split = splitByLevel(count, { committed, guaranteed: committed + expansion, max: 99 })
        expect(split.committed + split.expansion + split.extension).toBe(count)
        expect([split.committed <= committed, split.expansion <= expansion]).toEqual([true, true])
      }),
    ))

  test('objectives combine, and nobody is blamed for what was not measured', () => {
    const fast = { measure: 'responseP95Ms', atMost: 250 }
    const served = { measure: 'refusedShare', atMost: 0.01 }
    const many = { measure: 'hits', atLeast: 100 }
    expect(holds({ all: [fast, served] }, { responseP95Ms: 200, refusedShare: 0.02 })).toBe(false)
    expect(holds({ any: [fast, served] }, { responseP95Ms: 200, refusedShare: 0.02 })).toBe(true)
    expect(holds({ any: [{ all: [fast, many] }, served] }, { responseP95Ms: 200, hits: 99, refusedShare: 1 })).toBe(
      false,
    )
    expect([
      holds(fast, {}),
      holds({ all: [fast, served] }, { refusedShare: 1 }),
      holds({ any: [fast, served] }, { refusedShare: 0 }),
    ]).toEqual([undefined, false, true])
  })
})

describe('R30: the SLA database', () => {
  const book = new SlaBook([version('shop', 1, 0), version('shop', 2, 100, termsOf('shop', 3)), version('shop', 3, 50)])
  test('has in effect the newest version whose time has come', () => {
    expect([0, 49, 50, 99, 100].map((at) => book.at('shop', at)?.version)).toEqual([1, 1, 3, 3, 3])
    expect(book.changesAfter(0)).toEqual([50, 100])
  })
  test('says what an edit changes', () => {
    expect(
      differences(termsOf('shop', 1), termsOf('shop', 3)).map(({ path, before, after }) => [path, before, after]),
    ).toEqual([
      ['roles.0.committed', 1, 3],
      ['roles.1.committed', 1, 3],
    ])
  })
  test.each([
    ['a misspelt key', { roles: [{ group: 'shop/web', role: 'front', comitted: 1 }] }],
    [
      'a role twice',
      {
        roles: [
          { group: 'shop/web', role: 'front' },
          { group: 'shop/web', role: 'front' },
        ],
      },
    ],
    ['a price with five decimals', { roles: [{ group: 'shop/web', role: 'front', prices: { committed: 0.00001 } }] }],
    [
      'an unknown measure',
      { roles: [{ group: 'shop/web', role: 'front' }], objective: { measure: 'luck', atMost: 1 } },
    ],
    ['no roles', { roles: [] }],
  ])('refuses %s', (_what, terms) => expect(slaTerms.safeParse(terms).success).toBe(false))
})

describe('R37: admission', () => {
  const roles = [
    ['a', ['x']],
    ['b', ['x', 'y']],
    ['c', ['y']],
  ] as const
  /** By trying all ways to give blades to roles. */
  function fits(owed: readonly number[], blades: Readonly<Record<string, number>>, i = 0): boolean {
    const name = roles[i]
    if (name === undefined) return true
    const count = owed[i] ?? 0
    const [first = 'x', second] = name[1]
    for (let ofFirst = 0; ofFirst <= count; ofFirst += 1) {
      const ofSecond = count - ofFirst
      if (second === undefined && ofSecond > 0) continue
      const left = { ...blades, [first]: (blades[first] ?? 0) - ofFirst }
      if (second !== undefined) left[second] = (left[second] ?? 0) - ofSecond
      if (Object.values(left).every((rest) => rest >= 0) && fits(owed, left, i + 1)) return true
    }
    return false
  }
  const capacity = (over: Partial<Capacity>): Capacity => ({
    ...{ blades: { x: 3, y: 2 }, spares: 0, overbooking: 1 },
    boardTypesOf: (item) => roles.find(([name]) => item === `acme/${name}/r`)?.[1],
    ...over,
  })
  const bookOf = (owed: readonly number[], at = 0, expansion = 0) =>
    new SlaBook([
      version(
        'acme',
        1,
        at,
        slaTerms.parse({
          roles: roles.map(([name], i) => ({ group: `acme/${name}`, role: 'r', committed: owed[i], expansion })),
        }),
      ),
    ])
  const none = () => undefined

  test('lets in what fits and refuses what does not, over all board types', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }), (owed) => {
        const { refusals } = admit(bookOf(owed), capacity({}), 0, none)
        expect(refusals.length === 0).toBe(fits(owed, { x: 3, y: 2 }))
      }),
    ))
  test('keeps spares, and looks at what is still to come', () => {
    expect(admit(bookOf([2, 2, 1]), capacity({}), 0, none).refusals).toEqual([])
    expect(admit(bookOf([2, 2, 1]), capacity({ spares: 1 }), 0, none).refusals[0]).toMatchObject({
      code: 'SLA_OVERCOMMITTED',
    })
    expect(admit(bookOf([4, 0, 0], 500), capacity({}), 0, none).refusals[0]?.detail).toMatch(
      /1970-01-01T00:00:00\.500Z: x: 4 blades/,
    )
  })
  test('overbooks what is guaranteed by the stated factor only, and says what it risks', () => {
    expect(admit(bookOf([1, 1, 1], 0, 1), capacity({}), 0, none).refusals[0]).toMatchObject({ code: 'SLA_OVERBOOKED' })
    // Each of the three needs one more with probability 1/2; all three at once do not fit into five.
    expect(admit(bookOf([1, 1, 1], 0, 1), capacity({ overbooking: 1.2 }), 0, none)).toMatchObject({
      refusals: [],
      shortage: 0.125,
    })
    expect(
      chanceOfShortage(
        [
          [0.5, 0.5],
          [0, 0, 1],
        ],
        2,
      ),
    ).toBe(0.5)
  })
  test('R39: counts bandwidth and volumes too', () => {
    const terms = slaTerms.parse({ ...termsOf('shop'), bandwidth: { committed: 80, expansion: 40 } })
    const wide = capacity({ boardTypesOf: () => ['x'], bandwidth: 100 })
    expect(
      admit(new SlaBook([version('shop', 1, 0, terms)]), { ...wide, blades: { x: 9 } }, 0, none).refusals[0],
    ).toMatchObject({
      code: 'SLA_OVERBOOKED',
      numbers: { guaranteed: 120, has: 100 },
    })
  })
})

describe('R34: a recommendation', () => {
  const hour = 3_600_000
  const prices = { committed: 10, expansion: 14, extension: 20, entry: 5 }
  const levels = { committed: 4, guaranteed: 4, max: 6 }
  test('commits what is needed longer than it pays to ask for it', () => {
    const needed = new Map([
      [1, 20 * hour],
      [2, 60 * hour],
      [3, 19.99 * hour],
      [5, 0.01 * hour],
    ])
    const advice = recommend({ item: 'shop/web/front', levels, prices, needed })
    expect(advice?.next).toEqual({ committed: 2, guaranteed: 3, max: 6 })
    expect(advice && advice.costNext < advice.costNow).toBe(true)
  })
  test('never costs more than any other choice of levels', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 }),
        (times) => {
          const needed = new Map(times.map(([count, hours]) => [count, hours * hour]))
          const best = recommend({ item: 'i', levels, prices, needed })
          for (let committed = 0; committed <= 6; committed += 1) {
            const other = { committed, guaranteed: Math.max(committed, best?.next.guaranteed ?? 0), max: 99 }
            const cost = recommend({ item: 'i', levels: other, prices, needed })?.costNow ?? 0
            // Each line is rounded: a few hundredths.
            expect(best?.costNext).toBeLessThanOrEqual(cost + 8)
          }
        },
      ),
    ))
  test('is not given for ten minutes', () =>
    expect(recommend({ item: 'i', levels, prices, needed: new Map([[1, 599_999]]) })).toBeUndefined())
})
