// A farm inside somebody's own service: what goes wrong comes as a coded error to whoever asked, and harms the service never.
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allPids, argumentsOf } from '../../src/drivers/process/proc.ts'
import { type Farm, loadFarmConfig, startFarm } from '../../src/index.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { type FarmFolder, makeFarmFolder, run, startFarmProcess } from './farm-process.ts'

let folder: FarmFolder
let farms: Farm[]
let thief: Server | undefined

beforeEach(() => {
  folder = makeFarmFolder()
  farms = []
})
afterEach(async () => {
  await Promise.all(farms.map((farm) => farm.stop()))
  await new Promise((closed) => (thief ? thief.close(closed) : closed(undefined)))
  thief = undefined
  folder.remove()
})

const left = () => allPids().filter((pid) => argumentsOf(pid).some((text) => text.includes(folder.runDirectory)))

async function start(more: { startMsMax?: number } = {}): Promise<Farm> {
  const { runDirectory, config } = folder
  const farm = await startFarm(await loadFarmConfig(config), { runDirectory, log: createArrayLog(), ...more })
  farms.push(farm)
  return farm
}

async function take(port: number): Promise<void> {
  const server = createServer()
  thief = server
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
}

test('R60: a start that fails rejects with its code, leaves nothing running, and can be tried again', async () => {
  await take(folder.shopPort)
  await expect(start()).rejects.toMatchObject({ code: 'PORT_IN_USE', name: 'ConfigError' })
  expect(left()).toEqual([])
  await expect(start({ startMsMax: 10 })).rejects.toHaveProperty('code')
  expect(left()).toEqual([])
  await new Promise((closed) => thief?.close(closed))
  const farm = await start()
  expect(farm.status().master.state).toBe('leading')
})

test('R60: the levels of the start have a deadline', async () => {
  await expect(start({ startMsMax: 10 })).rejects.toMatchObject({ code: 'ASK_TIMED_OUT', name: 'TransportError' })
  expect(left()).toEqual([])
})

test('R60: a second farm in the same directory is refused; the first goes on, and what it refuses has its code', async () => {
  const farm = await start()
  await expect(start()).rejects.toMatchObject({ code: 'RUN_DIRECTORY_IN_USE', name: 'ConfigError' })
  expect(farm.status().processes.filter(({ isUp }) => !isUp)).toEqual([])
  await expect(farm.move('c09-s09', 'shop/web')).rejects.toMatchObject({ code: 'BLADE_UNKNOWN', name: 'ConfigError' })
  await expect(farm.move('c01-s01', 'no/body')).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' })
  expect(() => farm.explain('mv-999999')).toThrow('RECORD_UNKNOWN')

  // An operator's start there is refused too, and ends nobody's service.
  const refused = await run('start', '--config', folder.config, '--run-dir', folder.runDirectory)
  expect(refused.stderr).toContain('RUN_DIRECTORY_IN_USE')
  expect(refused.code).toBe(2)
})

test('R60: a service that has stopped its farm lives on when a launcher starts one in the same directory', async () => {
  const farm = await start()
  await farm.stop()
  expect(left()).toEqual([])
  await farm.stop()
  // It would end what it takes for a leftover before anything else.
  const other = await startFarmProcess(folder)
  await expect(start()).rejects.toMatchObject({ code: 'RUN_DIRECTORY_IN_USE' })
  expect(await other.stop()).toBe(0)
})
