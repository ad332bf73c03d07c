// Strangers and bad peers at the WebSocket port. After each attack another peer still has its link and is still served.
import { connect as connectTcp, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { encodeEnvelope } from '../../../src/transport/envelope-codec.ts'
import { guardBytes, type MessageGuard } from '../../../src/transport/websocket/message-guard.ts'
import { type Claim, type RawCaller, rawCall } from '../../contract/raw-caller.ts'
import { type Ear, listen, numbered } from '../../contract/transport.ts'
import { openWebSocketSite, tokenOf, until, type WebSocketSite } from '../../contract/web-socket-site.ts'

let site: WebSocketSite
let master: Ear
let neighbour: Ear
const sockets: { destroy(): void }[] = []

beforeEach(async () => {
  site = await openWebSocketSite(['c01-s02'])
  master = listen(site.attach('m1', 11))
  neighbour = listen(site.attach('c01-s02', 31))
  await until(() => neighbour.count('up') === 1 && master.count('up') === 1)
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await site.close()
})

/** The attack is over: the other peer never lost its link, and both directions work. */
async function expectNeighbourServed(): Promise<void> {
  const before = master.bodies().length
  neighbour.transport.send('m1', numbered('c01-s02', 'm1', 'control', 1))
  await until(() => master.bodies().length === before + 1)
  master.transport.send('c01-s02', numbered('m1', 'c01-s02', 'control', 2))
  await until(() => neighbour.bodies().length > 0)
  expect(neighbour.count('lost')).toBe(0)
}

type Claims = Partial<Claim>

function dial(claim: Claims = {}): RawCaller {
  const caller = rawCall(site.masterPort() ?? 0, { token: tokenOf('c01-s01') ?? '', ...claim })
  sockets.push({ destroy: () => caller.socket.terminate() })
  return caller
}

async function dialled(claim?: Claims) {
  const caller = dial(claim)
  return { socket: caller.socket, raw: caller.raw, guard: await caller.proved() }
}

const statusOf = (caller: RawCaller) => caller.status()

async function closeCodeOf(socket: WebSocket): Promise<number> {
  return new Promise((closed) => socket.on('close', closed))
}

function dialTcp(): Socket {
  const socket = connectTcp(site.masterPort() ?? 0, '127.0.0.1')
  sockets.push(socket)
  return socket.on('error', () => {})
}

const envelopeBytes = (from: string, number = 1) => {
  const bytes = encodeEnvelope(numbered(from, 'm1', 'control', number))
  if (typeof bytes === 'string') throw new Error(bytes)
  return bytes
}

test.each<[string, Claims, number]>([
  ['a wrong token', { token: 'guess' }, 401],
  ['an empty token', { token: '' }, 401],
  ['the token of another node', { token: tokenOf('c01-s02') ?? '' }, 401],
  ['a node that has no token', { node: 'stranger', token: 'undefined' }, 401],
  ['a call that was meant for another node', { to: 'm2' }, 401],
  ['a name that is no node', { headers: { 'x-bladewright-node': '../m1' } }, 401],
  ['an incarnation that is no number', { headers: { 'x-bladewright-incarnation': '1e9' } }, 401],
  ['a greeting that was changed on its way', { headers: { 'x-bladewright-incarnation': '99' } }, 401],
  ['no version of the protocol', { headers: { 'x-bladewright-protocol': 'new' } }, 401],
])('%s is refused before a byte is read, and counted', async (_name, claim, status) => {
  expect(await statusOf(dial(claim))).toBe(status)
  expect(master.transport.counters()).toMatchObject({ unauthorized: 1, refusedConnections: 1 })
  expect(master.count('up')).toBe(1)
  await expectNeighbourServed()
})

test('a second connection of the present life is refused, and so is a former life', async () => {
  await dialled({ incarnation: 5 })
  await until(() => master.count('up') === 2)
  expect(await statusOf(dial({ incarnation: 5 }))).toBe(409)
  expect(await statusOf(dial({ incarnation: 4 }))).toBe(409)
  expect(master.count('lost')).toBe(0)
  expect(master.transport.counters()).toMatchObject({ unauthorized: 0, refusedConnections: 2 })
  await expectNeighbourServed()
})

test.each<[string, (socket: WebSocket, guard: MessageGuard) => void, number, object]>([
  [
    'garbage bytes',
    (socket, guard) => socket.send(guard.seal(Buffer.from('d4724092a161a1620102', 'hex'))),
    1007,
    { malformed: 1 },
  ],
  ['a message without a code', (socket) => socket.send(envelopeBytes('c01-s01')), 1007, { malformed: 1 }],
  ['a text frame', (socket) => socket.send('{"type":"board.poll"}'), 1007, { malformed: 1 }],
  ['an empty message', (socket) => socket.send(Buffer.alloc(0)), 1007, { malformed: 1 }],
  [
    'an array that claims four billion elements',
    (s, guard) => s.send(guard.seal(Buffer.from('ddffffffff', 'hex'))),
    1007,
    { malformed: 1 },
  ],
  [
    'an envelope of another node',
    (socket, guard) => socket.send(guard.seal(envelopeBytes('c01-s03'))),
    1008,
    { unauthorized: 1 },
  ],
  ['one byte too many', (socket) => socket.send(Buffer.alloc(1024 * 1024 + guardBytes + 1)), 1009, { oversized: 1 }],
])('%s ends the connection of its sender alone, and is counted', async (_name, attack, code, counted) => {
  const { socket, guard } = await dialled()
  await until(() => master.count('up') === 2)
  const closed = closeCodeOf(socket)
  attack(socket, guard)
  expect(await closed).toBe(code)
  await until(() => master.count('lost') === 1)
  expect(master.transport.counters()).toMatchObject({ ...counted, refusedConnections: 1 })
  expect(master.count('received')).toBe(0)
  await expectNeighbourServed()
})

test('what follows a bad message on the same connection is not delivered', async () => {
  const { socket, guard } = await dialled()
  const closed = closeCodeOf(socket)
  socket.send(guard.seal(Buffer.from([0xc1])))
  for (let i = 0; i < 100; i += 1) socket.send(guard.seal(envelopeBytes('c01-s01', i)))
  await closed
  await expectNeighbourServed()
  expect(master.count('received')).toBe(1)
})

/** Pushes zeros as fast as they are taken, and counts what was. */
async function pushZeros(socket: Socket, totalBytes: number): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024)
  const closed = new Promise<void>((done) => socket.once('close', () => done()))
  let pushed = 0
  while (pushed < totalBytes && !socket.destroyed && socket.writable) {
    pushed += chunk.byteLength
    if (!socket.write(chunk)) await Promise.race([closed, new Promise<void>((go) => socket.once('drain', go))])
  }
  return pushed
}

const hundredMegabytes = 100 * 1024 * 1024

test('100 MB of zeros instead of a greeting are cut off early', async () => {
  const socket = dialTcp()
  const pushed = await pushZeros(socket, hundredMegabytes)
  expect(pushed).toBeLessThan(hundredMegabytes / 4)
  expect(master.transport.counters()).toMatchObject({ malformed: 1, refusedConnections: 1 })
  await expectNeighbourServed()
})

test.each([
  ['in one message that says its size', Buffer.from('82ff000000000640000000000000', 'hex'), { oversized: 1 }],
  ['in frames that are none', Buffer.alloc(0), { malformed: 1 }],
])(
  '100 MB of zeros from a peer with a token, %s, are not even read, and end its link',
  async (_name, first, counted) => {
    const { raw: socket } = await dialled()
    await until(() => master.count('up') === 2)
    if (first.byteLength > 0) socket.write(first)
    const pushed = await pushZeros(socket, hundredMegabytes)
    // Most of it was never read; what was is not kept.
    expect(pushed).toBeLessThan(hundredMegabytes / 4)
    await until(() => master.count('lost') === 1)
    expect(master.transport.counters()).toMatchObject({ ...counted, refusedConnections: 1 })
    await expectNeighbourServed()
  },
)

test('a plain HTTP request is told to upgrade and counted', async () => {
  const response = await fetch(`http://127.0.0.1:${site.masterPort()}/`)
  expect(response.status).toBe(426)
  expect(master.transport.counters().refusedConnections).toBe(1)
  await expectNeighbourServed()
})

test('a stranger that resets its connection in the middle of the upgrade harms nothing', async () => {
  for (let i = 0; i < 20; i += 1) {
    const socket = dialTcp()
    await new Promise<void>((connected) => socket.on('connect', () => connected()))
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    socket.resetAndDestroy()
  }
  await expectNeighbourServed()
})

test('a half-open connection, whose peer reads and says nothing, is lost within the deadline', async () => {
  const { socket } = await dialled()
  await until(() => master.count('up') === 2)
  const sinceMs = performance.now()
  socket.pause()
  await until(() => master.count('lost') === 1)
  expect(master.heard.findLast(({ kind }) => kind === 'lost')).toMatchObject({
    peer: 'c01-s01',
    why: 'keepAliveMissed',
  })
  expect(performance.now() - sinceMs).toBeLessThan(2_000)
  await expectNeighbourServed()
})

test('a slow reader costs a bounded backlog, then its own link, never that of another', async () => {
  const { socket } = await dialled()
  await until(() => master.count('up') === 2)
  socket.pause()
  let accepted = 0
  while (
    master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'normal', accepted, 'x'.repeat(4_000))) === 'accepted'
  )
    accepted += 1
  // What the kernel took, what the socket may hold, what the lane may hold.
  expect(accepted * 4_000).toBeLessThan(32 * 1024 * 1024)
  await until(() => master.count('lost') === 1)
  expect(master.heard.findLast(({ kind }) => kind === 'lost')).toMatchObject({ peer: 'c01-s01', why: 'overflow' })
  expect(master.transport.counters().overflows).toBe(1)
  await expectNeighbourServed()
})

test('R65: who says more than it may is read more slowly, is counted, loses nothing, and disturbs nobody', async () => {
  const slow = await openWebSocketSite(['c01-s02'], 2, { messagesPerSecondMax: 4_000 })
  const ear = listen(slow.attach('m1', 11))
  const other = listen(slow.attach('c01-s02', 31))
  await until(() => other.count('up') === 1)
  const caller = rawCall(slow.masterPort() ?? 0, { token: tokenOf('c01-s01') ?? '' })
  const guard = await caller.proved()
  await until(() => ear.count('up') === 2)
  const sinceMs = performance.now()
  for (let number = 0; number < 10_000; number += 1) caller.socket.send(guard.seal(envelopeBytes('c01-s01', number)))
  other.transport.send('m1', numbered('c01-s02', 'm1', 'control', 9_999))
  await until(() => ear.bodies().length === 10_001)
  // A second's worth at once, and what the kernel hands over at once; the rest at the rate.
  expect(performance.now() - sinceMs).toBeGreaterThan(700)
  expect(ear.transport.counters()).toMatchObject({ refusedConnections: 0, throttled: expect.any(Number) })
  expect(ear.transport.counters().throttled).toBeGreaterThan(0)
  expect(ear.count('lost')).toBe(0)
  caller.socket.terminate()
  await slow.close()
})
