// Two site masters on a virtual clock: the one that leads dies, stands alone, or loses sight of half the site.
import { describe, expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, leads, statusOf } from './demo-farm.ts'

const blade = 'c03-s01'
/** A move from the pool to news takes about 600 ms. */
const instantsMs = Array.from({ length: 16 }, (_, index) => index * 41 + 1)

function quietFarm(): Simulation {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) farm.master().hold(group, true, () => {})
  farm.runFor(2_500)
  expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'leading', redundancy: 'paired' })
  return farm
}

function beginMove(farm: Simulation): void {
  farm.master().move(blade, 'news/web', {}, (answer) => {
    if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail}`)
  })
}

const placesOf = (farm: Simulation) =>
  statusOf(farm).blades.map(({ blade: one, lifecycle, group }) => [one, lifecycle, group])

describe('a leader that is killed in a move', () => {
  test.each(instantsMs)(
    'R41: %d ms into it: the other goes on at the step where it was, and repeats nothing',
    (instantMs) => {
      const farm = quietFarm()
      beginMove(farm)
      farm.runFor(instantMs)
      farm.crash('m1')
      expect(farm.runUntil(leads(farm, 'm2'), 300)).toBe(true)
      farm.runFor(10_000)
      const { moves, master } = statusOf(farm)
      expect({ moves, redundancy: master.redundancy }).toEqual({ moves: [], redundancy: 'alone' })
      const moved = statusOf(farm).blades.find((one) => one.blade === blade)
      // What was not durable when it died was never decided.
      if (moved?.group === 'news/web') {
        expect(moved.lifecycle).toBe('joined')
        expect(farm.hardware.contents(blade)).toMatchObject({ image: 'news/web', network: 'news/web' })
        expect(farm.hardware.contents(blade).bootId).toMatch(/\.1$/)
      } else expect(instantMs).toBeLessThan(10)
      expect(farm.violations()).toEqual([])
    },
  )
})

test('R41: without anybody who saw it end, its lease is waited for, and no longer', () => {
  const farm = quietFarm()
  const before = placesOf(farm)
  const diedAt = farm.clock.monotonic()
  farm.crash('m1', { isNoticed: false })
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  expect(farm.clock.monotonic() - diedAt).toBeLessThanOrEqual(1_150)
  expect(placesOf(farm)).toEqual(before)
})

test('R41: a lost master that comes back catches up, and can take over in its turn', () => {
  const farm = quietFarm()
  farm.crash('m1')
  farm.runFor(1_000)
  beginMove(farm)
  farm.runFor(5_000)
  farm.restart('m1')
  expect(farm.runUntil(() => statusOf(farm).master.redundancy === 'paired', 5_000)).toBe(true)
  // Until all agents have called it again.
  farm.runFor(2_000)
  const before = placesOf(farm)
  farm.crash('m2')
  expect(farm.runUntil(leads(farm, 'm1'), 300)).toBe(true)
  expect(placesOf(farm)).toEqual(before)
  expect(farm.violations()).toEqual([])
})

test('R43: a master that misses what was done never leads by itself, and says so; the one that has it does', () => {
  const farm = quietFarm()
  farm.crash('m2')
  farm.runFor(1_000)
  beginMove(farm)
  farm.runFor(5_000)
  const before = placesOf(farm)
  farm.crash('m1')
  farm.restart('m2')
  farm.runFor(20_000)
  const { master } = statusOf(farm)
  expect(master).toMatchObject({ node: 'm2', state: 'standby' })
  expect(master.why).toMatch(/misses what was done after record \d+/)
  farm.restart('m1')
  expect(farm.runUntil(leads(farm, 'm1'), 5_000)).toBe(true)
  expect(placesOf(farm)).toEqual(before)
  expect(farm.runUntil(() => statusOf(farm).master.redundancy === 'paired', 5_000)).toBe(true)
})

test('R46: both killed while in sync: the second alone comes back, and adopts the farm as it is', () => {
  const farm = quietFarm()
  const before = placesOf(farm)
  farm.crash('m1')
  farm.crash('m2')
  farm.runFor(2_000)
  farm.restart('m2')
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  expect(placesOf(farm)).toEqual(before)
  expect(farm.balancer.read('news/web')).toHaveLength(3)
  expect(farm.violations()).toEqual([])
})

/** A new disk in the place of a lost one. */
function loseDisk(farm: Simulation, node: string): void {
  const disk = farm.disk(node)
  disk.list((files) => {
    if (files.ok) for (const file of files.value) disk.remove(file, () => {})
  })
  farm.runFor(50)
}

test('R43: a master that lost its journal does not lead on what it does not know; an operator may tell it to', () => {
  const farm = quietFarm()
  const before = placesOf(farm)
  farm.crash('m1')
  farm.crash('m2')
  farm.runFor(1_000)
  loseDisk(farm, 'm1')
  farm.restart('m1')
  farm.runFor(20_000)
  expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'standby' })
  expect(farm.trace().some((line) => line.includes('"pair.memory.lost"'))).toBe(true)
  expect(answered(farm, (answer) => farm.master().adopt(answer))).toMatchObject({ ok: true, value: { node: 'm1' } })
  expect(farm.runUntil(leads(farm, 'm1'), 5_000)).toBe(true)
  expect(placesOf(farm)).toEqual(before)
  farm.restart('m2')
  expect(farm.runUntil(() => statusOf(farm).master.redundancy === 'paired', 5_000)).toBe(true)
  farm.runFor(2_000)
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 500)).toBe(true)
  expect(placesOf(farm)).toEqual(before)
  expect(farm.violations()).toEqual([])
})

test('R41: a planned hand-over leaves no gap', () => {
  const farm = quietFarm()
  const began = farm.clock.monotonic()
  const answer = answered(farm, (answer) => farm.master().handover({}, answer))
  expect(answer).toMatchObject({ ok: true, value: { node: 'm1' } })
  expect(farm.runUntil(leads(farm, 'm2'), 500)).toBe(true)
  expect(farm.clock.monotonic() - began).toBeLessThanOrEqual(100)
  expect(farm.runUntil(() => statusOf(farm).master.redundancy === 'paired', 5_000)).toBe(true)
})

test('R42: a standby that sees half of the site deposes nobody', () => {
  const farm = quietFarm()
  for (const node of ['m1', 'a01', 'lb']) farm.network.cut('m2', node)
  farm.runFor(10_000)
  expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'leading', epoch: 1 })
  for (const node of ['m1', 'a01', 'lb']) farm.network.heal('m2', node)
  expect(farm.runUntil(() => statusOf(farm).master.redundancy === 'paired', 5_000)).toBe(true)
})

test('R42: a leader that sees no majority of the boards stops leading; the one that does takes over', () => {
  const farm = quietFarm()
  const before = placesOf(farm)
  for (const node of ['m2', 'a01', 'a02']) farm.network.cut('m1', node)
  expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
  farm.runFor(5_000)
  expect(placesOf(farm)).toEqual(before)
  expect(farm.violations()).toEqual([])
})
