// R03: what a move does when a step has failed: it waits before it tries again, and on its way out it takes back what it did.
import { expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import { createFaultInjector } from '../../src/testing/inject-faults.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, statusOf } from './demo-farm.ts'

interface StepEvent {
  readonly event: string
  readonly step?: string
  readonly attempt?: number
  readonly blade?: string
  readonly t: number
}

function eventsOf(farm: Simulation, blade: string): StepEvent[] {
  return farm
    .trace()
    .filter((line) => line.includes(blade) && line.includes('"move.'))
    .map((line) => JSON.parse(line) as StepEvent)
    .filter((one) => one.blade === blade && one.event.startsWith('move.'))
}

function quietFarm(): Simulation {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) farm.master().hold(group, true, () => {})
  farm.runFor(2_500)
  return farm
}

/** Looked at every few milliseconds: the trace grows long. */
function passedUntil(farm: Simulation, isSo: () => boolean, withinMs: number): boolean {
  for (let passedMs = 0; passedMs < withinMs; passedMs += 5) {
    if (isSo()) return true
    farm.runFor(5)
  }
  return isSo()
}

function begin(farm: Simulation, blade: string, group: string): void {
  const answer = answered(farm, (given) => farm.master().move(blade, group, {}, given))
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail}`)
}

test('between two attempts it waits, the second time longer: a board that is ill is not flooded', () => {
  const farm = quietFarm()
  createFaultInjector(farm).begin({ atMs: 0, forMs: null, kind: 'fault', fault: 'powerFails', blade: 'c03-s01' })
  begin(farm, 'c03-s01', 'news/web')
  farm.runFor(20_000)
  const powerOns = eventsOf(farm, 'c03-s01').filter(({ step }) => step === 'powerOn')
  const at = (event: string, attempt: number) =>
    powerOns.find((one) => one.event === event && one.attempt === attempt)?.t ?? Number.NaN
  const waits = [1, 2].map((attempt) => at('move.step.began', attempt + 1) - at('move.step.ended', attempt))
  expect(waits[0]).toBeGreaterThanOrEqual(75)
  expect(waits[0]).toBeLessThan(130)
  expect(waits[1]).toBeGreaterThanOrEqual(150)
  expect(waits[1]).toBeLessThan(260)
})

test('a move whose join failed leaves the list that it may have come on: its new group’s', () => {
  const farm = quietFarm()
  const blade = statusOf(farm).blades.find(({ group }) => group === 'news/web')?.blade ?? ''
  const since = farm.clock.monotonic()
  const has = (event: string, step?: string) => () =>
    eventsOf(farm, blade).some((one) => one.t > since && one.event === event && one.step === step)
  begin(farm, blade, 'shop/web')
  expect(passedUntil(farm, has('move.step.began', 'probe'), 30_000)).toBe(true)
  farm.crash('lb')
  expect(passedUntil(farm, has('move.rollback.began'), 120_000)).toBe(true)
  farm.restart('lb')
  const wayOutMs = farm.clock.monotonic()
  const scrubs = () => eventsOf(farm, blade).some(({ t, step }) => t > wayOutMs && step === 'scrub')
  expect(passedUntil(farm, scrubs, 60_000)).toBe(true)
  const shop = statusOf(farm).groups.find(({ group }) => group === 'shop/web')
  expect(shop?.members.map((member) => member.blade)).not.toContain(blade)
  farm.runFor(10_000)
  expect(statusOf(farm).moves).toEqual([])
  expect(farm.violations()).toEqual([])
})
