import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { audit } from '../../../src/accounts/audit.ts'
import { invoiceOf } from '../../../src/accounts/invoice.ts'
import { emptyLedger, Ledger, type LedgerLine, type LedgerState } from '../../../src/accounts/ledger.ts'
import type { LedgerRecord } from '../../../src/accounts/ledger-records.ts'
import { slaTerms } from '../../../src/accounts/sla-terms.ts'
import { history, items, slaSetEntry, tell, termsOf } from './ledger-script.ts'

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

function run(records: readonly LedgerRecord[], state: LedgerState = emptyLedger) {
  const ledger = new Ledger(state)
  const lines = records.flatMap((record) => ledger.take(record))
  return { ledger, lines }
}

/** Over all periods and versions. */
function totals(ledger: Ledger, item: string) {
  const account = item.slice(0, item.indexOf('/'))
  const all = ledger
    .periods(account)
    .flatMap((bucket) => [...bucket.totals.values()].filter((one) => one.item === item))
  return {
    allocated: all.reduce((sum, { allocatedMs }) => sum + allocatedMs, 0),
    serving: all.reduce((sum, { servingMs }) => sum + servingMs, 0),
  }
}

describe('R33: the ledger', () => {
  test('is the integral of the allocation history, whatever moves and whenever they stop', () =>
    fc.assert(
      fc.property(history, (drawn) => {
        const told = tell(drawn)
        const { ledger } = run(told.records)
        for (const item of items)
          expect({ item, ...totals(ledger, item) }).toEqual({
            ...{ item, allocated: told.allocated.get(item) ?? 0, serving: told.serving.get(item) ?? 0 },
          })
      }),
      { numRuns: 300 },
    ))

  test('is the same to the byte when its master dies after any record and another goes on from a snapshot', () =>
    fc.assert(
      fc.property(history, fc.array(fc.nat(400), { maxLength: 4 }), (drawn, cuts) => {
        const { records } = tell(drawn)
        const whole = run(records)
        let state: LedgerState = emptyLedger
        const lines: LedgerLine[] = []
        const stops = [...new Set([...cuts.map((cut) => cut % records.length), records.length])].sort((a, b) => a - b)
        let from = 0
        for (const to of stops) {
          const part = run(records.slice(from, to), asJson(state))
          lines.push(...part.lines)
          state = part.ledger.state()
          from = to
        }
        expect(lines).toEqual(whole.lines)
        expect(asJson(state)).toEqual(asJson(whole.ledger.state()))
      }),
      { numRuns: 100 },
    ))

  test('closes an invoice at the end of each period, and what is held goes on in the next', () => {
    const start = Date.UTC(2026, 0, 31, 22)
    const found = { type: 'allocation.found', blade: 'c01-s01', place: { group: 'shop/web', role: 'front' } }
    const { ledger, lines } = run([
      { index: 1, at: start, entry: slaSetEntry('shop', 1, start) },
      { index: 2, at: start, entry: found },
      { index: 3, at: start + 5 * 3_600_000, entry: { type: 'whatever' } },
    ])
    const hours = ledger.periods('shop').map((bucket) => invoiceOf(bucket, ledger.book, false).lines[0]?.quantity)
    expect(hours).toEqual([2 * 3_600_000, 3 * 3_600_000])
    expect(lines.filter(({ text }) => text.includes('"kind":"period"'))).toHaveLength(1)
  })

  test('new terms count from their instant on, though nothing happens then', () => {
    const dear = slaTerms.parse({
      roles: [{ group: 'shop/web', role: 'front', committed: 1, prices: { committed: 100 } }],
    })
    const { ledger } = run([
      { index: 1, at: 0, entry: slaSetEntry('shop', 1, 0) },
      {
        index: 2,
        at: 0,
        entry: { type: 'allocation.found', blade: 'c01-s01', place: { group: 'shop/web', role: 'front' } },
      },
      { index: 3, at: 10, entry: slaSetEntry('shop', 2, 3_600_000, dear) },
      { index: 4, at: 7_200_000, entry: { type: 'whatever' } },
    ])
    const [bucket] = ledger.periods('shop')
    const lines = bucket ? invoiceOf(bucket, ledger.book, true).lines : []
    expect(lines.map(({ version, quantity, amount }) => ({ version, quantity, amount }))).toEqual([
      { version: 1, quantity: 3_600_000, amount: 10 },
      { version: 2, quantity: 3_600_000, amount: 100 },
    ])
  })

  test('charges the entry of a level once, and not again to who is back within the hour', () => {
    const blade = (n: number, isHeld: boolean) => ({
      type: 'allocation.found',
      blade: `c01-s0${n}`,
      place: isHeld ? { group: 'shop/web', role: 'front' } : null,
    })
    const script: [number, object][] = [
      [0, slaSetEntry('shop', 1, 0)],
      [0, blade(1, true)],
      [0, blade(2, true)],
      [60_000, blade(2, false)],
      [120_000, blade(2, true)],
      [180_000, blade(2, false)],
      [5_000_000, blade(2, true)],
    ]
    const { ledger } = run(
      script.map(([at, entry], i) => ({ index: i + 1, at, entry: entry as LedgerRecord['entry'] })),
    )
    const [bucket] = ledger.periods('shop')
    const entries = bucket && invoiceOf(bucket, ledger.book, true).lines.filter(({ what }) => what === 'entry')
    expect(entries?.map(({ level, quantity, amount }) => ({ level, quantity, amount }))).toEqual([
      { level: 'expansion', quantity: 2, amount: 10 },
    ])
  })

  test('credits the minutes in which a guaranteed level was short while the objective was broken, and no others', () => {
    const terms = slaTerms.parse({
      ...termsOf('shop', 2, 1),
      objective: { measure: 'responseP95Ms', atMost: 250 },
      credit: { committed: 7, expansion: 3 },
    })
    const usage = (responseP95Ms: number, desired: number) => ({
      type: 'usage.measured',
      periodMs: 60_000,
      groups: [{ group: 'shop/web', measures: { responseP95Ms }, roles: [{ role: 'front', desired }] }],
    })
    const script = [
      slaSetEntry('shop', 1, 0, terms),
      { type: 'allocation.found', blade: 'c01-s01', place: { group: 'shop/web', role: 'front' } },
      usage(100, 2),
      usage(300, 2),
      usage(300, 1),
      { type: 'allocation.found', blade: 'c01-s02', place: { group: 'shop/web', role: 'front' } },
      usage(300, 5),
    ]
    const { ledger } = run(
      script.map((entry, i) => ({ index: i + 1, at: i * 60_000, entry: entry as LedgerRecord['entry'] })),
    )
    const [bucket] = ledger.periods('shop')
    const credits = bucket && invoiceOf(bucket, ledger.book, true).lines.filter(({ what }) => what === 'credit')
    expect(credits?.map(({ level, quantity, amount }) => ({ level, quantity, amount }))).toEqual([
      { level: 'committed', quantity: 60_000, amount: -7 },
      { level: 'expansion', quantity: 60_000, amount: -3 },
    ])
  })
})

describe('R33: the audit', () => {
  const { records } = tell(fc.sample(history, { numRuns: 1, seed: 12 })[0] ?? [])
  const { lines } = run(records)
  const page = (kept: readonly LedgerLine[]) => (after: number) => kept.filter(({ line }) => line > after).slice(0, 3)

  test('finds nothing where nothing is wrong, from the beginning and from a snapshot', () => {
    expect(lines.length).toBeGreaterThan(8)
    expect(audit({ base: emptyLedger, records, page: page(lines) })).toMatchObject({
      isRight: true,
      checked: lines.length,
    })
    const half = Math.floor(records.length / 2)
    const base = run(records.slice(0, half)).ledger.state()
    const report = audit({ base, records: records.slice(half), page: page(lines) })
    expect(report).toMatchObject({ isRight: true, checked: lines.length, recomputed: lines.length - base.lines })
  })

  test.each(lines.map(({ line }) => line).filter((line) => line % 4 === 1))(
    'finds that line %i was changed, dropped or doubled',
    (line) => {
      const base = run(records.slice(0, 2)).ledger.state()
      const rest = { base, records: records.slice(2) }
      const changed = lines.map((one) =>
        one.line === line ? { ...one, text: one.text.replace(/"at":\d/, '"at":9') } : one,
      )
      const dropped = lines.filter((one) => one.line !== line)
      expect(audit({ ...rest, page: page(changed) }).isRight).toBe(false)
      // The oldest lines may be gone: they are not kept for ever.
      expect(audit({ ...rest, page: page(dropped) }).isRight).toBe(line === 1 && base.lines >= 1)
      const added = [...lines, { line: lines.length + 1, text: lines.at(-1)?.text ?? '' }]
      expect(audit({ ...rest, page: page(added) }).isRight).toBe(false)
    },
  )
})
