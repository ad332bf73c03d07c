// R44: twenty cuts of the bus in use, on real sockets: what a link over two buses and WebSocket makes of them. The figures are printed.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { Lane } from '../../src/protocol/envelope.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { type CuttableBus, createCuttableBus } from '../../src/transport/can/cuttable-bus.ts'
import { createUdpBus } from '../../src/transport/can/udp-bus.ts'
import { createCanChannel } from '../../src/transport/redundant/can-channel.ts'
import { createRedundantTransport } from '../../src/transport/redundant/redundant-transport.ts'
import { createSealing, linkKey } from '../../src/transport/redundant/sealing.ts'
import { createWebSocketChannel } from '../../src/transport/redundant/web-socket-channel.ts'
import { numbered, numbersOf } from '../contract/transport.ts'
import { until } from '../contract/web-socket-site.ts'

const cuts = 20
const lanes = ['control', 'normal', 'status'] as const
const numbers = new Map([
  ['m1', 33],
  ['a01', 100],
])
const firstPort = 33_000 + (process.pid % 1_000) * 2
const buses: CuttableBus[][] = [[], []]
const running: Transport[] = []
let masterPort = 0

afterAll(() => Promise.all(running.map((one) => new Promise<void>((stopped) => one.stop(stopped)))))

function start(node: 'm1' | 'a01', peer: string, came: (lane: Lane, number: number) => void = () => {}) {
  const log = createArrayLog()
  const random = createSeededRandom(node)
  const rates = { bitRate: 1_000_000, dataBitRate: 5_000_000 }
  const cans = [0, 1].map((index) => {
    const self = `${node}-${process.pid}`
    const udp = createUdpBus({ name: `can${index}`, port: firstPort + index, ...rates, self, clock: systemClock, log })
    const bus = createCuttableBus(udp, systemClock)
    buses[index]?.push(bus)
    const number = numbers.get(node) ?? 0
    return createCanChannel({ bus, bitRate: rates.bitRate, clock: systemClock, self: node, number, numbers })
  })
  const listening = (port: number) => {
    masterPort = port
  }
  const place =
    node === 'm1'
      ? { listen: { host: '127.0.0.1', port: 0, tokensOf: () => ['x'], listening } }
      : { connect: [{ peer: 'm1', url: () => `ws://127.0.0.1:${masterPort}` }], token: 'x' }
  const common = { node, incarnation: 1, clock: systemClock, random, log }
  const transport = createRedundantTransport({
    ...{ ...common, meets: [peer], admits: () => true, isRelay: () => false },
    channels: [...cans, createWebSocketChannel({ ...common, name: 'ws', ...place })],
    sealing: createSealing(node, () => [linkKey('x')], systemClock),
  })
  running.push(transport)
  const count = { up: 0, lost: 0 }
  transport.start({
    linkUp() {
      count.up += 1
    },
    linkLost() {
      count.lost += 1
    },
    received(_peer, { lane, body }) {
      const [number = Number.NaN] = numbersOf([body])
      came(lane, number)
    },
  })
  return { transport, count }
}

test('R44: over twenty cuts nothing is lost, doubled or overtaken, commands take no longer, and no session ends', async () => {
  const sentAtMs: number[] = []
  const came: Record<Lane, number[]> = { control: [], normal: [], status: [], bulk: [] }
  const tookMs = { calm: structuredClone(came), cut: structuredClone(came) }
  let cutAtMs = Number.NEGATIVE_INFINITY
  const master = start('m1', 'a01', (lane, number) => {
    const at = sentAtMs[number] ?? 0
    // What was under way when it was cut, or was sent before that could be known.
    const when = at >= cutAtMs - 20 && at < cutAtMs + 600 ? 'cut' : 'calm'
    tookMs[when][lane].push(performance.now() - at)
    came[lane].push(number)
  })
  await until(() => masterPort !== 0)
  const agent = start('a01', 'm1')
  await until(() => master.count.up === 1 && agent.count.up === 1)
  // Until both buses are relied on.
  await sleep(3_000)

  const say = () => {
    const number = sentAtMs.push(performance.now()) - 1
    for (const lane of lanes) agent.transport.send('m1', numbered('a01', 'm1', lane, number))
  }
  const saying = setInterval(say, 10)
  for (let cut = 0; cut < cuts; cut += 1) {
    cutAtMs = performance.now()
    for (const bus of buses[cut % 2] ?? []) bus.cut(true)
    await sleep(600)
    for (const bus of buses[cut % 2] ?? []) bus.cut(false)
    await sleep(600)
  }
  clearInterval(saying)
  const last = sentAtMs.length - 1
  await until(() => lanes.every((lane) => came[lane].at(-1) === last))

  const all = Array.from(sentAtMs.keys())
  expect(came.control).toEqual(all)
  expect(came.normal).toEqual(all)
  // Of statuses the newest is enough; none comes twice or late.
  expect(came.status).toEqual([...new Set(came.status)].sort((one, other) => one - other))
  expect([master.count.lost, agent.count.lost]).toEqual([0, 0])
  const quantile = (values: readonly number[], q: number) =>
    Math.round(10 * (values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? 0)) / 10
  const figures = Object.fromEntries(
    lanes.map((lane) => [
      lane,
      {
        calmP50: quantile(tookMs.calm[lane], 0.5),
        cutP50: quantile(tookMs.cut[lane], 0.5),
        cutMax: quantile(tookMs.cut[lane], 1),
      },
    ]),
  )
  process.stdout.write(
    `${JSON.stringify({ cuts, sent: 3 * all.length, lost: 0, doubled: 0, overtaken: 0, ms: figures })}\n`,
  )
  // Three periods of a heartbeat.
  expect(figures.status?.cutMax).toBeLessThan(1_500)
}, 90_000)
