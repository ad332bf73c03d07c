// Processes of a farm - site master, agent, balancer - on one CAN interface of the kernel, with WebSocket blocked from the
// start: no connection between them is ever made. candump of can-utils hears it all, others on the bus talk nonsense.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCanDecoder } from '../../../src/cli/can-decoder.ts'
import type { DecodedTransfer } from '../../../src/cli/decoded-transfer.ts'
import { type Farm, loadFarmConfig, startFarm } from '../../../src/index.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { candump, cansend, type Dump, ip, makeVirtual, until } from './kernel-bus.ts'

const root = join(import.meta.dirname, '../../..')
const channelPort = 18_100

/** One site master: this process, with a kernel in emulation, is too slow to be sure to lead before another one does. */
const configuration = `
site: { id: here }
images: ${root}/examples/images
volumes: ${root}/examples/volumes
cabinets:
  - { id: c01, slots: 2 }
masters: { count: 1, leaseMs: 8000 }
channel:
  port: ${channelPort}
  can: { backend: socketcan, buses: [vcan0], dataBitRate: 5000000 }
accounts:
  - id: shop
    groups:
      - id: web
        port: 18110
        responseLimitMs: 5000
        roles: [{ id: front, image: shop-web, committed: 1, max: 2, ratePerBlade: 100, volumes: [content] }]
decisions:
  tickMs: 1000
  steps: { deadlinesMs: { boot: 120000, probe: 30000, join: 30000, setPointers: 30000, powerOn: 60000 } }
`

let folder: string
let dump: Dump
let farm: Farm

beforeAll(async () => {
  makeVirtual('vcan0')
  blockConnectionsTo(channelPort, channelPort + 1)
  dump = await candump('vcan0')
  folder = mkdtempSync(join(tmpdir(), 'farm-'))
  const file = join(folder, 'bladewright.yaml')
  writeFileSync(file, configuration)
  const config = await loadFarmConfig(file)
  const beganMs = performance.now()
  const log = createArrayLog()
  try {
    farm = await startFarm(config, { runDirectory: join(folder, 'run'), log, startMsMax: 150_000 })
  } catch (error) {
    throw new Error(`${error}: ${JSON.stringify(log.entries.slice(-40)).slice(0, 6000)}`)
  }
  measured('farmUpMs', performance.now() - beganMs)
}, 200_000)

afterAll(async () => {
  dump.stop()
  await farm?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

test('it is up over CAN alone: the bus is healthy, nothing came over WebSocket', () => {
  const { channels, processes } = farm.status()
  expect(channels).toMatchObject([
    { name: 'vcan0', state: 'healthy' },
    { name: 'ws', received: 0 },
  ])
  expect(channels[1]?.state).not.toBe('healthy')
  expect(processes.filter(({ isUp }) => isUp).length).toBe(3)
})

test('R42: a move goes through over CAN alone, and explain tells of it', async () => {
  const beganMs = performance.now()
  const spare = farm.status().blades.find(({ group }) => group === null)?.blade ?? 'none'
  const { move } = await farm.move(spare, 'shop/web')
  if (move === null) throw new Error('no move was made')
  const joined = () => farm.status().blades.filter(({ lifecycle }) => lifecycle === 'joined').length === 2
  await until(() => joined() && farm.status().moves.length === 0, 'end of the move', 100_000)
  measured('moveMs', performance.now() - beganMs)
  expect(farm.explain(move)).toMatchObject({ blade: spare, outcome: 'done' })
  expect(farm.status().channels[1]).toMatchObject({ name: 'ws', received: 0 })
})

test('what candump wrote is Cyphal without a fault: every CRC and every toggle is right', () => {
  const lines = dump.lines()
  const transfers = decoded(lines)
  measured('frames', lines.length)
  measured('transfers', transfers.length)
  // What is older than its lifetime is given up, also half way: on a machine this slow a few are.
  const isGivenUp = ({ error }: DecodedTransfer) => error === 'its end is missing'
  expect(transfers.filter((one) => !isGivenUp(one) && (one.error !== null || one.crc === 'bad'))).toEqual([])
  expect(transfers.filter(isGivenUp).length).toBeLessThan(transfers.length / 20)
  const long = transfers.filter(({ crc }) => crc === 'ok')
  expect([lines.length > 400, long.length > 50]).toEqual([true, true])
  // Heartbeats of agent, site master and balancer.
  const alive = new Set(transfers.filter(({ subject }) => subject === 7509).map(({ source }) => source))
  expect([...alive].sort()).toEqual([100, 33, 41])
})

test('R65: garbage, foreign transfers and frames in the name of a master break nothing', async () => {
  const { blades: before, master } = farm.status()
  // 500 frames of any identifier and any bytes, remote and short ones among them.
  execFileSync('cangen', ['vcan0', '-n', '500', '-g', '2', '-e', '-I', 'r', '-L', 'r', '-D', 'r'])
  const inNameOfMaster = (subject: number) =>
    ((0b011 << 21) | (2 << 26) | (subject << 8) | 33).toString(16).padStart(8, '0')
  for (const subject of [3000, 3001, 3002, 3003, 7509])
    cansend(
      'vcan0',
      ...['', 'A0', '00', '40', 'FFFFFFFFFFFFFFE0', '0102030405060720', '64A003FFFFFFFFA0'].map(
        (bytes) => `${inNameOfMaster(subject)}#${bytes}`,
      ),
    )
  cansend('vcan0', '20000040#0000000000000000', '123#R', '7FF#00')
  const heard = farm.status().channels[0]?.received ?? 0
  await until(() => (farm.status().channels[0]?.received ?? 0) > heard + 20, 'traffic after it')
  const { blades, channels, master: after } = farm.status()
  expect(blades.map(({ blade, lifecycle, isReachable }) => ({ blade, lifecycle, isReachable }))).toEqual(
    before.map(({ blade, lifecycle }) => ({ blade, lifecycle, isReachable: true })),
  )
  expect([after.state, after.epoch]).toEqual(['leading', master.epoch])
  expect(channels[0]).toMatchObject({ name: 'vcan0', state: 'healthy' })
})

/** Whoever calls is told at once that he may not. The rule comes before the one that knows local addresses. */
function blockConnectionsTo(...ports: readonly number[]): void {
  ip('rule add pref 10 lookup local')
  ip('rule del pref 0')
  for (const port of ports) ip(`rule add pref 5 ipproto tcp dport ${port} prohibit`)
}

function decoded(lines: readonly string[]): DecodedTransfer[] {
  const decoder = createCanDecoder()
  return lines.flatMap((line) => {
    const found = decoder.line(line)
    if ('problem' in found) throw new Error(`${found.problem}: ${line}`)
    return found
  })
}

function measured(what: string, value: number): void {
  process.stdout.write(`\n${JSON.stringify({ measured: what, value: Math.round(value) })}\n`)
}
