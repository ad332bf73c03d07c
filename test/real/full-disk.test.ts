// A file system that takes no more, for real: the kernel refuses to let the files of one site master grow (RLIMIT_FSIZE), as on a full disk.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'
import { calmed, type FarmFolder, makeFarmFolder, type RunningFarm, startFarmProcess } from './farm-process.ts'

let folder: FarmFolder
let farm: RunningFarm

const hasPrlimit = (() => {
  try {
    return execFileSync('prlimit', ['--version']).byteLength > 0
  } catch {
    return false
  }
})()

beforeAll(async () => {
  folder = makeFarmFolder()
  farm = await startFarmProcess(folder)
  await calmed(farm)
})

afterAll(async () => {
  expect(await farm.stop()).toBe(0)
  folder.remove()
})

const isWhole = ({ master, processes, moves }: FarmStatus) =>
  master.state === 'leading' &&
  master.redundancy === 'paired' &&
  moves.length === 0 &&
  processes.filter(({ kind }) => kind === 'master').every(({ isUp }) => isUp)
const pidOf = ({ processes }: FarmStatus, node: string) => processes.find((one) => one.node === node)?.pid ?? 0
const bladePids = ({ blades }: FarmStatus) => blades.map(({ blade, board }) => [blade, board?.pid])

const saidBy = (node: string, event: string) =>
  farm
    .log()
    .split('\n')
    .filter((line) => line.includes(`"node":"${node}"`) && line.includes(`"${event}"`))

/** Of the journal's files, the largest: not a byte more is taken. */
function journalBytes(node: string): number {
  const data = join(folder.runDirectory, 'data', node)
  const files = readdirSync(data).filter((file) => file.startsWith('master.journal'))
  return Math.max(...files.map((file) => statSync(join(data, file)).size))
}

function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}

test.runIf(hasPrlimit)(
  'R41: a leader whose disk is full says so and lets the other lead; it stays out until there is room; blades notice nothing',
  async () => {
    const before = await farm.until(isWhole)
    const leader = before.master.node
    const bytes = journalBytes(leader)
    // Its next lives inherit it.
    limitFiles(farm.launcher.pid ?? 0, bytes)
    limitFiles(pidOf(before, leader), bytes)

    const told = await farm.cli('cordon', 'c03-s02')
    expect(told.code).toBe(1)
    expect(told.stderr).toMatch(/OUTCOME_UNKNOWN|MASTER_UNREACHABLE/)
    const during = await farm.until(({ master }) => master.state === 'leading' && master.node !== leader)
    expect(saidBy(leader, 'pair.disk.failed')).toEqual([expect.stringContaining('DISK_FULL')])
    const isSaid = ({ alarms }: FarmStatus) => alarms.some(({ text }) => text.includes(`it said: DISK_FULL`))
    await farm.until(isSaid)

    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const out = await farm.status()
    expect(out.master).toMatchObject({ node: during.master.node, epoch: during.master.epoch, redundancy: 'alone' })
    expect(out.processes.filter(({ node, isUp }) => node === leader && isUp)).toEqual([])
    expect(await farm.cli('cordon', 'c03-s02')).toMatchObject({ code: 0 })

    expect(saidBy(leader, 'process.failed').filter((line) => line.includes('"DISK_')).length).toBeGreaterThan(2)

    limitFiles(farm.launcher.pid ?? 0, 'unlimited')
    const after = await farm.until((status) => isWhole(status) && status.alarms.length === 0, 30_000)
    expect(after.master.node).toBe(during.master.node)
    expect(after.blades.find(({ blade }) => blade === 'c03-s02')?.isCordoned).toBe(true)
    expect(bladePids(after)).toEqual(bladePids(before))
  },
)
