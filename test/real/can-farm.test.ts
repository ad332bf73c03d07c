// A farm whose processes speak over two CAN buses (of datagrams) and WebSocket; buses are cut while it runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'
import { calmed, type FarmFolder, makeFarmFolder, type RunningFarm, startFarmProcess } from './farm-process.ts'

const stateOf = ({ channels }: FarmStatus) => Object.fromEntries(channels.map(({ name, state }) => [name, state]))

describe.each([
  ['nothing', [], { can0: 'healthy', can1: 'healthy', ws: 'healthy' }],
  ['the first bus', ['--cut', 'can0'], { can0: 'unheard', can1: 'healthy', ws: 'healthy' }],
  ['both buses', ['--cut', 'can0,can1'], { can0: 'unheard', can1: 'unheard', ws: 'healthy' }],
] as const)('with %s cut', (_, options, states) => {
  let folder: FarmFolder
  let farm: RunningFarm

  beforeAll(async () => {
    folder = makeFarmFolder()
    farm = await startFarmProcess(folder, ...options)
    await calmed(farm)
  }, 90_000)

  afterAll(async () => {
    expect(await farm.stop()).toBe(0)
    folder.remove()
  })

  test('R44: the status says so, and a move is done as ever; no link was lost', async () => {
    await farm.until((status) => Object.entries(states).every(([name, state]) => stateOf(status)[name] === state))
    await farm.cli('move', 'c03-s02', 'news/web')
    await farm.until(({ blades }) =>
      blades.some(
        ({ blade, group, lifecycle }) => blade === 'c03-s02' && group === 'news/web' && lifecycle === 'joined',
      ),
    )
    expect(farm.log()).not.toContain('keepAliveMissed')
  }, 60_000)

  if (options.length > 0) return

  test('R65: keys are replaced while it runs; who is started anew has the new one, and everybody hears everybody', async () => {
    expect((await farm.cli('keys', 'rotate')).code).toBe(0)
    const pidOf = ({ processes }: FarmStatus) => processes.find(({ node }) => node === 'a02')?.pid ?? 0
    const before = await farm.status()
    process.kill(pidOf(before), 'SIGKILL')
    await farm.until((status) => ![0, pidOf(before)].includes(pidOf(status)))
    // Longer than an agent that nobody understands counts as there.
    await sleep(4_000)
    expect((await farm.status()).blades.every(({ isReachable }) => isReachable)).toBe(true)
    const { stdout } = await farm.cli('keys', 'list', '--json')
    const { keys } = JSON.parse(stdout) as { keys: { node: string; isReplacing: boolean }[] }
    expect(
      keys
        .filter(({ isReplacing }) => isReplacing)
        .map(({ node }) => node)
        .sort(),
    ).toEqual(['a01', 'a03', 'lb', 'load', 'm1', 'm2'])
    expect((await farm.cli('keys', 'rotate', 'a01')).code).toBe(2)
  }, 60_000)
})

test('R44: without WebSocket a full move, a takeover and `explain` work over CAN alone', async () => {
  const folder = makeFarmFolder()
  const farm = await startFarmProcess(folder, '--cut', 'ws')
  const { master } = await calmed(farm)
  await farm.until(({ channels }) => channels.some(({ name, state }) => name === 'ws' && state === 'unheard'))
  await farm.until((status) => status.master.redundancy === 'paired')
  const { stdout } = await farm.cli('move', 'c03-s02', 'news/web', '--json')
  const { move } = JSON.parse(stdout) as { move: string }
  const pid = (await farm.status()).processes.find(({ node }) => node === master.node)?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  const isThere = ({ master: leader, blades }: FarmStatus) =>
    leader.node !== master.node &&
    blades.some(({ blade, lifecycle, group }) => blade === 'c03-s02' && lifecycle === 'joined' && group === 'news/web')
  await farm.until(isThere)
  expect((await farm.cli('explain', move)).stdout).toContain('c03-s02')
  await farm.until((status) => status.master.redundancy === 'paired')
  expect((await farm.status()).channels.find(({ name }) => name === 'ws')?.state).toBe('unheard')
  expect(await farm.stop()).toBe(0)
  folder.remove()
}, 90_000)

test('an unknown bus, or one of a farm without any, is refused before anything starts', async () => {
  const folder = makeFarmFolder()
  await expect(startFarmProcess(folder, '--cut', 'can7')).rejects.toThrow()
  folder.remove()
})
