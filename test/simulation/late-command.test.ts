// P9: a command that waited for the disk is carried out only if the lease that it came under still runs.
import { expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import { createFaultInjector } from '../../src/testing/inject-faults.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, statusOf } from './demo-farm.ts'

const blade = 'c03-s01'
/** The leases are of one second. */
const pauseMs = 3_000

function begun() {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) farm.master().hold(group, true, () => {})
  farm.runFor(2_500)
  createFaultInjector(farm).begin({ atMs: 0, forMs: null, kind: 'disk', node: 'a03', fault: 'slow' })
  const given = answered(farm, (answer) => farm.master().move(blade, 'news/web', {}, answer))
  if (!given.ok) throw new Error(given.detail)
  return farm
}

function performed(farm: Simulation): string[] {
  const lines = farm.trace().filter((line) => line.includes('"board.performing"') && line.includes(blade))
  return lines.map((line) => String(JSON.parse(line).key)).filter((key) => key.includes('setPointers'))
}

/** The agent stands still while its last call to the disk, for the first command of a move, is under way. */
function performedAfterPause(forMs: number): string[] {
  const undisturbed = begun()
  const from = undisturbed.clock.monotonic()
  expect(undisturbed.runUntil(() => performed(undisturbed).length > 0, 1_000)).toBe(true)
  const tookMs = undisturbed.clock.monotonic() - from
  const farm = begun()
  farm.runFor(tookMs - 5)
  expect(performed(farm)).toEqual([])
  farm.pause('a03')
  farm.runFor(forMs)
  farm.resume('a03')
  farm.runFor(20_000)
  expect(statusOf(farm).moves).toEqual([])
  expect(farm.violations()).toEqual([])
  return performed(farm)
}

test('R42: one whose lease ran out while its disk was slow is not carried out; it is asked anew', () => {
  expect(performedAfterPause(pauseMs)).toEqual([expect.stringMatching(/setPointers\/2$/)])
})

test('one whose lease still runs is', () => {
  expect(performedAfterPause(100)).toEqual([expect.stringMatching(/setPointers\/1$/)])
})
