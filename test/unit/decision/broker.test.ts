import { describe, expect, test } from 'vitest'
import { chooseLender, degreesEast, type SiteReport } from '../../../src/decision/broker.ts'

const site = (name: string, longitude: number, more: Partial<SiteReport> = {}): SiteReport => ({
  site: name,
  longitude,
  spare: 2,
  groups: ['shop/web'],
  at: 1_000,
  ...more,
})
const munich = site('munich', 11.6)
const wish = { site: 'munich', group: 'shop/web', count: 3 }
const choose = (...others: SiteReport[]) => chooseLender(wish, [munich, ...others], 5_000, 2_000)

describe('R51: who lends', () => {
  test('R51: the nearest to the east, as far as it can', () => {
    const { lender, count, rejected } = choose(site('denver', -105), site('tokyo', 139.7), site('delhi', 77.2))
    expect([lender, count]).toEqual(['delhi', 2])
    expect(rejected.map(({ site: name, reason }) => [name, reason.code])).toEqual([
      ['tokyo', 'FURTHER_EAST'],
      ['denver', 'FURTHER_EAST'],
    ])
  })

  test('R51: a site without the data, without a spare blade, or unheard of is rejected, each for its reason', () => {
    const { lender, rejected } = choose(
      site('cairo', 31, { groups: ['news/web'] }),
      site('delhi', 77, { spare: 0 }),
      site('tokyo', 140, { at: -9_000 }),
    )
    expect(lender).toBeNull()
    expect(rejected.map(({ site: name, reason }) => [name, reason.code])).toEqual([
      ['cairo', 'NO_DATA'],
      ['delhi', 'NOTHING_SPARE'],
      ['tokyo', 'SITE_SILENT'],
    ])
  })

  test('R51: nobody lends to itself, and a borrower that never reported where it is gets nothing', () => {
    expect(choose().lender).toBeNull()
    expect(chooseLender(wish, [site('delhi', 77)], 5_000, 2_000)).toMatchObject({ lender: null, count: 0 })
  })

  test('R51: the choice does not depend on the order of reports', () => {
    const all = [site('b', 50, { spare: 1 }), site('a', 50, { spare: 1 }), site('c', 50, { spare: 3 })]
    expect([choose(...all).lender, choose(...all.reverse()).lender]).toEqual(['c', 'c'])
    expect(choose(site('b', 50), site('a', 50)).lender).toBe('a')
  })

  test('R51: east is counted around the globe', () => {
    expect([degreesEast(170, -170), degreesEast(-170, 170), degreesEast(-180, 180), degreesEast(10, 20)]).toEqual([
      20, 340, 0, 10,
    ])
  })
})
