// Redundant links over real bus models: two CAN buses to the bit, nothing else.
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'
import { createCanChannel } from '../../../../src/transport/redundant/can-channel.ts'
import { createRedundantTransport } from '../../../../src/transport/redundant/redundant-transport.ts'
import { type Ear, listen, numbered, numbersOf } from '../../../contract/transport.ts'

const bitRate = 1_000_000
const numbers = new Map([
  ['m1', 33],
  ['a01', 100],
  ['a02', 101],
])

function siteOnCan(isFd: boolean) {
  const clock = createVirtualClock()
  const random = createSeededRandom('can')
  const buses = ['can0', 'can1'].map((name) =>
    createMemoryBus({ clock, random: random.fork(name), name, bitRate, dataBitRate: 5_000_000, isFd }),
  )
  const transports = new Map<string, ReturnType<typeof createRedundantTransport>>()
  const ears = new Map<string, Ear>()
  for (const [node, number] of numbers) {
    const transport = createRedundantTransport({
      ...{ node, incarnation: 1, clock, random: random.fork(node) },
      channels: buses.map((bus) =>
        createCanChannel({ bus: bus.attach(node), bitRate, clock, self: node, number, numbers }),
      ),
      admits: (peer) => numbers.has(peer) && (node === 'm1') !== (peer === 'm1'),
      meets: node === 'm1' ? ['a01', 'a02'] : ['m1'],
      isRelay: (peer) => peer === 'm1',
    })
    transports.set(node, transport)
    ears.set(node, listen(transport))
  }
  clock.advanceBy(1_000)
  return {
    clock,
    buses,
    transport: (node: string) => transports.get(node) ?? expect.unreachable(node),
    ear: (node: string) => ears.get(node) ?? expect.unreachable(node),
  }
}

test.each([
  ['classic', false],
  ['FD', true],
])('R44: on two %s buses links come up, and everything arrives once and in order', (_, isFd) => {
  const { clock, transport, ear } = siteOnCan(isFd)
  expect(transport('m1').peers().toSorted()).toEqual(['a01', 'a02'])
  const count = 40
  for (let i = 0; i < count; i += 1)
    for (const lane of ['control', 'normal', 'bulk'] as const) {
      transport('m1').send('a01', numbered('m1', 'a01', lane, i))
      transport('a01').send('m1', numbered('a01', 'm1', lane, i))
    }
  clock.advanceBy(isFd ? 2_000 : 6_000)
  const all = Array.from({ length: count }, (_one, i) => i)
  for (const node of ['m1', 'a01'])
    for (const lane of ['control', 'normal', 'bulk'] as const) expect(numbersOf(ear(node).bodies(lane))).toEqual(all)
  expect([ear('m1').count('lost'), ear('a01').count('lost')]).toEqual([0, 0])
})

test('R44: 100 KB pass over CAN alone, and what is urgent does not wait for them', () => {
  const { clock, transport, ear } = siteOnCan(true)
  const count = 12
  for (let i = 0; i < count; i += 1) transport('m1').send('a01', numbered('m1', 'a01', 'bulk', i, 'x'.repeat(8_000)))
  clock.advanceBy(20)
  transport('m1').send('a01', numbered('m1', 'a01', 'control', 99))
  clock.advanceBy(30)
  expect(numbersOf(ear('a01').bodies('control'))).toEqual([99])
  clock.advanceBy(4_000)
  expect(numbersOf(ear('a01').bodies('bulk'))).toEqual(Array.from({ length: count }, (_, i) => i))
})

test('R44: a bus that is cut is said to be so after three periods, and costs commands no time', () => {
  const { clock, buses, transport, ear } = siteOnCan(true)
  buses[0]?.cutAll()
  transport('m1').send('a01', numbered('m1', 'a01', 'control', 7))
  clock.advanceBy(5)
  expect(numbersOf(ear('a01').bodies())).toEqual([7])
  clock.advanceBy(2_500)
  expect(
    transport('m1')
      .channels()
      .map(({ state }) => state),
  ).toEqual(['passive', 'healthy'])
  buses[0]?.healAll()
  clock.advanceBy(2_500)
  expect(
    transport('m1')
      .channels()
      .map(({ state }) => state),
  ).toEqual(['healthy', 'healthy'])
  expect(ear('m1').count('lost')).toBe(0)
})

test('the load of a bus is what is on it: little at rest', () => {
  const { clock, transport } = siteOnCan(true)
  clock.advanceBy(5_000)
  for (const { load } of transport('m1').channels()) {
    expect(load).toBeGreaterThan(0)
    expect(load).toBeLessThan(0.05)
  }
})
