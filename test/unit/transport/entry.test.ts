// What bladewright/transport offers is enough, by itself, to link nodes and to write a channel of one's own.
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import {
  createOutboundLanes,
  createRedundantTransport,
  createWebSocketTransport,
  type DatagramChannel,
  type DatagramHandlers,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  envelopeBytesMax,
  mayCarry,
  noRefusals,
  type RedundantTransport,
  statusKey,
  takeMostUrgent,
} from '../../../src/transport/index.ts'

const poll: Envelope = {
  from: 'bw://s1/m1/site#1',
  to: 'bw://s1/c01-s01/board#1',
  lane: 'control',
  body: { type: 'board.poll' },
}

test('R44: two nodes over a channel of one’s own, whose datagrams are lost one time in three', () => {
  const clock = createVirtualClock()
  const random = createSeededRandom('entry')
  const nodes = new Map<string, RedundantTransport>()
  const ends = new Map<string, DatagramHandlers>()
  const channelOf = (from: string): DatagramChannel => ({
    name: 'carrier pigeons',
    kind: 'can',
    start: (handlers) => ends.set(from, handlers),
    send(to, bytes) {
      if (random.next() > 1 / 3) clock.setTimer(1, () => ends.get(to)?.received(from, bytes))
      return 'accepted'
    },
    isHealthy: () => true,
    refusals: () => noRefusals,
    health: () => ({ state: 'healthy', silentMs: 0, queueAgeMs: 0, load: null, statistics: [] }),
    stop: (stopped) => stopped(),
  })
  const heard: Envelope[] = []
  for (const node of ['m1', 'c01-s01']) {
    const transport = createRedundantTransport({
      node,
      incarnation: 1,
      clock,
      random: random.fork(node),
      channels: [channelOf(node)],
      admits: (peer) => peer !== 'stranger',
      meets: [node === 'm1' ? 'c01-s01' : 'm1'],
      isRelay: () => false,
    })
    nodes.set(node, transport)
    transport.start({ linkUp() {}, linkLost() {}, received: (_peer, envelope) => heard.push(envelope) })
  }
  while (nodes.get('m1')?.peers().length !== 1) clock.runNext()
  expect(nodes.get('m1')?.send('c01-s01', poll)).toBe('accepted')
  clock.advanceBy(1_000)
  expect(heard).toEqual([poll])
})

test('the parts of a channel of one’s own: bytes there and back, by urgency, and nobody speaks for another', () => {
  const lanes = createOutboundLanes()
  const status: Envelope = { ...poll, lane: 'status', key: 'a' }
  for (const envelope of [status, poll]) {
    const bytes = encodeEnvelope(envelope)
    if (typeof bytes === 'string') throw new Error(bytes)
    lanes[envelope.lane].offer(bytes, statusKey(envelope))
  }
  const first = decodeEnvelope(takeMostUrgent(lanes) ?? new Uint8Array())
  expect(first).toEqual(poll)
  expect(decodeEnvelope(takeMostUrgent(lanes) ?? new Uint8Array())).toEqual(status)
  expect(takeMostUrgent(lanes)).toBeUndefined()
  expect(decodeEnvelope(new Uint8Array(envelopeBytesMax + 1))).toBeUndefined()
  expect([
    mayCarry('m1', () => false, poll),
    mayCarry('m2', () => false, poll),
    mayCarry('m2', () => true, poll),
  ]).toEqual([true, false, true])
})

test('an address or a token that is none is refused when the channel is made, not when it is called', () => {
  const clock = createVirtualClock()
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
  const random = createSeededRandom(1)
  const make = (url: string, token = 'abc') =>
    createWebSocketTransport({
      node: 'c01-s01',
      incarnation: 1,
      clock,
      random,
      log,
      token,
      connect: [{ peer: 'm1', url }],
    })
  for (const token of ['a b', 'ä', 'a\r\nb', 'x'.repeat(513)])
    expect(() => make('ws://127.0.0.1:1', token)).toThrow('CONFIG_INVALID at c01-s01')
  for (const url of ['http://127.0.0.1:1', 'wss://127.0.0.1:1', '127.0.0.1:1', ''])
    expect(() => make(url)).toThrow('CONFIG_INVALID at m1')
  expect(make('ws://127.0.0.1:1').peers()).toEqual([])
})
