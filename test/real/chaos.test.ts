// `npm start -- --chaos --for 40 --json`: processes are killed and stopped at random, by a seed, under load.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChaosReport } from '../../src/testing/demo/chaos-script.ts'
import { type FarmFolder, makeFarmFolder, type Ran, run } from './farm-process.ts'

let folder: FarmFolder
let ran: Ran
let report: ChaosReport

beforeAll(async () => {
  folder = makeFarmFolder()
  const where = ['--config', folder.config, '--run-dir', folder.runDirectory]
  ran = await run('start', '--chaos', '--for', '40', '--seed', '5', '--json', ...where)
  report = JSON.parse(ran.stdout) as ChaosReport
}, 150_000)

afterAll(() => folder.remove())

test('R41: whenever the leader is killed or stopped, the other one leads', () => {
  const { takeovers, invariantsViolated } = report
  expect(invariantsViolated).toEqual([])
  expect(takeovers.length).toBeGreaterThan(0)
  for (const { cause, leadingMs } of takeovers) {
    expect(leadingMs).not.toBeNull()
    // The figures are the bench's: here it is that nobody waits for a lease that was released.
    expect(leadingMs).toBeLessThan(cause === 'kill' ? 1_000 : 4_000)
  }
})

test('R43: no move is lost, no effect repeated, no blade is two groups’, whatever dies', () => {
  expect(ran.code).toBe(0)
  expect(report.kills.length).toBeGreaterThan(2)
  expect(report).toMatchObject({ movesLost: 0, effectsRepeated: 0, doubleOwnership: 0, invariantsViolated: [] })
})

test('R45: requests are served throughout', () => {
  for (const { ok, failed } of Object.values(report.requests)) {
    expect(ok).toBeGreaterThan(2_000)
    // What was in flight on a blade or a balancer that was killed.
    expect(failed).toBeLessThan(ok * 0.05)
  }
})

test('R41: the time without a second master is in the report', () => {
  const { times, totalMs, longestMs } = report.withoutRedundancy
  expect(times).toBeGreaterThanOrEqual(report.takeovers.length)
  expect(longestMs).toBeLessThanOrEqual(totalMs)
})
