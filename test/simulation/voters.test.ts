// Which boards vote, changed while a master leads. Of twelve boards nine vote: three of the first cabinet, two of each other one. Every
// cabinet has its own agent.
import { describe, expect, test } from 'vitest'
import { requireFarmConfig } from '../../src/runtime/farm-config.ts'
import { openSimulation, whatIsMissing } from '../../src/testing/run-schedule.ts'
import type { Simulation } from '../../src/testing/simulation.ts'

const text = `
site: { id: here, longitude: 8.5 }
cabinets:
${[1, 2, 3, 4].map((number) => `  - { id: c0${number}, slots: 3 }`).join('\n')}
accounts:
  - id: shop
    groups:
      - id: web
        port: 8081
        priority: 0.5
        responseLimitMs: 250
        roles: [{ id: front, image: shop-web, committed: 2, initial: 2, max: 4, warm: 0, ratePerBlade: 100, volumes: [content] }]
`

function site(): Simulation {
  const farm = openSimulation(1, requireFarmConfig(text, 'twelve boards'))
  expect(farm.runUntil(() => whatIsMissing(farm) === undefined, 60_000)).toBe(true)
  return farm
}

const masterOf = (farm: Simulation) => {
  const status = farm.status()
  if (status === undefined) throw new Error('no master runs')
  return status.master
}
const countOf = (farm: Simulation, cabinet: string) =>
  masterOf(farm).voters.filter((blade) => blade.startsWith(cabinet)).length

describe('R42: voters are changed while a master leads', () => {
  test('a cabinet that is silent for a minute votes no more than it must, so that the next one may be lost too', () => {
    const farm = site()
    expect(countOf(farm, 'c01')).toBe(3)
    farm.crash('a01')
    farm.runFor(30_000)
    expect(countOf(farm, 'c01')).toBe(3)
    expect(farm.runUntil(() => countOf(farm, 'c01') === 0, 35_000)).toBe(true)
    farm.runFor(2_000)
    farm.crash('a02')
    const { epoch } = masterOf(farm)
    farm.runFor(10_000)
    expect(masterOf(farm)).toMatchObject({ node: 'm1', state: 'leading', epoch })
    farm.crash('m1')
    // Boards that are not heard are waited for, up to three seconds.
    expect(farm.runUntil(() => masterOf(farm).node === 'm2' && masterOf(farm).state === 'leading', 3_500)).toBe(true)
    expect(countOf(farm, 'c01')).toBe(0)
    expect(farm.violations()).toEqual([])
  })

  test('both masters start again, and go by the new list', () => {
    const farm = site()
    farm.crash('a01')
    farm.runFor(70_000)
    const before = masterOf(farm).voters
    expect(before).not.toContain('c01-s01')
    farm.crash('m1')
    farm.crash('m2')
    farm.restart('a01')
    farm.restart('m2')
    farm.restart('m1')
    farm.runFor(10_000)
    expect(masterOf(farm).state).toBe('leading')
    expect(masterOf(farm).voters).toEqual(before)
    expect(farm.violations()).toEqual([])
  })

  test('it was two of four agents: without the change nobody could lead', () => {
    const farm = site()
    farm.crash('a01')
    farm.runFor(2_000)
    farm.crash('a02')
    farm.runFor(5_000)
    expect(masterOf(farm).state).not.toBe('leading')
  })
})
