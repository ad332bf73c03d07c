// The least farm of claim 11, request by request: five servers, two for each of two accounts, one for the site master.

import { expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import { generatedFarm } from '../../src/testing/generated-farms.ts'
import { createSimulation, type Simulation } from '../../src/testing/simulation.ts'

function farmOfFive(name: 'five' | 'five-paired'): Simulation {
  const farm = createSimulation({
    seed: 4,
    config: generatedFarm(name),
    load: { shop: 120, news: name === 'five' ? 120 : 60 },
  })
  farm.runFor(15_000)
  return farm
}

const statusOf = (farm: Simulation) => farm.master().status()
const serving = (farm: Simulation, group: string) =>
  statusOf(farm)
    .blades.filter((one) => one.group === group && one.lifecycle === 'joined')
    .map(({ blade }) => blade)

test('R47: with one server for the site master, four are measured and serve, two for each account', () => {
  const farm = farmOfFive('five')
  const { blades, groups } = statusOf(farm)
  expect(blades.map(({ carries }) => carries)).toEqual(['m1', null, null, null, null])
  expect([serving(farm, 'shop/web').length, serving(farm, 'news/web').length]).toEqual([2, 2])
  expect(groups.every(({ roles }) => roles.every(({ wish }) => wish !== null))).toBe(true)
  for (const { blade, carries } of blades)
    expect(farm.hardware.contents(blade).groups.length).toBe(carries === null ? 1 : 0)
})

test("R47: in response to what is measured a server of one account becomes the other's, with its software and data", () => {
  const farm = farmOfFive('five')
  const before = serving(farm, 'shop/web')
  farm.load.setRate('shop', 30)
  farm.load.setRate('news', 280)
  expect(farm.runUntil(() => serving(farm, 'news/web').length === 3, 30_000)).toBe(true)
  const [taken] = before.filter((blade) => !serving(farm, 'shop/web').includes(blade))
  expect(farm.hardware.contents(taken ?? '')).toMatchObject({
    image: 'news/web',
    network: 'news/web',
    groups: ['news/web'],
  })
  expect(farm.trace().some((line) => line.includes('"cause":"request"') && line.includes(`"${taken}"`))).toBe(true)
  expect(farm.violations()).toEqual([])
})

test('R47: an operator does not get the server of a site master either', () => {
  const farm = farmOfFive('five-paired')
  for (const blade of ['c01-s01', 'c02-s01']) {
    expect(answered(farm, (answer) => farm.master().move(blade, 'shop/web', {}, answer))).toMatchObject({
      ok: false,
      code: 'BLADE_UNSUITABLE',
    })
    expect(answered(farm, (answer) => farm.master().drain(blade, {}, answer))).toMatchObject({
      ok: false,
      code: 'BLADE_UNSUITABLE',
    })
  }
})

test('R41, R47: the server of a site master dies: a blade takes its place, and no request fails', () => {
  const farm = farmOfFive('five-paired')
  const failed = () => farm.load.report().accounts.map(({ failed: count }) => count)
  const before = failed()
  farm.hardware.kill('c01-s01')
  const isWhole = () => farm.status()?.master.redundancy === 'paired' && farm.status()?.alarms.length === 0
  farm.runFor(3_000)
  expect(statusOf(farm)).toMatchObject({ master: { node: 'm2' }, alarms: [{ alarm: 'NO_REDUNDANCY' }] })
  expect(farm.runUntil(isWhole, 30_000)).toBe(true)
  const { blades, master } = statusOf(farm)
  expect(blades.find(({ carries }) => carries === 'm1')).toMatchObject({ blade: 'c01-s03', group: null })
  expect(farm.hardware.contents('c01-s03').groups).toEqual([])
  // Ten seconds by configuration, then a drain, a scrub and a start.
  expect(master.withoutRedundancy?.lastMs).toBeGreaterThan(10_000)
  expect(master.withoutRedundancy?.lastMs).toBeLessThan(20_000)
  expect(failed()).toEqual(before)
  expect(farm.violations()).toEqual([])
})
