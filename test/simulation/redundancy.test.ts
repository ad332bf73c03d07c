// R41: the time without a second master is measured, by whoever leads, and outlives each of them.
import { expect, test } from 'vitest'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, leads, statusOf } from './demo-farm.ts'

/** At each tick it is looked at. */
const tickMs = 300

function pairedFarm(): Simulation {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  // What it took both to find each other at the start.
  farm.runFor(2_500)
  expect(alarmsOf(farm)).toEqual([])
  return farm
}

const without = (farm: Simulation) => {
  const { withoutRedundancy } = statusOf(farm).master
  if (withoutRedundancy === null) throw new Error('nobody leads')
  return withoutRedundancy
}
const alarmsOf = (farm: Simulation) => statusOf(farm).alarms.map(({ alarm }) => alarm)
const isPaired = (farm: Simulation) => () =>
  farm.status()?.master.redundancy === 'paired' && alarmsOf(farm).length === 0

/** The standby is away for so long, and the measured time of it is within a tick of the real one. */
function standbyIsAway(farm: Simulation, node: string, ms: number): number {
  const beganAt = farm.clock.monotonic()
  farm.crash(node)
  farm.runFor(ms)
  expect(alarmsOf(farm)).toEqual(['NO_REDUNDANCY'])
  farm.restart(node)
  expect(farm.runUntil(isPaired(farm), 10_000)).toBe(true)
  return farm.clock.monotonic() - beganAt
}

test('R41: while the standby is away an alarm stands; how long it was is known afterwards', () => {
  const farm = pairedFarm()
  const before = without(farm)
  const tookMs = standbyIsAway(farm, 'm2', 7_000)
  const after = without(farm)
  expect(after.times).toBe(before.times + 1)
  expect(after.since).toBeNull()
  expect(Math.abs((after.lastMs ?? 0) - tookMs)).toBeLessThan(tickMs)
  expect(after.totalMs - before.totalMs).toBeCloseTo(after.lastMs ?? 0)
})

test('R41: of a leader that dies the time counts from its last sign of life, also before anybody has noticed', () => {
  const farm = pairedFarm()
  const before = without(farm)
  const diedAt = farm.clock.now()
  farm.crash('m1', { isNoticed: false })
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  farm.runFor(tickMs)
  const { since, times } = without(farm)
  expect(times).toBe(before.times + 1)
  expect(Math.abs((since ?? 0) - diedAt)).toBeLessThan(150)
})

test('R41: a takeover forgets none of it, nor does a second one', () => {
  const farm = pairedFarm()
  standbyIsAway(farm, 'm2', 5_000)
  const first = without(farm)
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 1_000)).toBe(true)
  farm.runFor(3_000)
  const second = without(farm)
  expect(second).toMatchObject({ times: first.times + 1, lastMs: first.lastMs })
  expect(second.totalMs).toBeGreaterThanOrEqual(first.totalMs + 3_000)
  farm.crash('m2')
  farm.runFor(2_000)
  farm.restart('m2')
  expect(farm.runUntil(leads(farm, 'm2'), 10_000)).toBe(true)
  farm.restart('m1')
  expect(farm.runUntil(isPaired(farm), 10_000)).toBe(true)
  const last = without(farm)
  // One time: nobody came back in between.
  expect(last.times).toBe(second.times)
  expect(last.since).toBeNull()
  expect(last.totalMs).toBeGreaterThanOrEqual(second.totalMs + 2_000)
  expect(farm.violations()).toEqual([])
})

test('a standby that runs and does not keep up is no redundancy either', () => {
  const farm = pairedFarm()
  const before = without(farm)
  farm.disk('m2').slow(2_000)
  farm.master().cordon('c03-s02', true, () => {})
  expect(farm.runUntil(() => alarmsOf(farm).includes('NO_REDUNDANCY'), 3_000)).toBe(true)
  farm.disk('m2').slow(1)
  expect(farm.runUntil(isPaired(farm), 20_000)).toBe(true)
  expect(without(farm).times).toBeGreaterThan(before.times)
})
