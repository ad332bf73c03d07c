// The launcher as a supervisor of processes. Its children are stand-ins; with the real ones it is tested in test/real/.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigError } from '../../../src/errors.ts'
import { type Launched, type LaunchOptions, launchFarm } from '../../../src/processes/launch-farm.ts'
import { claimRunDirectory } from '../../../src/processes/run-directory.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { until } from '../../contract/web-socket-site.ts'
import {
  isRunning,
  makeProcessFolder,
  nameOf,
  type ProcessFolder,
  smallFarm,
  stays,
  writeProcessNote,
} from './process-folder.ts'

interface Said {
  readonly command: string
  readonly what: 'began' | 'ended'
  readonly pid: number
}

const entry = fileURLToPath(new URL('./stand-in-child.mjs', import.meta.url))
let folder: ProcessFolder
let path: string
let launched: Launched[]
let hopeless: ConfigError[]

beforeEach(() => {
  folder = makeProcessFolder()
  path = folder.path
  launched = []
  hopeless = []
  behave({})
})
afterEach(async () => {
  await Promise.all(launched.map((one) => one.stop()))
  await folder.remove()
})

function behave(how: Record<string, 'hopeless' | 'crashes' | 'deaf'>): void {
  writeFileSync(join(dirname(path), 'behave.json'), JSON.stringify(how))
}

async function launch(more: Partial<LaunchOptions> = {}): Promise<Launched> {
  const one = await launchFarm({
    config: smallFarm(),
    runDirectory: path,
    entry,
    without: [],
    withLoad: true,
    isFresh: true,
    log: createArrayLog(),
    logLevel: 'info',
    onLine: () => {},
    onHopeless: (error) => hopeless.push(error),
    ...more,
  })
  launched.push(one)
  return one
}

function said(): readonly Said[] {
  const file = join(dirname(path), 'said')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as Said)))
}

const began = (command: string) => said().filter((one) => one.command === command && one.what === 'began')
const areAllUp = () => ['master', 'agent', 'balancer', 'load'].every((command) => began(command).length > 0)

describe('a launched farm', () => {
  test('ends in order, the balancer last, and leaves the directory to the next', async () => {
    const farm = await launch({ config: smallFarm(['c01', 'c02']) })
    await until(() => areAllUp() && began('agent').length === 2)
    await farm.stop()
    const ended = said().filter(({ what }) => what === 'ended')
    expect(ended.map(({ command }) => command)).toEqual(['load', 'master', 'master', 'agent', 'agent', 'balancer'])
    claimRunDirectory(path)()
  })

  test('R65: gives its children nothing of its own environment', async () => {
    process.env.BLADEWRIGHT_TEST_SECRET = 'x'
    await launch()
    delete process.env.BLADEWRIGHT_TEST_SECRET
    await until(areAllUp)
    const environments = readFileSync(join(dirname(path), 'environment'), 'utf8')
      .trim()
      .split('\n')
    for (const text of environments) expect(Object.keys(JSON.parse(text)).sort()).toEqual(['NODE_NO_WARNINGS', 'PATH'])
  })

  test('R45: a child that is killed, and one that crashes, are started again', async () => {
    behave({ load: 'crashes' })
    await launch()
    await until(() => areAllUp() && began('load').length >= 3)
    process.kill(began('agent')[0]?.pid ?? 0, 'SIGKILL')
    await until(() => began('agent').length === 2)
    expect([began('master').length, began('balancer').length]).toEqual([2, 1])
    expect(hopeless).toEqual([])
  })

  test('a child that says that it is hopeless is believed: its code is told and it is not started again', async () => {
    behave({ balancer: 'hopeless', load: 'crashes' })
    await launch()
    await until(() => hopeless.length === 1 && began('load').length >= 4)
    expect(hopeless[0]?.message).toBe('PORT_IN_USE at lb: port 80')
    expect(began('balancer')).toHaveLength(1)
  })

  test('a child that cannot even be started is tried again, and keeps no stop waiting', async () => {
    const log = createArrayLog()
    const farm = await launch({ log })
    await until(areAllUp)
    // What spawns from here on is not there.
    const own = process.execPath
    process.execPath = join(path, 'no-such-node')
    process.kill(began('agent')[0]?.pid ?? 0, 'SIGKILL')
    await until(() => log.entries.filter(({ event }) => event === 'launcher.spawn.failed').length === 2)
    process.execPath = own
    await farm.stop()
    expect(began('agent')).toHaveLength(1)
  })

  test('stops once, however often it is told', async () => {
    const farm = await launch()
    await until(areAllUp)
    await Promise.all([farm.stop(), farm.stop()])
    await farm.stop()
  })
})

describe('a second launcher', () => {
  test('of the same directory is refused, and changes nothing of the first', async () => {
    await launch()
    await until(areAllUp)
    const before = readFileSync(join(path, 'farm.json'), 'utf8')
    await expect(launch({ config: smallFarm(['c07']) })).rejects.toThrow('RUN_DIRECTORY_IN_USE')
    expect(readFileSync(join(path, 'farm.json'), 'utf8')).toBe(before)
    expect(said().filter(({ what }) => what === 'ended')).toEqual([])
  })

  test('that comes at the same moment is refused too', async () => {
    const both = await Promise.allSettled([launch(), launch()])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('what a former farm left', () => {
  beforeEach(() => {
    for (const name of ['notes', 'blades']) mkdirSync(join(path, name), { recursive: true, mode: 0o711 })
  })

  /** As the agent starts one, less what would close it in. */
  async function bladeAt(blade: string) {
    const place = join(path, 'blades', blade)
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'data-of-somebody'), '')
    return folder.run(['--permission', `--allow-fs-read=${join(place, 'root')}`, ...stays])
  }

  test('is ended first, also agents and blades of cabinets that are no more', async () => {
    const agent = await folder.run(stays)
    writeProcessNote(path, { node: 'a09', kind: 'agent', process: nameOf(agent), isTied: true })
    const blades = [await bladeAt('c01-s01'), await bladeAt('c09-s02')]
    await launch()
    expect([agent, ...blades].map(isRunning)).toEqual([false, false, false])
    expect(existsSync(join(path, 'blades', 'c01-s01', 'data-of-somebody'))).toBe(false)
    expect(existsSync(join(path, 'blades', 'c09-s02'))).toBe(false)
  })

  test('R46: is kept when it is to be kept: blades of the farm run on, those of no cabinet do not', async () => {
    const [kept, strange] = [await bladeAt('c01-s01'), await bladeAt('c09-s02')]
    await launch({ isFresh: false })
    expect([kept, strange].map(isRunning)).toEqual([true, false])
    expect(existsSync(join(path, 'blades', 'c01-s01', 'data-of-somebody'))).toBe(true)
    expect(existsSync(join(path, 'blades', 'c09-s02'))).toBe(false)
  })

  test('is found when the directory of the blades is gone', async () => {
    const farm = await launch()
    await until(areAllUp)
    const blade = await bladeAt('c01-s02')
    rmSync(join(path, 'blades'), { recursive: true })
    await farm.stop()
    expect(isRunning(blade)).toBe(false)
  })

  test('a process whose id was noted by another life is nobody of ours and lives', async () => {
    const stranger = await folder.run(stays)
    const name = { ...nameOf(stranger), startTicks: '1' }
    writeProcessNote(path, { node: 'a01', kind: 'agent', process: name, isTied: true })
    await launch()
    expect(isRunning(stranger)).toBe(true)
  })

  test('a process that no launcher started is not the launcher’s to end: the directory is in use', async () => {
    const [agent, master] = [await folder.run(stays), await folder.run(stays)]
    writeProcessNote(path, { node: 'a01', kind: 'agent', process: nameOf(agent), isTied: true })
    writeProcessNote(path, { node: 'm1', kind: 'master', process: nameOf(master), isTied: false })
    await expect(launch()).rejects.toThrow(`process ${master.pid} is m1 here, and no launcher started it`)
    expect([agent, master].map(isRunning)).toEqual([true, true])
    // And the refusal keeps nobody else out.
    claimRunDirectory(path)()
  })
})
