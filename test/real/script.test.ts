// The demonstration's script on real processes, as `npm start -- --for 30 --json` runs it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DemoReport } from '../../src/testing/demo/demo-report.ts'
import { type FarmFolder, makeFarmFolder, type Ran, run } from './farm-process.ts'

let folder: FarmFolder
let ran: Ran
let report: DemoReport

beforeAll(async () => {
  folder = makeFarmFolder()
  ran = await run('start', '--for', '30', '--json', '--config', folder.config, '--run-dir', folder.runDirectory)
  report = JSON.parse(ran.stdout) as DemoReport
}, 120_000)

afterAll(() => folder.remove())

describe('the script on real processes', () => {
  const movesOf = (cause: string) => report.moves.filter((move) => move.cause === cause)

  test('ends by itself, exit code 0, with one JSON object on standard output', () => {
    expect(ran.code).toBe(0)
    expect(Object.keys(report)).toEqual(['scenario', 'seed', 'moves', 'failures', 'requests', 'invariantsViolated'])
  })

  test('R01: breaks no invariant', () => expect(report.invariantsViolated).toEqual([]))

  test('R25: replaces the first blade from warm, and repairs the second in place', () => {
    expect(report.failures.map(({ cause }) => cause)).toEqual(['failure', 'repair'])
    for (const { detectedMs, replacedMs } of report.failures) {
      expect(detectedMs).not.toBeNull()
      expect(replacedMs).not.toBeNull()
    }
  })

  test('R11, R12: gives shop the pool and what news can spare, and takes it all back', () => {
    const requested = movesOf('request')
    expect(requested.filter(({ from }) => from === null).length).toBeGreaterThanOrEqual(2)
    expect(requested.filter(({ from }) => from === 'news/web')).toHaveLength(1)
    expect(movesOf('offer').filter(({ from }) => from === 'shop/web').length).toBeGreaterThanOrEqual(3)
    expect(movesOf('refill').some(({ warmFor }) => warmFor === 'shop/web')).toBe(true)
  })

  test('R03: ends every move as it was meant, with the time of each step', () => {
    for (const { outcome, phases, joinedAt } of report.moves) {
      expect(outcome).toBe('done')
      expect(joinedAt).not.toBeNull()
      expect(Object.values(phases).every((ms) => ms >= 0)).toBe(true)
    }
  })

  test('R10: fails no request of an account whose blades only moved', () => {
    const { news, shop } = report.requests
    expect(news?.failed).toBe(0)
    expect(news?.ok).toBeGreaterThan(3_000)
    expect(shop?.ok).toBeGreaterThan(5_000)
    // What was in flight on the two killed blades.
    expect(shop?.failed).toBeLessThanOrEqual(16)
  })
})
