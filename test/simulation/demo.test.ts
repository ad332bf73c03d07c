// R62: the whole farm of this repository on a virtual clock, and the demonstration's script on it.
import { beforeAll, describe, expect, test } from 'vitest'
import type { DemoReport } from '../../src/testing/demo/demo-report.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, playDemo, statusOf } from './demo-farm.ts'

describe.each([60_000, 30_000])('the script in %d ms', (forMs) => {
  let farm: Simulation
  let report: DemoReport
  beforeAll(() => {
    farm = broughtUp()
    report = playDemo(farm, forMs)
  })

  const movesOf = (cause: string) => report.moves.filter((move) => move.cause === cause)

  test('R01: breaks no invariant, on any blade, at any event', () => {
    expect(farm.violations()).toEqual([])
    expect(report.invariantsViolated).toEqual([])
  })

  test('R25: detects a killed blade within a second and replaces it from warm within two', () => {
    const [first] = report.failures
    expect(first?.cause).toBe('failure')
    expect(first?.detectedMs).toBeLessThanOrEqual(1_000)
    expect(first?.replacedMs).toBeLessThanOrEqual(2_000)
  })

  test('R08: scrubs what was killed before it is pooled, and warms another one', () => {
    const killed = report.failures[0]?.blade
    const retired = movesOf('retire').find(({ blade }) => blade === killed)
    expect(retired?.outcome).toBe('done')
    expect(Object.keys(retired?.phases ?? {})).toEqual(expect.arrayContaining(['scrub', 'verifyScrub']))
    expect(movesOf('refill').some(({ warmFor }) => warmFor === 'shop/web')).toBe(true)
  })

  test('R12, R16: takes from the pool, then from news down to its level, when shop asks', () => {
    const requested = movesOf('request')
    expect(requested.filter(({ from }) => from === null).length).toBeGreaterThanOrEqual(2)
    expect(requested.filter(({ from }) => from === 'news/web')).toHaveLength(1)
    expect(requested.every(({ to, outcome }) => to === 'shop/web' && outcome === 'done')).toBe(true)
  })

  test('R25: reboots in place what is killed while the pool is empty', () => {
    const [, second] = report.failures
    expect(second?.cause).toBe('repair')
    const repair = movesOf('repair')[0]
    expect(repair).toMatchObject({ blade: second?.blade, from: 'shop/web', to: 'shop/web', outcome: 'done' })
  })

  test('R08: takes back what shop offers, drained and scrubbed', () => {
    const offered = movesOf('offer').filter(({ from }) => from === 'shop/web')
    expect(offered.length).toBeGreaterThanOrEqual(3)
    for (const { outcome, phases } of offered) {
      expect(outcome).toBe('done')
      expect(Object.keys(phases)).toEqual(expect.arrayContaining(['drain', 'unjoin', 'scrub', 'verifyScrub']))
    }
  })

  test('R10: fails no request because of a move', () => {
    const { shop, news } = report.requests
    expect(news?.failed).toBe(0)
    // Requests that were on the two killed blades.
    expect(shop?.failed).toBeLessThanOrEqual(8)
    // Open-loop: 300 to 600 a second were due, whatever became of them.
    expect((shop?.sent ?? 0) + (news?.sent ?? 0)).toBeGreaterThan(forMs / 4)
  })

  test('leaves nothing under way', () => {
    expect(statusOf(farm).moves).toEqual([])
    expect(statusOf(farm).counters.crashes).toBe(0)
  })
})

describe('determinism', () => {
  const traceOf = (seed: number) => {
    const farm = broughtUp({ seed })
    playDemo(farm, 30_000)
    return farm.trace().join('\n')
  }

  test('R62: the same seed gives the same trace, byte for byte', () => {
    const first = traceOf(7)
    expect(first.length).toBeGreaterThan(10_000)
    expect(traceOf(7) === first).toBe(true)
  })

  test('R62: another seed gives another one', () => {
    expect(traceOf(8) === traceOf(7)).toBe(false)
  })
})
