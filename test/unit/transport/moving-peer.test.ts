// A master that was started again and could not have its port again: those that call it ask where it is before each call.
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { createWebSocketTransport } from '../../../src/transport/websocket/web-socket-transport.ts'
import { listen } from '../../contract/transport.ts'
import { until } from '../../contract/web-socket-site.ts'

const running: Transport[] = []
const stop = (transport: Transport) => new Promise<void>((stopped) => transport.stop(stopped))
afterEach(() => Promise.all(running.splice(0).map(stop)))

const common = { clock: systemClock, random: createSeededRandom('moving peer'), log: createArrayLog() }
const settings = { firstWaitMs: 10, maxWaitMs: 50 }

function master(incarnation: number, listening: (port: number) => void): Transport {
  const listen = { host: '127.0.0.1', port: 0, tokensOf: () => ['x'], listening }
  return createWebSocketTransport({ ...common, node: 'm1', incarnation, listen })
}

test('a caller finds a peer that has come back at another port', async () => {
  let port = 0
  const know = (bound: number) => {
    port = bound
  }
  const first = master(1, know)
  listen(first)
  await until(() => port !== 0)
  const agent = createWebSocketTransport({
    ...common,
    node: 'a01',
    incarnation: 1,
    connect: [{ peer: 'm1', url: () => `ws://127.0.0.1:${port}` }],
    token: 'x',
    settings,
  })
  running.push(agent)
  const ear = listen(agent)
  await until(() => ear.count('up') === 1)
  const before = port
  const second = master(2, know)
  running.push(second)
  listen(second)
  await until(() => port !== before)
  await stop(first)
  await until(() => ear.count('up') === 2)
  expect(agent.peers()).toEqual(['m1'])
})

test.each(['http://127.0.0.1:1', 'nonsense'])('a place %j that is none is refused at once', (url) => {
  const connect = [{ peer: 'm1', url: () => url }]
  expect(() => createWebSocketTransport({ ...common, node: 'a01', incarnation: 1, connect, token: 'x' })).toThrow(
    `CONFIG_INVALID at m1: not a ws:// address: ${url}`,
  )
})
