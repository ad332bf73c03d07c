// Farms under fault schedules from seeds, and that the simulator is what it says: the same seed, the same run.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadFarmConfig } from '../../src/processes/farm-file.ts'
import { type Fault, formatFault, usualFamilies } from '../../src/testing/fault.ts'
import { generatedFarm } from '../../src/testing/generated-farms.ts'
import { createFaultInjector } from '../../src/testing/inject-faults.ts'
import {
  comeToRest,
  openSimulation,
  runSchedule,
  type ScheduleRun,
  scenarioOf,
  whatIsMissing,
} from '../../src/testing/run-schedule.ts'
import { runSeed, scheduleOf, shrinkSeed } from '../../src/testing/run-seeds.ts'
import { openScenario, parseScenario, runScenario } from '../../src/testing/scenario.ts'
import type { Violation } from '../../src/testing/watch-promises.ts'

const plan = (farm: string, forMs: number) => ({ config: generatedFarm(farm), families: usualFamilies, forMs })

test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'R62: seed %d: every promise holds on the small farm, and it comes to rest',
  (seed) => expect(runSeed(plan('small', 40_000), seed).violations).toEqual([]),
)

test('R62: every promise holds on a cabinet, and it comes to rest', () => {
  expect(runSeed(plan('cabinet', 30_000), 1).violations).toEqual([])
})

test('a site of 128 blades comes up', () => {
  const site = openSimulation(1, generatedFarm('site'))
  expect(comeToRest(site, 60_000)).toBeUndefined()
  expect(site.violations()).toEqual([])
})

test('R62: the same seed gives the same trace under faults, byte for byte; another seed another one', () => {
  const traceOf = (seed: number) =>
    runSchedule(scheduleOf(plan('small', 30_000), seed))
      .simulation.trace()
      .join('\n')
  const first = traceOf(17)
  expect(first.length).toBeGreaterThan(10_000)
  expect(traceOf(17) === first).toBe(true)
  expect(traceOf(18) === first).toBe(false)
})

test('the small farm is the demonstration’s', async () => {
  const demo = await loadFarmConfig('examples/demo.yaml')
  // Money moves no blade.
  const unpriced = ({ id, groups }: (typeof demo)['accounts'][number]) => ({
    id,
    groups: groups.map((group) => ({ ...group, roles: group.roles.map(({ prices: _prices, ...role }) => role) })),
  })
  const ofInterest = ({ accounts, masters, decisions }: typeof demo) => ({
    ...{ accounts: accounts.map(unpriced), masters, decisions },
  })
  expect(ofInterest(generatedFarm('small'))).toEqual(ofInterest(demo))
  expect(generatedFarm('small').cabinets.map(({ slots }) => slots)).toEqual(demo.cabinets.map(({ slots }) => slots))
})

describe('faults on a farm', () => {
  const farm = () => {
    const simulation = openSimulation(1, generatedFarm('small'))
    simulation.runFor(8_000)
    return { simulation, injector: createFaultInjector(simulation) }
  }

  test('two that hold the same thing end when the last one does', () => {
    const { simulation, injector } = farm()
    const crash = { kind: 'crash', node: 'm2', isNoticed: true } as const
    injector.plan([
      { atMs: 8_000, forMs: 500, ...crash },
      { atMs: 8_300, forMs: 1_000, ...crash },
    ])
    simulation.runFor(900)
    expect(simulation.isRunning('m2')).toBe(false)
    simulation.runFor(500)
    expect(simulation.isRunning('m2')).toBe(true)
  })

  test('a master that stands still is deposed and does nothing when it goes on', () => {
    const { simulation, injector } = farm()
    expect(simulation.status()?.master.node).toBe('m1')
    injector.begin({ atMs: 8_000, forMs: 10_000, kind: 'pause', node: 'm1' })
    simulation.runFor(5_000)
    expect(simulation.status()?.master.node).toBe('m2')
    simulation.runFor(20_000)
    expect(simulation.status()?.master.node).toBe('m2')
    expect(simulation.violations()).toEqual([])
  })

  test('all of them end at once when everything is healed', () => {
    const { simulation, injector } = farm()
    injector.begin({ atMs: 8_000, forMs: null, kind: 'cut', from: 'm1', to: 'all', isOneWay: true })
    injector.begin({ atMs: 8_000, forMs: null, kind: 'disk', node: 'm2', fault: 'full' })
    injector.begin({ atMs: 8_000, forMs: null, kind: 'crash', node: 'a01', isNoticed: true })
    simulation.runFor(5_000)
    expect(whatIsMissing(simulation)).toEqual(expect.stringMatching(/./))
    injector.recover()
    expect(simulation.runUntil(() => whatIsMissing(simulation) === undefined, 30_000)).toBe(true)
  })
})

test('R62: a run that fails is made short, and fails as a scenario file too', () => {
  // Nothing but the demand that no link is ever cut is broken here, and by one fault only.
  const small = plan('small', 20_000)
  const breaks = ({ faults }: Pick<ScheduleRun, 'faults'>): Violation[] =>
    faults.flatMap((fault) => (fault.kind === 'cut' ? [{ atMs: fault.atMs, sentence: 'a link was cut' }] : []))
  const seed = 9
  const { faults } = scheduleOf(small, seed)
  const found = { seed, faults, violations: breaks({ faults }), simulatedMs: 20_000 }
  expect(found.violations.length).toBeGreaterThan(0)
  expect(faults.length).toBeGreaterThan(3)
  const { run, violation } = shrinkSeed(small, found, { check: breaks })
  expect(run.faults).toHaveLength(1)
  const text = scenarioOf(run, 'small', violation.sentence)
  const scenario = parseScenario(text, 'short.txt')
  expect(scenario).toMatchObject({ farm: 'small', seed })
  expect(text).toContain(formatFault(run.faults[0] as Fault))
  expect(runScenario(openScenario(scenario), scenario)).toEqual([])
})

describe('the command line', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'bladewright-simulate-'))
  const cli = (...args: string[]) =>
    spawnSync(process.execPath, ['src/cli/bladewright.ts', ...args], { encoding: 'utf8', timeout: 60_000 })

  test('simulate prints one JSON object, and exits with 0 when every promise held', () => {
    const { status, stdout } = cli('simulate', '--seeds', '1..2', '--for', '12', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ farm: 'small', schedules: 2, violations: [] })
  })

  test('simulate prints the faults of one seed first', () => {
    const { stdout } = cli('simulate', '--seeds', '2', '--for', '20')
    const faults = scheduleOf(plan('small', 20_000), 2).faults.map(formatFault)
    expect(faults.length).toBeGreaterThan(0)
    expect(stdout.split('\n').slice(0, faults.length)).toEqual(faults)
  })

  test('replay prints what happened, a line an event, and exits with 1 when something did not come true', () => {
    const dir = folder()
    const file = join(dir, 'scenario.txt')
    writeFileSync(file, 'farm small\nseed 3\nat 2s kill c01-s01\nwait 5s\nexpect blade c01-s01 quarantined\n')
    const { status, stdout, stderr } = cli('replay', file)
    rmSync(dir, { recursive: true })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^ +2000\.000 world > fault\.began +fault kill c01-s01$/m)
    expect(stderr).toContain('line 5: expect blade c01-s01 quarantined')
  })

  test.each([
    ['simulate', '--seeds', 'x'],
    ['simulate', '--farm', 'huge'],
    ['simulate', '--faults', 'plague'],
    ['simulate', '--for', '1'],
    ['replay', 'nowhere.txt'],
  ])('%s %s %s is wrong input', (...args) => expect(cli(...args).status).toBe(2))
})
