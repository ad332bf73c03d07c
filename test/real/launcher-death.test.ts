// However the launcher ends: what of the farm ends with it, what runs on, and what the next launcher makes of that.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { allPids, argumentsOf } from '../../src/drivers/process/proc.ts'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'
import {
  calmed,
  type FarmFolder,
  isProcessAlive,
  makeFarmFolder,
  type RunningFarm,
  startFarmProcess,
} from './farm-process.ts'

let folder: FarmFolder
let farms: RunningFarm[]

beforeEach(() => {
  folder = makeFarmFolder()
  farms = []
})
afterEach(async () => {
  for (const farm of farms) if (farm.launcher.exitCode === null && farm.launcher.signalCode === null) await farm.stop()
  for (const pid of left()) process.kill(pid, 'SIGKILL')
  folder.remove()
})

async function start(...more: readonly string[]): Promise<RunningFarm> {
  const farm = await startFarmProcess(folder, ...more)
  farms.push(farm)
  return farm
}

/** Everything that has this run directory in its arguments: the processes of the farm, and its blades. */
const left = () => allPids().filter((pid) => argumentsOf(pid).some((text) => text.includes(folder.runDirectory)))
const bladesLeft = () => left().filter((pid) => argumentsOf(pid).includes('server.js'))
const bladePids = ({ blades }: FarmStatus) => blades.flatMap(({ board }) => board?.pid ?? []).sort()

async function until(isSo: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!isSo()) {
    if (Date.now() > deadline)
      throw new Error(`not so after ${withinMs} ms: ${left().map((pid) => argumentsOf(pid).join(' '))}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function killLauncher(farm: RunningFarm): Promise<void> {
  const gone = new Promise((resolve) => farm.launcher.once('exit', resolve))
  farm.launcher.kill('SIGKILL')
  await gone
}

describe('a launcher that is killed', () => {
  test('R46: takes its processes along and no blade; the next one goes on with them, undisturbed, or ends them', async () => {
    const first = await start()
    const before = await calmed(first)
    expect(bladePids(before).length).toBeGreaterThanOrEqual(5)
    await killLauncher(first)
    await until(() => left().length === bladesLeft().length)
    expect(bladesLeft().sort()).toEqual(bladePids(before))
    expect((await fetch(`http://127.0.0.1:${bladePort(before)}/healthz`)).status).toBe(200)

    const second = await start('--keep')
    const after = await second.until((status) => status.processes.every(({ isUp, node }) => isUp || node === 'demo'))
    expect(bladePids(after)).toEqual(bladePids(before))
    expect(after.blades.map(({ blade, group, lifecycle }) => [blade, group, lifecycle])).toEqual(
      before.blades.map(({ blade, group, lifecycle }) => [blade, group, lifecycle]),
    )
    expect((await fetch(`http://127.0.0.1:${folder.shopPort}/`)).status).toBe(200)

    await killLauncher(second)
    const third = await start()
    expect(bladePids(before).filter(isProcessAlive)).toEqual([])
    expect(await third.stop()).toBe(0)
    expect(left()).toEqual([])
  })
})

test('Ctrl-C twice ends everything at once, blades too', async () => {
  const farm = await start()
  const code = new Promise((resolve) => farm.launcher.once('exit', resolve))
  farm.launcher.kill('SIGINT')
  farm.launcher.kill('SIGINT')
  // Two of one signal may arrive as one.
  await new Promise((resolve) => setTimeout(resolve, 20))
  farm.launcher.kill('SIGINT')
  expect([0, 130]).toContain(await code)
  await until(() => left().length === 0, 2_000)
})

test('a terminal that is closed ends everything in order, blades too', async () => {
  const farm = await start()
  const code = new Promise((resolve) => farm.launcher.once('exit', resolve))
  farm.launcher.kill('SIGHUP')
  expect(await code).toBe(0)
  expect(left()).toEqual([])
})

test('R45: a master whose port was taken while it was dead comes back at another, and everybody finds it', async () => {
  const farm = await start()
  const before = await calmed(farm)
  const note = join(folder.runDirectory, 'notes', `channel-${before.master.node}.json`)
  const { port, pid } = JSON.parse(readFileSync(note, 'utf8')) as { port: number; pid: number }
  // The launcher would be quicker than we are.
  farm.launcher.kill('SIGSTOP')
  process.kill(pid, 'SIGKILL')
  const thief = createServer((socket) => socket.destroy())
  // Until the kernel has taken it from the dead.
  thief.on('error', () => thief.listen(port, '127.0.0.1'))
  thief.listen(port, '127.0.0.1')
  await until(() => thief.listening).finally(() => farm.launcher.kill('SIGCONT'))
  const after = await farm.until(
    (status) =>
      status.master.state === 'leading' &&
      status.processes.every(({ isUp, node }) => isUp || node === 'demo') &&
      status.processes.some((one) => one.node === before.master.node && one.isUp && one.pid !== pid) &&
      String(bladePids(status)) === String(bladePids(before)),
  )
  thief.close()
  expect((JSON.parse(readFileSync(note, 'utf8')) as { port: number }).port).not.toBe(port)
  expect(after.master.epoch).toBeGreaterThan(before.master.epoch)
  expect(farm.launcher.exitCode).toBeNull()
})

/** Of one that serves; the agent knows it, and it stands in the environment of the blade. */
function bladePort({ blades }: FarmStatus): number {
  const pid = blades.find(({ lifecycle }) => lifecycle === 'joined')?.board?.pid
  return Number(/(?:^|\0)PORT=(\d+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1])
}
