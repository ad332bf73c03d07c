// R44: a peer with an unknown wire version is told so and refused; of versions that both ends speak they speak the newest.
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type DatagramHandlers, noRefusals } from '../../../src/transport/redundant/datagram-channel.ts'
import { createRedundantTransport } from '../../../src/transport/redundant/redundant-transport.ts'
import { createWebSocketTransport } from '../../../src/transport/websocket/web-socket-transport.ts'
import { listen } from '../../contract/transport.ts'
import { until } from '../../contract/web-socket-site.ts'

const running: Transport[] = []
const stop = (transport: Transport) => new Promise<void>((stopped) => transport.stop(stopped))
afterEach(() => Promise.all(running.splice(0).map(stop)))

async function webSocketPair(masters: readonly number[], agents: readonly number[]) {
  const common = { clock: systemClock, random: createSeededRandom('versions'), incarnation: 1 }
  const logs = { m1: createArrayLog(), a01: createArrayLog() }
  let port = 0
  const listening = (bound: number) => {
    port = bound
  }
  const listenOptions = { host: '127.0.0.1', port: 0, tokensOf: () => ['x'], listening }
  const m1 = createWebSocketTransport({ ...common, node: 'm1', log: logs.m1, versions: masters, listen: listenOptions })
  running.push(m1)
  const master = listen(m1)
  await until(() => port !== 0)
  const connect = [{ peer: 'm1', url: `ws://127.0.0.1:${port}` }]
  const a01 = createWebSocketTransport({
    ...{ ...common, node: 'a01', log: logs.a01, versions: agents, connect, token: 'x' },
    settings: { firstWaitMs: 5, maxWaitMs: 20 },
  })
  running.push(a01)
  return { master, agent: listen(a01), logs }
}

describe('R44: over WebSocket', () => {
  test.each([
    [[1], [2, 1]],
    [[2, 1], [1]],
    [
      [2, 1],
      [2, 1],
    ],
  ])('a master that speaks %j and an agent that speaks %j have a link', async (masters, agents) => {
    const { master, agent } = await webSocketPair(masters, agents)
    await until(() => master.count('up') === 1 && agent.count('up') === 1)
  })

  test('where there is none in common both ends say so, once at the caller, and it does not call in a tight loop', async () => {
    const { master, agent, logs } = await webSocketPair([1], [3, 2])
    await until(() => master.transport.counters().otherVersion >= 3)
    const refused = (log: ReturnType<typeof createArrayLog>) =>
      log.entries.filter(({ event }) => event === 'channel.version.refused')
    expect(refused(logs.a01)).toHaveLength(1)
    expect(refused(logs.a01)[0]).toMatchObject({
      fields: { code: 'WIRE_VERSION_UNKNOWN', peer: 'm1', ours: [3, 2], theirs: [1] },
    })
    expect(refused(logs.m1)[0]).toMatchObject({ fields: { ours: [1], theirs: [3, 2] } })
    expect(agent.count('up') + master.count('up')).toBe(0)
  })
})

test('R44: over datagrams: the called end says goodbye, both say why, and the caller goes on at its slowest', () => {
  const clock = createVirtualClock()
  const ends = new Map<string, DatagramHandlers>()
  const logs = { m1: createArrayLog(), a01: createArrayLog() }
  let datagrams = 0
  const start = (node: 'm1' | 'a01', peer: string, version: number) => {
    const transport = createRedundantTransport({
      ...{ node, incarnation: 1, clock, random: createSeededRandom(node), meets: [peer], log: logs[node], version },
      ...{ admits: () => true, isRelay: () => false },
      channels: [
        {
          ...{ name: 'can0', kind: 'can', start: (handlers) => ends.set(node, handlers) },
          send(to, bytes) {
            datagrams += 1
            clock.setTimer(1, () => ends.get(to)?.received(node, bytes))
            return 'accepted'
          },
          ...{ isHealthy: () => true, refusals: () => noRefusals, stop: (stopped) => stopped() },
          health: () => ({ state: 'healthy', silentMs: 0, queueAgeMs: 0, load: null, statistics: [] }),
        },
      ],
    })
    return listen(transport)
  }
  const [master, agent] = [start('m1', 'a01', 2), start('a01', 'm1', 1)]
  clock.advanceBy(10_000)
  expect(master.count('up') + agent.count('up')).toBe(0)
  expect(datagrams).toBeLessThan(60)
  for (const [log, ours, theirs] of [
    [logs.m1, 2, 1],
    [logs.a01, 1, 2],
  ] as const)
    expect(log.entries.filter(({ event }) => event === 'channel.version.refused')).toMatchObject([
      { fields: { code: 'WIRE_VERSION_UNKNOWN', ours, theirs } },
    ])
})
