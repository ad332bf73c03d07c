// R65: the table of channels in docs/security.md, a test a cell: who can speak, who can read, and what a recording is good for. Those of the
// control port are in test/unit/processes/control-server.test.ts, the encrypted WebSocket in test/real/tls.test.ts.
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { CanBus, CanFrame } from '../../../src/transport/can/can-bus.ts'
import { createMemoryBus } from '../../../src/transport/can/memory-bus.ts'
import { encodeEnvelope } from '../../../src/transport/envelope-codec.ts'
import { createCanChannel } from '../../../src/transport/redundant/can-channel.ts'
import { createRedundantTransport } from '../../../src/transport/redundant/redundant-transport.ts'
import { createSealing, linkKey } from '../../../src/transport/redundant/sealing.ts'
import { createWebSocketTransport } from '../../../src/transport/websocket/web-socket-transport.ts'
import { rawCall } from '../../contract/raw-caller.ts'
import { openTcpProxy } from '../../contract/tcp-proxy.ts'
import { listen, numbered } from '../../contract/transport.ts'
import { until } from '../../contract/web-socket-site.ts'

const numbers = new Map([
  ['m1', 33],
  ['a01', 100],
])
const bitRate = 1_000_000

/** A master and an agent on two buses of which only one carries anything, and a stranger on both. */
function siteOnOneBus(index: 0 | 1, strangersKey = 'a guess') {
  const clock = createVirtualClock()
  const random = createSeededRandom('guards')
  const rates = { bitRate, dataBitRate: 5_000_000, isFd: true }
  const buses = ['can0', 'can1'].map((name) => createMemoryBus({ clock, random: random.fork(name), name, ...rates }))
  buses[1 - index]?.cutAll()
  const start = (node: string, peer: string, secret: string, as = node) => {
    const number = numbers.get(node) ?? 0
    const transport = createRedundantTransport({
      ...{ node, incarnation: 1, clock, random: random.fork(as), admits: () => true, isRelay: () => false },
      meets: [peer],
      channels: buses.map((bus) =>
        createCanChannel({ bus: bus.attach(as), bitRate, clock, self: node, number, numbers }),
      ),
      sealing: createSealing(node, () => [linkKey(secret)], clock),
    })
    return listen(transport)
  }
  const master = start('m1', 'a01', 'the secret')
  const heard: CanFrame[] = []
  const tap: CanBus = buses[index]?.attach('tap') ?? expect.unreachable()
  const queue: CanFrame[] = []
  const next = () => {
    const [frame] = queue
    if (frame && tap.send(frame) === 'accepted') queue.shift()
  }
  tap.start({
    received: (frame) => heard.push({ ...frame, data: Uint8Array.from(frame.data) }),
    sent: next,
    stateChanged() {},
  })
  return {
    clock,
    master,
    heard,
    agent: () => start('a01', 'm1', 'the secret'),
    stranger: () => start('a01', 'm1', strangersKey, 'stranger'),
    say(frames: readonly CanFrame[]) {
      queue.push(...frames)
      next()
    },
  }
}

const textOf = (frames: readonly CanFrame[]) =>
  Buffer.concat(frames.map(({ data }) => Buffer.from(data.subarray(0, -1)))).toString('latin1')

describe.each([
  ['CAN', 0],
  ['second CAN', 1],
] as const)('on the %s', (channel, index) => {
  test(`R65: ${channel} × authentication: who does not have the key of a link has no link, whatever name it takes`, () => {
    const { clock, master, stranger } = siteOnOneBus(index)
    const eve = stranger()
    clock.advanceBy(3_000)
    expect(master.count('up') + eve.count('up')).toBe(0)
    const honest = siteOnOneBus(index, 'the secret')
    honest.stranger()
    honest.clock.advanceBy(3_000)
    expect(honest.master.count('up')).toBe(1)
  })

  test(`R65: ${channel} × encryption: none, and what is said can be read by whoever is on the bus`, () => {
    const { clock, master, agent, heard } = siteOnOneBus(index)
    const a01 = agent()
    clock.advanceBy(1_000)
    a01.transport.send('m1', numbered('a01', 'm1', 'control', 1, 'plain words'))
    clock.advanceBy(1_000)
    expect(master.bodies()).toHaveLength(1)
    expect(textOf(heard)).toContain('plain words')
  })

  test(`R65: ${channel} × replay guard: all that was heard, said again, does nothing`, () => {
    const { clock, master, agent, heard, say } = siteOnOneBus(index)
    const a01 = agent()
    clock.advanceBy(1_000)
    for (let number = 0; number < 5; number += 1) a01.transport.send('m1', numbered('a01', 'm1', 'control', number))
    clock.advanceBy(1_000)
    say([...heard])
    clock.advanceBy(5_000)
    expect(master.bodies()).toHaveLength(5)
    expect([master.count('up'), master.count('lost')]).toEqual([1, 0])
  })
})

describe('over WebSocket', () => {
  const running: Transport[] = []
  const closing: (() => void)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) close()
    await Promise.all(running.splice(0).map((one) => new Promise<void>((stopped) => one.stop(stopped))))
  })
  const common = { clock: systemClock, random: createSeededRandom('guards'), incarnation: 1 }

  async function openMaster() {
    let port = 0
    const listening = (bound: number) => {
      port = bound
    }
    const tokensOf = (node: string) => (node === 'a01' || node === 'c01-s01' ? ['the-token'] : [])
    const host = { host: '127.0.0.1', port: 0, tokensOf, listening }
    const m1 = createWebSocketTransport({ ...common, node: 'm1', log: createArrayLog(), listen: host })
    running.push(m1)
    const ear = listen(m1)
    await until(() => port !== 0)
    return { ear, port }
  }

  function startAgent(port: number) {
    const connect = [{ peer: 'm1', url: `ws://127.0.0.1:${port}` }]
    const a01 = createWebSocketTransport({ ...common, node: 'a01', log: createArrayLog(), connect, token: 'the-token' })
    running.push(a01)
    return listen(a01)
  }

  test('R65: WebSocket × authentication: both ends prove that they know the token, and neither says it', async () => {
    const { ear, port } = await openMaster()
    const said: Buffer[] = []
    const proxy = await openTcpProxy(
      () => port,
      (chunk) => void said.push(chunk),
    )
    closing.push(proxy.kill)
    const agent = startAgent(proxy.port)
    await until(() => ear.count('up') === 1 && agent.count('up') === 1)
    expect(Buffer.concat(said).toString('latin1')).toContain('x-bladewright-proof')
    expect(Buffer.concat(said).toString('latin1')).not.toContain('the-token')
    // Who answers without the token has no link either.
    const deaf = createWebSocketTransport({
      ...{ ...common, node: 'a01', log: createArrayLog(), token: 'another' },
      connect: [{ peer: 'm1', url: `ws://127.0.0.1:${port}` }],
    })
    running.push(deaf)
    listen(deaf)
    await until(() => ear.transport.counters().unauthorized > 0)
  })

  test('R65: WebSocket × replay guard: a call that was recorded opens nothing, and a message that comes twice ends its connection', async () => {
    const { ear, port } = await openMaster()
    const said: Buffer[] = []
    const proxy = await openTcpProxy(
      () => port,
      (chunk, isCallers) => {
        if (isCallers) said.push(chunk)
      },
    )
    const { socket, proved } = rawCall(proxy.port, { token: 'the-token' })
    const guard = await proved()
    await until(() => ear.count('up') === 1)
    socket.terminate()
    proxy.kill()
    await until(() => ear.count('lost') === 1)
    const again = connect(port, '127.0.0.1')
    closing.push(() => again.destroy())
    for (const chunk of said) again.write(chunk)
    await until(() => ear.transport.counters().unauthorized === 1)
    expect(ear.count('up')).toBe(1)
    expect(guard).toBeDefined()

    const other = rawCall(port, { token: 'the-token', incarnation: 2 })
    closing.push(() => other.socket.terminate())
    const bytes = encodeEnvelope(numbered('c01-s01', 'm1', 'control', 1))
    if (typeof bytes === 'string') throw new Error(bytes)
    const sealed = (await other.proved()).seal(bytes)
    await until(() => ear.count('up') === 2)
    const ended = new Promise<number>((closed) => other.socket.on('close', closed))
    other.socket.send(sealed)
    other.socket.send(sealed)
    expect(await ended).toBe(1007)
    expect(ear.bodies()).toHaveLength(1)
  })
})
