import { describe, expect, test } from 'vitest'
import { Ledger } from '../../../src/accounts/ledger.ts'
import { slaTerms } from '../../../src/accounts/sla-terms.ts'
import { holdingCap } from '../../../src/accounts/spend-guard.ts'
import { slaSetEntry } from './ledger-script.ts'

const item = 'shop/web/front'
const hour = 3_600_000

function ledgerWith(conditions: object, entries: readonly (readonly [at: number, entry: object])[] = []): Ledger {
  const terms = slaTerms.parse({
    ...{ period: 'day', ...conditions },
    roles: [{ group: 'shop/web', role: 'front', committed: 1, expansion: 2, extension: 5 }],
  })
  const ledger = new Ledger()
  for (const [i, [at, entry]] of [[0, slaSetEntry('shop', 1, 0, terms)] as const, ...entries].entries())
    ledger.take({ index: i + 1, at, entry: entry as { type: string } })
  return ledger
}

const found = (n: number) => ({
  type: 'allocation.found',
  blade: `c01-s0${n}`,
  place: { group: 'shop/web', role: 'front' },
})
const tick = { type: 'whatever' }

describe('R37: a flood does not become a bill', () => {
  test('without limits nothing is looked at', () => {
    const held = () => {
      throw new Error('asked')
    }
    expect(holdingCap(ledgerWith({}), item, held, 0)).toBeUndefined()
  })

  test('growth ends when the rest of the period has no room for another hour, and all but the commitment goes when it has none', () => {
    // A committed day costs 240; two blades above it cost 28 an hour and 5 to enter.
    const held: [number, object][] = [
      [0, found(1)],
      [0, found(2)],
      [0, found(3)],
    ]
    const early = ledgerWith({ spendCap: 400 }, [...held, [hour, tick]])
    expect(holdingCap(early, item, () => 3, hour)).toBeUndefined()
    const late = ledgerWith({ spendCap: 400 }, [...held, [4 * hour, tick]])
    expect(holdingCap(late, item, () => 3, 4 * hour)).toMatchObject({ level: 3, reason: { code: 'SPEND_CAP' } })
    const over = ledgerWith({ spendCap: 400 }, [...held, [6 * hour, tick]])
    expect(holdingCap(over, item, () => 3, 6 * hour)).toMatchObject({ level: 1, reason: { code: 'SPEND_CAP' } })
    const consented = ledgerWith({ spendCap: 400 }, [
      ...held,
      [6 * hour, { type: 'sla.consented', account: 'shop', upTo: 9_000 }],
    ])
    expect(holdingCap(consented, item, () => 3, 6 * hour)).toBeUndefined()
    // Consent is for the period that runs.
    consented.advance(25 * hour)
    expect(consented.periods('shop').at(-1)?.consentedTo).toBeNull()
  })

  test('requests add no more blades within an hour than was agreed, and the commitment is owed all the same', () => {
    const to = { kind: 'group', group: 'shop/web', role: 'front' }
    const move = (n: number, cause: string) => ({ move: `mv-${n}`, blade: `c01-s0${n}`, from: null, to, cause })
    const moves = [move(1, 'request'), move(2, 'request'), move(3, 'failure')]
    const ledger = ledgerWith({ growthPerHour: 2 }, [[1_000, { type: 'decision.made', moves }]])
    expect(holdingCap(ledger, item, () => 3, 2_000)).toMatchObject({ level: 3, reason: { code: 'GROWTH_LIMIT' } })
    expect(holdingCap(ledger, item, () => 0, 2_000)).toMatchObject({ level: 1 })
    expect(holdingCap(ledger, item, () => 3, 1_000 + hour)).toMatchObject({ level: 5 })
  })
})
