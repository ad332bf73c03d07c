// Two controllers (Kvaser PCI, SJA1000) on one bus: what one sends goes over the wire to the other.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import { siteTransport } from '../../../src/processes/site-transport.ts'
import { formatAddress } from '../../../src/protocol/address.ts'
import type { NodeId } from '../../../src/protocol/ids.ts'
import { parseFarmConfig } from '../../../src/runtime/farm-config.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import type { CanFrame } from '../../../src/transport/can/can-bus.ts'
import { ip, type KernelBus, kernelBus, until } from './kernel-bus.ts'

let ends: readonly [KernelBus, KernelBus]

beforeAll(() => {
  for (const name of ['can0', 'can1']) ip(`link set ${name} type can bitrate 1000000 restart-ms 100`)
  for (const name of ['can0', 'can1']) ip(`link set ${name} up`)
  ends = [kernelBus('can0'), kernelBus('can1')]
})

afterAll(async () => {
  for (const end of ends) await end.stop()
})

const frames = (from: number, count: number): CanFrame[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: 0x100 + from, isExtended: true, isFd: false, isBitRateSwitched: false },
    data: Uint8Array.from([from, i >> 8, i & 0xff, 0, 0xff, 0, 0xff, 0]),
  }))

test('1000 frames each way at once arrive in order, none lost or doubled', async () => {
  const [a, b] = ends
  const [fromA, fromB] = [frames(1, 1000), frames(2, 1000)]
  const beganMs = performance.now()
  a.pump(fromA)
  b.pump(fromB)
  await until(() => a.received.length >= 1000 && b.received.length >= 1000, 'all frames', 60_000)
  const rate = 2000 / ((performance.now() - beganMs) / 1000)
  process.stdout.write(`\n${JSON.stringify({ measured: 'framesPerSecond', value: Math.round(rate) })}\n`)
  await sleep(50)
  expect(a.received).toEqual(fromB)
  expect(b.received).toEqual(fromA)
  expect(ends.map(({ states }) => states)).toEqual([[], []])
})

test('a controller that is set down and up again carries on', async () => {
  const [a, b] = ends
  const before = b.received.length
  ip('link set can0 down')
  a.pump(frames(3, 1))
  await until(() => a.bus.state() === 'passive', 'passive')
  ip('link set can0 up')
  await until(() => b.received.length === before + 1, 'the frame that waited')
  expect(a.bus.state()).toBe('active')
})

test('R44: a site master on one and an agent on the other: a link over the wire, every message in order; down it is lost, up it is back', async () => {
  const master = transportOn('can0', 'm1')
  const agent = transportOn('can1', 'a01')
  await until(() => master.ups.length === 1 && agent.ups.length === 1, 'the link')
  const from = formatAddress('here', 'm1', 'script')
  const to = formatAddress('here', 'a01', 'script')
  // One after the other: in emulation a burst of them takes longer than a link waits for an acknowledgement.
  const bodies = Array.from(
    { length: 30 },
    (_, i) => ({ type: 'load.set', account: `a${'b'.repeat(i)}`, ratePerSecond: i }) as const,
  )
  for (const [index, body] of bodies.entries()) {
    master.transport.send('a01', { from, to, lane: 'normal', body })
    await until(() => agent.bodies.length > index, 'the message')
    agent.transport.send('m1', { from: to, to: from, lane: 'control', body })
    await until(() => master.bodies.length > index, 'the answer')
  }
  expect([master.bodies, agent.bodies]).toEqual([bodies, bodies])
  ip('link set can1 down')
  await until(() => master.lost.length === 1 && agent.lost.length === 1, 'the loss')
  ip('link set can1 up')
  await until(() => master.ups.length === 2 && agent.ups.length === 2, 'the link again')
  for (const { transport } of [master, agent]) await new Promise<void>((resolve) => transport.stop(resolve))
})

/** Of a process whose farm has that one bus, and calls nobody over WebSocket. */
function transportOn(bus: string, node: 'm1' | 'a01') {
  const parsed = parseFarmConfig(
    `
      site: { id: here }
      cabinets: [{ id: c01, slots: 2 }]
      masters: { count: 1, leaseMs: 8000 }
      channel: { can: { backend: socketcan, buses: [${bus}] } }
      accounts:
        - id: shop
          groups:
            - id: web
              port: 18110
              responseLimitMs: 5000
              roles: [{ id: front, image: shop-web, committed: 1, max: 2, ratePerBlade: 100 }]
    `,
    'here',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  const { config } = parsed
  const transport = siteTransport({
    ...{ node, incarnation: 1, config, random: createSeededRandom(node), log: createArrayLog() },
    ...{ secretsOf: () => ['of both'], connect: [], token: '' },
  })
  const heard = { transport, ups: [] as NodeId[], lost: [] as string[], bodies: [] as unknown[] }
  transport.start({
    linkUp: (peer) => heard.ups.push(peer),
    linkLost: (_, why) => heard.lost.push(why),
    received: (_, { body }) => heard.bodies.push(body),
  })
  return heard
}
