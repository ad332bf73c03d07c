// R44: a cabinet's bus and the backbone, to the bit, with one gateway between them or two.
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { Log } from '../../src/ports/log.ts'
import { digestSubject, type GatewayOptions, runGateway } from '../../src/runtime/run-gateway.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { emptyBook, readDigest } from '../../src/transport/can/cabinet-digest.ts'
import { backboneSubjects, cabinetSubjects } from '../../src/transport/can/cabinet-relay.ts'
import { createCyphalNode } from '../../src/transport/can/cyphal-node.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const index = 4
const interest = { payloadBytesMax: 400, transferIdTimeoutMs: 1_000 }

function cabinetSite({ gateways = 1 } = {}) {
  const clock = createVirtualClock()
  const random = createSeededRandom('gateway')
  const bus = (name: string) =>
    createMemoryBus({ clock, random: random.fork(name), name, bitRate: 1_000_000, isFd: false })
  const [cabinet, backbone] = [bus('cabinet'), bus('backbone')]
  const node = (on: typeof cabinet, name: string, number: number) => {
    const one = createCyphalNode({ node: number, buses: [on.attach(name)], clock, periodMs: 500 })
    one.start()
    const beat = () => {
      one.publish(7_509, new Uint8Array(7), { priority: 4 })
      clock.setTimer(500, beat)
    }
    beat()
    return one
  }
  const blade = node(cabinet, 's03', 3)
  node(cabinet, 's05', 5)
  const master = node(backbone, 'm1', 33)
  const atMaster: number[][] = []
  const atBlade: number[][] = []
  let book = emptyBook
  master.subscribe(backboneSubjects.up + 2 * index, interest, ({ payload }) => atMaster.push([...payload]))
  master.subscribe(digestSubject + 2 * index, interest, ({ payload }) => {
    book = readDigest(book, payload)
  })
  blade.subscribe(cabinetSubjects.down, interest, ({ payload }) => atBlade.push([...payload]))
  let lives = 0
  const start = (number: number) => {
    lives += 1
    const name = `g${number}-${lives}`
    const options: GatewayOptions = {
      ...{
        site: 's1',
        node: 'g1',
        incarnation: lives,
        cabinet: 'c05',
        index,
        slots: 8,
        number,
        isPaired: gateways === 2,
      },
      buses: { cabinet: [cabinet.attach(name)], backbone: [backbone.attach(name)] },
      ports: { clock, random: random.fork(name), log: silent },
    }
    return {
      name,
      running: runGateway(options),
      /** Without a word: its controllers are gone from both buses. */
      die() {
        cabinet.cut(name)
        backbone.cut(name)
      },
    }
  }
  const running = Array.from({ length: gateways }, (_, i) => start(100 + i))
  clock.advanceBy(3_000)
  return {
    ...{ clock, cabinet, backbone, running, start, atMaster, atBlade },
    up: (...bytes: number[]) => blade.publish(cabinetSubjects.up, Uint8Array.of(33, ...bytes), { priority: 3 }),
    down: (...bytes: number[]) =>
      master.publish(backboneSubjects.down + 2 * index, Uint8Array.of(3, ...bytes), { priority: 3 }),
    states: () => book.states,
  }
}

test('R44: what a blade and a master say to each other passes the gateway, once, in a few milliseconds', () => {
  const { clock, up, down, atMaster, atBlade } = cabinetSite()
  const long = Array.from({ length: 300 }, (_, i) => i & 0xff)
  up(1, 2, 3)
  down(9)
  clock.advanceBy(5)
  expect([atMaster, atBlade]).toEqual([[[33, 3, 1, 2, 3]], [[3, 33, 9]]])
  up(...long)
  clock.advanceBy(30)
  expect(atMaster.at(-1)).toEqual([33, 3, ...long])
})

test('R44: of two gateways one forwards; when it dies the other does, within three periods', () => {
  const { clock, running, up, atMaster } = cabinetSite({ gateways: 2 })
  expect(running.map((one) => one.running.state()).toSorted()).toEqual(['forwarding', 'standingBy'])
  up(1)
  clock.advanceBy(5)
  expect(atMaster).toEqual([[33, 3, 1]])
  const active = running.find((one) => one.running.state() === 'forwarding')
  const other = running.find((one) => one !== active)
  active?.die()
  clock.advanceBy(800)
  expect(other?.running.state()).toBe('forwarding')
  up(2)
  clock.advanceBy(5)
  expect(atMaster.at(-1)).toEqual([33, 3, 2])
})

test('R44: a gateway that begins anew forwards again, and nothing of its former life is missing', () => {
  const { clock, running, start, up, atMaster } = cabinetSite()
  running[0]?.die()
  up(1)
  clock.advanceBy(2_000)
  expect(atMaster).toEqual([])
  const again = start(100)
  clock.advanceBy(1_500)
  expect(again.running.state()).toBe('forwarding')
  up(2)
  clock.advanceBy(5)
  // The controller of the blade kept what nobody took.
  expect(atMaster.at(-1)).toEqual([33, 3, 2])
  expect(atMaster.length).toBeLessThanOrEqual(2)
})

test('R44: a gateway whose backbone is cut forwards nothing and says so; it goes on when the cut is healed', () => {
  const { clock, running, backbone } = cabinetSite()
  backbone.cutAll()
  clock.advanceBy(3_000)
  expect(running[0]?.running.state()).toBe('cut')
  backbone.healAll()
  clock.advanceBy(2_000)
  expect(running[0]?.running.state()).toBe('forwarding')
})

test('R02: a master knows by digests how the blades of a cabinet are, also of one that falls silent', () => {
  const { clock, cabinet, states } = cabinetSite()
  const known = () => states().flatMap((state, slot) => (state === 'silent' ? [] : [`${slot + 1} ${state}`]))
  expect(known()).toEqual(['3 nominal', '5 nominal'])
  cabinet.cut('s03')
  clock.advanceBy(4_000)
  expect(known()).toEqual(['5 nominal'])
})
