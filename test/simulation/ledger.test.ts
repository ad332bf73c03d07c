// The ledger of a site that moves blades while its masters are killed, against the blades themselves, looked at as time goes by.
import { describe, expect, test } from 'vitest'
import type { Invoice } from '../../src/accounts/invoice.ts'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, leads, statusOf } from './demo-farm.ts'

const stepMs = 50

function invoicesOf(farm: Simulation, account: string): readonly Invoice[] {
  const said = farm.master().bill(account)
  if (!said.ok) throw new Error(said.code)
  return said.value
}

function servingMs(farm: Simulation, account: string): number {
  const lines = invoicesOf(farm, account).flatMap(({ lines: all }) => all)
  return lines.filter(({ what }) => what === 'hours').reduce((sum, { serving }) => sum + serving, 0)
}

/** Blades that the account's group serves with, times milliseconds. */
function watch(farm: Simulation, forMs: number, seen: Map<string, number>): void {
  for (let passed = 0; passed < forMs; passed += stepMs) {
    farm.runFor(stepMs)
    for (const { lifecycle, group } of statusOf(farm).blades)
      if (lifecycle === 'joined' && group !== null) seen.set(group, (seen.get(group) ?? 0) + stepMs)
  }
}

describe('R33: the ledger of a running site', () => {
  test('counts what served, across a killed leader, and is right to the byte on the one that follows', () => {
    const farm = broughtUp({ load: { shop: 450, news: 30 } })
    farm.runFor(2_000)
    const before = { shop: servingMs(farm, 'shop'), news: servingMs(farm, 'news') }
    const seen = new Map<string, number>()
    watch(farm, 20_000, seen)
    farm.crash('m1')
    expect(farm.runUntil(leads(farm, 'm2'), 2_000)).toBe(true)
    farm.load.setRate('shop', 40)
    watch(farm, 30_000, seen)
    for (const account of ['shop', 'news'] as const) {
      const counted = servingMs(farm, account) - before[account]
      const there = seen.get(`${account}/web`) ?? 0
      expect(there).toBeGreaterThan(60_000)
      // Looked at in steps, not while nobody led, and a drain ends serving before the blade says so.
      expect(Math.abs(counted - there) / there).toBeLessThan(0.05)
    }
    const report = answered(farm, (answer) => farm.master().audit(answer))
    expect(report).toMatchObject({ ok: true, value: { isRight: true, problems: [] } })
    // The configuration said the same before and after: there is one version of each agreement.
    expect(farm.master().sla('shop')).toMatchObject({ ok: true, value: { inEffect: 1, versions: [{ version: 1 }] } })
    expect(farm.violations()).toEqual([])
  })

  test('R34, R37: terms change at their instant, what does not fit is refused, and lower levels give blades back', () => {
    const farm = broughtUp({ load: { shop: 450, news: 30 } })
    farm.runFor(10_000)
    const heldBy = (group: string) => statusOf(farm).groups.find((one) => one.group === group)?.roles[0]?.held ?? 0
    expect(heldBy('shop/web')).toBeGreaterThan(3)
    const role = { group: 'shop/web', role: 'front' }
    const set = (levels: object, effectiveAt?: number) =>
      answered(farm, (answer) =>
        farm
          .master()
          .setSla(
            'shop',
            { terms: { roles: [{ ...role, ...levels }] }, ...(effectiveAt !== undefined && { effectiveAt }) },
            answer,
          ),
      )
    expect(set({ committed: 8 })).toMatchObject({ ok: false, code: 'SLA_REFUSED' })
    expect(set({ comitted: 8 })).toMatchObject({ ok: false, code: 'SLA_INVALID' })
    const at = farm.clock.now() + 5_000
    expect(set({ committed: 2, expansion: 1 }, at)).toMatchObject({ ok: true, value: { version: 2 } })
    farm.runFor(4_000)
    expect(heldBy('shop/web')).toBeGreaterThan(3)
    farm.runFor(12_000)
    expect(heldBy('shop/web')).toBe(3)
    expect(farm.violations()).toEqual([])
  })
})
