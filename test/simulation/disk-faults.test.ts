// The disk of a site master, or of an agent, is full, failing or slow: another one leads, says why, and nobody is told what is not kept.
import { describe, expect, test } from 'vitest'
import type { Result } from '../../src/ports/result.ts'
import { answered } from '../../src/testing/answered.ts'
import type { SimulatedDisk } from '../../src/testing/simulated-disk.ts'
import { defaultCallMs } from '../../src/testing/simulated-disk.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, leads, statusOf } from './demo-farm.ts'

/** A record takes two seconds then: an append, and a sync of four times as long. */
const slowCallMs = 400

const faults = {
  full: { set: (disk: SimulatedDisk, on: boolean) => disk.fill(on), code: 'DISK_FULL' },
  failing: { set: (disk: SimulatedDisk, on: boolean) => disk.failing(on), code: 'DISK_FAILED' },
} as const
const kinds = Object.entries(faults)

function calmFarm(): Simulation {
  const farm = broughtUp({ grain: 'coarse', load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) hold(farm, group, true)
  farm.runFor(2_500)
  expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'leading', redundancy: 'paired' })
  return farm
}

const hold = (farm: Simulation, group: string, on: boolean): Result<void> =>
  answered(farm, (answer) => farm.master().hold(group, on, answer))

const isPaired = (farm: Simulation) => () => farm.status()?.master.redundancy === 'paired'
const isHeld = (farm: Simulation, group: string) =>
  statusOf(farm).groups.find((one) => one.group === group)?.isHeld === true
const alarmsOf = (farm: Simulation) => statusOf(farm).alarms.map(({ text }) => text)
const linesOf = (farm: Simulation, node: string, event: string) =>
  farm.trace().filter((line) => line.includes(`"node":"${node}"`) && line.includes(`"event":"${event}"`))

const timeOf = (line: string | undefined): number => JSON.parse(line ?? '{}').t ?? Number.NaN

describe.each(kinds)('the disk of the leader is %s', (_kind, { set, code }) => {
  test('R41: the other one leads within tens of ms; the answer is that nobody knows', () => {
    const farm = calmFarm()
    set(farm.disk('m1'), true)
    const began = farm.clock.monotonic()
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' })
    expect(farm.runUntil(leads(farm, 'm2'), 1_000)).toBe(true)
    expect(farm.clock.monotonic() - began).toBeLessThan(100)
    // Sooner than a launcher could say that it ended: it let go itself.
    const [gaveUp] = linesOf(farm, 'm1', 'pair.disk.failed')
    const asked = linesOf(farm, 'm2', 'master.changed').find((line) => line.includes('"campaigning"'))
    expect(timeOf(asked) - timeOf(gaveUp)).toBeLessThan(10)
    expect(farm.violations()).toEqual([])
  })

  test('it says why in its log and in the status of the other, and stays out until its disk works', () => {
    const farm = calmFarm()
    set(farm.disk('m1'), true)
    hold(farm, 'news/web', false)
    expect(farm.runUntil(leads(farm, 'm2'), 1_000)).toBe(true)
    farm.runFor(10_000)
    expect(linesOf(farm, 'm1', 'pair.disk.failed').join()).toContain(code)
    expect(linesOf(farm, 'm1', 'process.refused').length).toBeGreaterThan(5)
    expect(alarmsOf(farm).join()).toContain(`m1 is away, or does not have everything yet; it said: ${code}`)
    expect(farm.isRunning('m1')).toBe(false)
    expect(hold(farm, 'shop/web', false)).toMatchObject({ ok: true })
    set(farm.disk('m1'), false)
    expect(farm.runUntil(isPaired(farm), 10_000)).toBe(true)
    farm.runFor(2_000)
    expect(alarmsOf(farm)).toEqual([])
    farm.crash('m2')
    expect(farm.runUntil(leads(farm, 'm1'), 500)).toBe(true)
    expect(isHeld(farm, 'shop/web')).toBe(false)
    expect(farm.violations()).toEqual([])
  })

  test('in a move: the other one goes on with it', () => {
    const farm = calmFarm()
    expect(answered(farm, (answer) => farm.master().move('c03-s01', 'news/web', {}, answer)).ok).toBe(true)
    farm.runFor(150)
    set(farm.disk('m1'), true)
    expect(farm.runUntil(leads(farm, 'm2'), 1_000)).toBe(true)
    farm.runFor(10_000)
    const moved = statusOf(farm).blades.find(({ blade }) => blade === 'c03-s01')
    expect(moved).toMatchObject({ lifecycle: 'joined', group: 'news/web' })
    expect(farm.hardware.contents('c03-s01').bootId).toMatch(/\.1$/)
    expect(farm.violations()).toEqual([])
  })

  test('and the other one is away: nobody leads, blades serve on, and it leads again once its disk works', () => {
    const farm = calmFarm()
    farm.crash('m2')
    farm.runFor(1_000)
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: true })
    set(farm.disk('m1'), true)
    expect(hold(farm, 'shop/web', false)).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' })
    farm.runFor(10_000)
    expect(farm.status()).toBeUndefined()
    expect(farm.balancer.read('news/web')).toHaveLength(3)
    set(farm.disk('m1'), false)
    expect(farm.runUntil(leads(farm, 'm1'), 10_000)).toBe(true)
    expect(isHeld(farm, 'news/web')).toBe(false)
    expect(farm.violations()).toEqual([])
  })
})

describe.each(kinds)('the disk of the standby is %s', (_kind, { set, code }) => {
  test('R41: it is declared out of sync, the leader goes on alone with an alarm, and what is answered is kept', () => {
    const farm = calmFarm()
    set(farm.disk('m2'), true)
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: true })
    farm.runFor(1_000)
    expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'leading', epoch: 1, redundancy: 'alone' })
    expect(alarmsOf(farm).join()).toContain(`it said: ${code}`)
    // The boards know that it misses something: it does not lead.
    farm.crash('m1')
    set(farm.disk('m2'), false)
    farm.runFor(10_000)
    expect(statusOf(farm).master).toMatchObject({ node: 'm2', state: 'standby' })
    farm.restart('m1')
    expect(farm.runUntil(leads(farm, 'm1'), 10_000)).toBe(true)
    expect(farm.runUntil(isPaired(farm), 10_000)).toBe(true)
    expect(isHeld(farm, 'news/web')).toBe(false)
    expect(farm.violations()).toEqual([])
  })
})

test.each(kinds)(
  'both disks are %s: nobody leads and nothing is answered; once they work, one does',
  (_kind, { set }) => {
    const farm = calmFarm()
    for (const node of ['m1', 'm2']) set(farm.disk(node), true)
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' })
    farm.runFor(10_000)
    expect(farm.status()).toBeUndefined()
    expect(farm.balancer.read('news/web')).toHaveLength(3)
    for (const node of ['m1', 'm2']) set(farm.disk(node), false)
    expect(farm.runUntil(isPaired(farm), 15_000)).toBe(true)
    expect(farm.violations()).toEqual([])
  },
)

describe('a slow disk', () => {
  test('of the leader: the other one, which has the record, leads; the slow one does not come back before it keeps up', () => {
    const farm = calmFarm()
    farm.disk('m1').slow(slowCallMs)
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' })
    expect(farm.runUntil(leads(farm, 'm2'), 200)).toBe(true)
    expect(linesOf(farm, 'm1', 'pair.disk.failed').join()).toContain('DISK_SLOW')
    // Asked again, it is as it was said.
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: true })
    farm.runFor(20_000)
    expect(statusOf(farm).master).toMatchObject({ node: 'm2', epoch: expect.any(Number) })
    const { epoch } = statusOf(farm).master
    farm.disk('m1').slow(defaultCallMs)
    expect(farm.runUntil(isPaired(farm), 20_000)).toBe(true)
    expect(statusOf(farm).master).toMatchObject({ node: 'm2', epoch })
    expect(farm.violations()).toEqual([])
  })

  test('of the standby: it is left behind, and taken back when it keeps up', () => {
    const farm = calmFarm()
    farm.disk('m2').slow(slowCallMs)
    const began = farm.clock.monotonic()
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: true })
    expect(farm.clock.monotonic() - began).toBeLessThan(1_000)
    expect(statusOf(farm).master).toMatchObject({ node: 'm1', epoch: 1, redundancy: 'alone' })
    farm.disk('m2').slow(defaultCallMs)
    expect(farm.runUntil(isPaired(farm), 10_000)).toBe(true)
    expect(leads(farm, 'm1')()).toBe(true)
  })

  test('of both: a slow leader is better than none', () => {
    const farm = calmFarm()
    for (const node of ['m1', 'm2']) farm.disk(node).slow(slowCallMs)
    expect(hold(farm, 'news/web', false)).toMatchObject({ ok: true })
    farm.runFor(10_000)
    expect(statusOf(farm).master).toMatchObject({ node: 'm1', epoch: 1 })
    expect(farm.violations()).toEqual([])
  })
})

test.each(kinds)(
  'the disk of an agent is %s: it ends, its blades serve on, and it comes back with its disk',
  (_kind, { set, code }) => {
    const farm = calmFarm()
    set(farm.disk('a03'), true)
    farm.master().move('c03-s01', 'news/web', {}, () => {})
    expect(farm.runUntil(() => !farm.isRunning('a03'), 5_000)).toBe(true)
    farm.runFor(5_000)
    expect(linesOf(farm, 'a03', 'process.refused').join()).toContain(code)
    expect(farm.balancer.read('news/web').filter(({ state }) => state === 'ready')).toHaveLength(3)
    set(farm.disk('a03'), false)
    const isBack = () => statusOf(farm).blades.every(({ isReachable, move }) => isReachable && move === null)
    expect(farm.runUntil(isBack, 30_000)).toBe(true)
    expect(farm.violations()).toEqual([])
  },
)
