// R25, R46: a blade that is not trusted stays out, whoever leads: until an operator lets it back, and no longer.
import { expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { bladeOf, broughtUp, demoConfig, leads } from './demo-farm.ts'

const pooled = 'c02-s02'
const is = (farm: Simulation, lifecycle: string) => () => bladeOf(farm, pooled)?.lifecycle === lifecycle

/** What it held cannot be wiped. */
function withQuarantine(): Simulation {
  const farm = broughtUp({ grain: 'coarse', load: { shop: 20, news: 20 } })
  farm.runFor(2_500)
  expect(answered(farm, (answer) => farm.master().move(pooled, 'news/web', {}, answer)).ok).toBe(true)
  expect(farm.runUntil(is(farm, 'joined'), 10_000)).toBe(true)
  farm.hardware.faults.scrubLeavesData(pooled, true)
  farm.master().drain(pooled, {}, () => {})
  expect(farm.runUntil(is(farm, 'quarantined'), 120_000)).toBe(true)
  farm.hardware.faults.scrubLeavesData(pooled, false)
  farm.runFor(1_000)
  return farm
}

test('R25: the next leader does not trust it either, and says why', () => {
  const farm = withQuarantine()
  const why = bladeOf(farm, pooled)?.quarantineReason
  expect(why).toContain('SCRUB_INCOMPLETE')
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  farm.runFor(20_000)
  expect(bladeOf(farm, pooled)).toMatchObject({ lifecycle: 'quarantined', quarantineReason: why })
  expect(farm.violations()).toEqual([])
})

test('R46: nor does a site whose masters both begin anew', () => {
  const farm = withQuarantine()
  farm.crash('m1')
  farm.crash('m2')
  farm.runFor(3_000)
  farm.restart('m1')
  expect(farm.runUntil(leads(farm, 'm1'), 10_000)).toBe(true)
  farm.runFor(5_000)
  expect(is(farm, 'quarantined')()).toBe(true)
})

test('R43: what an operator let back stays let back', () => {
  const farm = withQuarantine()
  expect(answered(farm, (answer) => farm.master().release(pooled, answer)).ok).toBe(true)
  expect(farm.runUntil(() => !is(farm, 'quarantined')(), 1_000)).toBe(true)
  farm.runFor(1_000)
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  farm.runFor(5_000)
  expect(is(farm, 'quarantined')()).toBe(false)
})

test('R25: a blade that flaps gets another chance after a time, scrubbed, and after twice that the next time, whoever leads', () => {
  const config = demoConfig('  quarantine: { firstMs: 60000, maxMs: 3600000, forgetMs: 3600000 }\n')
  const farm = broughtUp({ config, grain: 'coarse', load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) farm.master().hold(group, true, () => {})
  farm.runFor(2_500)
  const master = () => farm.master()
  function flap(): void {
    for (let times = 1; times <= 3; times += 1) {
      expect(answered(farm, (answer) => master().move(pooled, 'news/web', {}, answer))).toMatchObject({ ok: true })
      expect(farm.runUntil(is(farm, 'joined'), 60_000)).toBe(true)
      farm.hardware.kill(pooled)
      expect(farm.runUntil(is(farm, times < 3 ? 'failed' : 'quarantined'), 60_000)).toBe(true)
      if (times === 3) return
      answered(farm, (answer) => master().drain(pooled, {}, answer))
      expect(farm.runUntil(is(farm, 'cold'), 60_000)).toBe(true)
      answered(farm, (answer) => master().cordon(pooled, false, answer))
      farm.runFor(500)
    }
  }
  flap()
  expect(bladeOf(farm, pooled)?.quarantineReason).toContain('3 times')
  farm.runFor(50_000)
  expect(is(farm, 'quarantined')()).toBe(true)
  expect(farm.runUntil(() => !is(farm, 'quarantined')(), 15_000)).toBe(true)
  expect(farm.runUntil(is(farm, 'cold'), 30_000)).toBe(true)
  expect(bladeOf(farm, pooled)?.hasReceipt).toBe(true)
  flap()
  farm.runFor(1_000)
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  farm.runFor(100_000)
  expect(is(farm, 'quarantined')()).toBe(true)
  expect(farm.runUntil(() => !is(farm, 'quarantined')(), 25_000)).toBe(true)
  expect(farm.violations()).toEqual([])
})
