import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import { type DatagramHandlers, noRefusals } from '../../../../src/transport/redundant/datagram-channel.ts'
import { createRedundantTransport } from '../../../../src/transport/redundant/redundant-transport.ts'
import { listen } from '../../../contract/transport.ts'

function pair() {
  const clock = createVirtualClock()
  const ends = new Map<string, DatagramHandlers>()
  const dead = new Set<string>()
  const start = (node: string, peer: string) =>
    listen(
      createRedundantTransport({
        ...{ node, incarnation: 1, clock, random: createSeededRandom(node), meets: [peer] },
        ...{ admits: () => true, isRelay: () => false },
        channels: [
          {
            ...{ name: 'ws', kind: 'websocket', start: (handlers) => ends.set(node, handlers) },
            send(to, bytes) {
              if (!dead.has(node) && !dead.has(to)) clock.setTimer(1, () => ends.get(to)?.received(node, bytes))
              return 'accepted'
            },
            ...{ isHealthy: () => true, refusals: () => noRefusals, stop: (stopped) => stopped() },
            health: () => ({ state: 'healthy', silentMs: 0, queueAgeMs: 0, load: null, statistics: [] }),
          },
        ],
      }),
    )
  const master = start('m1', 'a01')
  start('a01', 'm1')
  clock.advanceBy(100)
  return { clock, ends, dead, master }
}

test('R44: a peer whose connection broke off and that says nothing is lost within 400 ms', () => {
  const { clock, ends, dead, master } = pair()
  dead.add('a01')
  ends.get('m1')?.gone('a01')
  clock.advanceBy(399)
  expect(master.count('lost')).toBe(0)
  clock.advanceBy(2)
  expect(master.heard.at(-1)).toEqual({ kind: 'lost', peer: 'a01', why: 'gone' })
})

test('R44: one that is heard on, by whatever channel, is not lost', () => {
  const { clock, ends, master } = pair()
  ends.get('m1')?.gone('a01')
  clock.advanceBy(3_000)
  expect(master.count('lost')).toBe(0)
})
