// Two site masters as processes: what happens to a farm when the one that leads is killed, or stands still.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'
import { calmed, type FarmFolder, makeFarmFolder, type RunningFarm, startFarmProcess } from './farm-process.ts'

let folder: FarmFolder
let farm: RunningFarm

beforeAll(async () => {
  folder = makeFarmFolder()
  farm = await startFarmProcess(folder)
  await calmed(farm)
})

afterAll(async () => {
  expect(await farm.stop()).toBe(0)
  folder.remove()
})

/** Both masters are up, and the one that does not lead has the journal of the other. */
const isWhole = ({ master, processes, moves, blades }: FarmStatus) =>
  master.state === 'leading' &&
  master.redundancy === 'paired' &&
  moves.length === 0 &&
  blades.every(({ board }) => board !== null) &&
  processes.filter(({ kind }) => kind === 'master').every(({ isUp }) => isUp)
const pidOf = ({ processes }: FarmStatus, node: string) => processes.find((one) => one.node === node)?.pid ?? 0
const bladePids = ({ blades }: FarmStatus) => blades.map(({ blade, board }) => [blade, board?.pid])

/** Requests to shop, one after the other, until it is told to stop: how many came back as they should, and how many did not. */
function ask() {
  const count = { ok: 0, failed: 0 }
  let isOver = false
  const run = (async () => {
    while (!isOver) {
      const answer = await fetch(`http://127.0.0.1:${folder.shopPort}/`).catch(() => undefined)
      if (answer?.ok) count.ok += 1
      else if (answer?.status !== 503) count.failed += 1
      await answer?.arrayBuffer().catch(() => undefined)
    }
  })()
  return async () => {
    isOver = true
    await run
    return count
  }
}

test('R41: a leader that is killed in a move is followed at once; the move goes on, nothing is done twice, everybody is served', async () => {
  const before = await farm.until(isWhole)
  const stopAsking = ask()
  const { stdout } = await farm.cli('move', 'c03-s02', 'news/web', '--json')
  const { move } = JSON.parse(stdout) as { move: string }
  const leader = before.master.node
  process.kill(pidOf(before, leader), 'SIGKILL')
  const after = await farm.until(
    ({ master, blades }) =>
      master.state === 'leading' &&
      master.node !== leader &&
      blades.some(({ blade, group }) => blade === 'c03-s02' && group === 'news/web'),
  )
  const requests = await stopAsking()
  expect(requests.failed).toBe(0)
  expect(requests.ok).toBeGreaterThan(10)
  expect(after.master.epoch).toBeGreaterThan(before.master.epoch)
  const others = (status: FarmStatus) => bladePids(status).filter(([blade]) => blade !== 'c03-s02')
  expect(others(after)).toEqual(others(before))
  expect(move).toMatch(/^mv-/)
  await farm.until(isWhole)
  expect((await farm.cli('drain', 'c03-s02')).code).toBe(0)
  await farm.until(
    (status) =>
      isWhole(status) && status.blades.some(({ blade, lifecycle }) => blade === 'c03-s02' && lifecycle === 'cold'),
  )
  expect((await farm.cli('uncordon', 'c03-s02')).code).toBe(0)
})

test('R42: a leader that stands still is deposed; when it goes on it does no harm, and stands by', async () => {
  const before = await farm.until(isWhole)
  const leader = before.master.node
  const pid = pidOf(before, leader)
  process.kill(pid, 'SIGSTOP')
  const during = await farm.until(({ master }) => master.state === 'leading' && master.node !== leader)
  process.kill(pid, 'SIGCONT')
  const after = await farm.until((status) => isWhole(status) && pidOf(status, leader) !== pid)
  expect(after.master.epoch).toBe(during.master.epoch)
  expect(after.master.node).toBe(during.master.node)
  expect(bladePids(after)).toEqual(bladePids(before))
})

test('R46: both killed while in sync: either comes back, and adopts the farm as it is', async () => {
  const before = await farm.until(isWhole)
  for (const node of ['m1', 'm2']) process.kill(pidOf(before, node), 'SIGKILL')
  const after = await farm.until((status) => isWhole(status) && status.master.epoch > before.master.epoch)
  expect(bladePids(after)).toEqual(bladePids(before))
  expect(after.groups.map(({ members }) => members.length)).toEqual(before.groups.map(({ members }) => members.length))
})
