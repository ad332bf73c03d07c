// R62: the model of failover for drivers of others: what it covers, what it finds, and that it finds nothing where nothing is.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { failoverMachine } from '../../src/testing/failover-machine.ts'
import { type FailoverEvent, failoverModel, formatFailoverPath } from '../../src/testing/failover-model.ts'
import { openFailoverTrial } from '../../src/testing/failover-trial.ts'
import { generatedFarm } from '../../src/testing/generated-farms.ts'
import { statesWithoutDescription } from '../tidy/machine-tests.ts'
import { importsOf } from '../tidy/source-text.ts'
import { plantedDrivers } from './planted-drivers.ts'

const root = new URL('../../', import.meta.url)
const simulated = () => ({})

describe('the example', () => {
  const file = 'examples/failover-of-a-driver.ts'
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--import', './test/example-from-source.ts', file, ...args], {
      cwd: root,
      timeout: 60_000,
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    )
  let runs: { code: number; stdout: string }[] = []

  beforeAll(async () => {
    runs = await Promise.all([run(), run('--mended')])
  }, 60_000)

  test('R62: is thirty lines, and uses the published name', () => {
    const text = readFileSync(new URL(file, root), 'utf8')
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(32)
    expect(text).toContain("from 'bladewright/testing/failover'")
  })

  test('R62: stands in docs/failover-testing.md as it is', () => {
    const page = readFileSync(new URL('docs/failover-testing.md', root), 'utf8')
    expect(/^```ts\n(.*?)^```$/ms.exec(page)?.[1]).toBe(readFileSync(new URL(file, root), 'utf8'))
  })

  test('R62: finds the bug of its driver, on a path and in a random run that is made short', () => {
    const [{ code, stdout } = { code: -1, stdout: '' }] = runs
    expect(code).toBe(1)
    const problem = /connect c02-s01 to news\/web was so already, and was done again: address was/
    const [paths = '', random = ''] = stdout.split('random run')
    expect(paths).toMatch(/^1 of 25 paths fail\n {2}move.begin, reach connectNetwork acted, agent.kill, agent.return\n/)
    expect(paths).toMatch(problem)
    expect(random).toMatch(/^ \d+ fails; in short:\n {2}move.begin, reach connectNetwork acted, agent.kill\n/)
    expect(random).toMatch(problem)
  })

  test('R62: finds nothing once the bug is gone', () => {
    expect(runs[1]).toEqual({ code: 0, stdout: '0 of 25 paths fail\n10 random runs pass\n' })
  })
})

describe('the paths', () => {
  const model = failoverModel({ drivers: simulated })
  const paths = model.paths()

  test('R62: take every event of the model, and strike at each moment of each step', () => {
    const taken = new Set(paths.flat().map((event) => formatFailoverPath([event])))
    expect(model.events.map((event) => formatFailoverPath([event])).filter((event) => !taken.has(event))).toEqual([])
    const failing = [
      'leader.kill',
      'leader.vanish',
      'leader.stall',
      'leader.handOver',
      'agent.kill',
      'answers.lose',
      'channel.cut',
      'channel.garble',
      'blade.kill',
    ]
    const places = model.events.filter(({ type }) => type === 'move.reach')
    expect(places).toHaveLength(14 * 3)
    const begun = paths.map(formatFailoverPath)
    const wanted = places.flatMap((place) =>
      failing.map((type) => `move.begin, ${formatFailoverPath([place])}, ${type}`),
    )
    expect(wanted.filter((beginning) => !begun.some((path) => path.startsWith(beginning)))).toEqual([])
  })

  test('R62: among them a leader that stood still and goes on when another one leads', () => {
    const path = 'move.begin, reach scrub asked, leader.stall, awaitLeader, peer.return'
    expect(paths.map(formatFailoverPath)).toContain(path)
  })

  test('with a second failure there are more of them, and nobody is left to lead', () => {
    const twice = failoverModel({ drivers: simulated, steps: ['scrub'], moments: ['asked'] }).paths({ failuresMax: 2 })
    expect(twice.map(formatFailoverPath)).toContain(
      'move.begin, reach scrub asked, leader.kill, awaitLeader, leader.kill, peer.return, awaitPair',
    )
  })

  test('every state says why it is there', () =>
    expect(statesWithoutDescription(failoverMachine.root).filter((id) => !/^failover\.\w+$/.test(id))).toEqual([]))
})

describe('a driver with a bug', () => {
  test.each(plantedDrivers)('R62: $name: found', ({ drivers, path, found }) => {
    expect(failoverModel({ drivers }).check(path).problem).toMatch(found)
  })

  const paths = new Map(plantedDrivers.map(({ path }) => [formatFailoverPath(path), path]))

  test.each([...paths])('R62: %s: nothing is found where the simulated ones are in its place', (_said, path) => {
    expect(failoverModel({ drivers: simulated }).check(path).problem).toBeNull()
  })
})

test('only its own entry needs the optional peers, and nothing of the others needs that entry', () => {
  const sources = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  )
  const importersOf = (wanted: RegExp) =>
    sources.filter((path) =>
      importsOf(readFileSync(new URL(`src/${path}`, root), 'utf8')).some(({ specifier }) => wanted.test(specifier)),
    )
  expect(importersOf(/^(?:fast-check|@xstate\/graph)$/)).toEqual(['testing/failover-model.ts'])
  expect(importersOf(/failover-model\.ts$/)).toEqual([])
})

describe('a run', () => {
  const path: FailoverEvent[] = [
    { type: 'move.begin' },
    { type: 'move.reach', step: 'connectNetwork', moment: 'asked' },
    { type: 'leader.stall' },
    { type: 'awaitLeader' },
    { type: 'peer.return' },
    { type: 'awaitPair' },
    { type: 'agent.kill' },
  ]

  test('R62: is the same for the same events and seed, byte for byte; another seed gives another one', () => {
    const traceOf = (seed: number) => failoverModel({ drivers: simulated, seed }).check(path).trace.join('\n')
    const first = traceOf(1)
    expect(first).toContain('"board.performing"')
    expect(traceOf(1) === first).toBe(true)
    expect(traceOf(2) === first).toBe(false)
  })

  test('R62: takes a farm of the user', () => {
    const model = failoverModel({ drivers: simulated, farm: generatedFarm('small') })
    expect(model.check(path).problem).toBeNull()
  })

  test('an event that cannot be there is refused', () => {
    expect(failoverModel({ drivers: simulated }).check([{ type: 'leader.kill' }]).problem).toMatch(/cannot be here/)
  })

  test('what is awaited and does not come is said', () => {
    const trial = openFailoverTrial({ seed: 1, config: generatedFarm('small'), drivers: simulated })
    expect(trial.perform({ type: 'leader.kill' })).toBeUndefined()
    expect(trial.perform({ type: 'awaitLeader' })).toBeUndefined()
    expect(trial.perform({ type: 'awaitPair' })).toBe('the masters are no pair again')
    expect(trial.perform({ type: 'leader.kill' })).toBeUndefined()
    expect(trial.perform({ type: 'awaitLeader' })).toBe('nobody leads in the place of the lost leader')
  })
})
