import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createArrayLog } from '../../../../src/testing/array-log.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanBus, CanFrame, CanState } from '../../../../src/transport/can/can-bus.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'
import { createSocketcanBus } from '../../../../src/transport/can/socketcan-bus.ts'
import type { CanInterface } from '../../../../src/transport/can/socketcan-package.ts'
import { rawChannelOn } from '../../../contract/raw-channel.ts'

function setUp(isPatient = false) {
  const clock = createVirtualClock()
  const random = createSeededRandom('socketcan')
  const rates = { bitRate: 1_000_000, dataBitRate: 5_000_000 }
  const wire = createMemoryBus({ clock, random, name: 'can0', ...rates, isFd: true, mailboxes: 64 })
  const channels = [rawChannelOn(wire.attach('kernel'), clock), rawChannelOn(wire.attach('again'), clock)]
  const other = wire.attach('other')
  const heard: CanFrame[] = []
  other.start({ received: (one) => heard.push(one), sent() {}, stateChanged() {} })
  const kernel: { can0: CanInterface | undefined; opened: number } = { can0: { type: 280, mtuBytes: 72 }, opened: 0 }
  const load = () => ({
    createRawChannelWithOptions() {
      const channel = channels[kernel.opened]
      if (!channel) throw new Error('Error while creating channel')
      kernel.opened += 1
      return channel
    },
  })
  const log = createArrayLog()
  const make = () =>
    createSocketcanBus({ name: 'can0', ...rates, clock, log, isPatient, load, interfaceOf: () => kernel.can0 })
  const received: CanFrame[] = []
  const sent: CanFrame[] = []
  const states: CanState[] = []
  const start = (bus: CanBus) =>
    bus.start({
      received: (one) => received.push(one),
      sent: (one) => sent.push(one),
      stateChanged: (state) => states.push(state),
    })
  return { clock, channels, other, heard, make, start, kernel, received, sent, states, log }
}

function started() {
  const bench = setUp()
  const bus = bench.make()
  bench.start(bus)
  const [channel] = bench.channels
  if (!channel) throw new Error('no channel')
  const error = (id: number, controller = 0) =>
    channel.say({ id, err: true, data: Buffer.from([0, controller, 0, 0, 0, 0, 0, 0]) })
  return { ...bench, bus, channel, error }
}

const frame = (bytes: number, id = 7): CanFrame => ({
  ...{ id, isExtended: true, isFd: bytes > 8, isBitRateSwitched: bytes > 8 },
  data: new Uint8Array(bytes).fill(3),
})

test('FD frames go both ways', () => {
  const { clock, other, heard, bus, received } = started()
  bus.send(frame(64))
  other.send(frame(48, 8))
  clock.advanceBy(10)
  expect([heard, received]).toEqual([[frame(64)], [frame(48, 8)]])
})

test('what the kernel does not take is told again, passive meanwhile and active when it is taken', () => {
  const { clock, channel, heard, bus, states } = started()
  channel.isFull = true
  bus.send(frame(8))
  clock.advanceBy(200)
  expect([states, heard]).toEqual([['passive'], []])
  channel.isFull = false
  clock.advanceBy(20)
  expect([states, heard]).toEqual([['passive', 'active'], [frame(8)]])
})

test('a queue of the kernel that is full for a moment is no trouble', () => {
  const { clock, channel, bus, sent, states } = started()
  channel.isFull = true
  bus.send(frame(8))
  clock.advanceBy(5)
  channel.isFull = false
  clock.advanceBy(10)
  expect([sent, states]).toEqual([[frame(8)], []])
})

test('timers that are late do not slow it down, and never give the kernel more than 2 ms of frames', () => {
  const { channel, bus } = started()
  const late = createVirtualClock()
  const clock = { ...late, setTimer: (ms: number, fire: () => void) => late.setTimer(ms === 0 ? 0 : 10, fire) }
  const given: number[] = []
  const load = () => ({
    createRawChannelWithOptions: () => ({ ...channel, send: () => given.push(late.monotonic()) }),
  })
  const interfaceOf = () => ({ type: 280, mtuBytes: 16 })
  bus.stop(() => {})
  const slow = createSocketcanBus({ name: 'can0', bitRate: 1_000_000, clock, log: createArrayLog(), load, interfaceOf })
  const fill = () => {
    while (slow.send(frame(8)) === 'accepted');
  }
  slow.start({ received() {}, sent: fill, stateChanged() {} })
  fill()
  late.advanceBy(100)
  const turns = Map.groupBy(given, (atMs) => atMs)
  const counts = [...turns.values()].map((one) => one.length).slice(1)
  // A frame of these takes 0.13 to 0.16 ms.
  expect([Math.min(...counts) >= 12, Math.max(...counts) <= 2 / 0.13 + 2]).toEqual([true, true])
})

test('error frames of the kernel say passive, active, off and back, and that it had no room', () => {
  const { bus, states, received, error } = started()
  error(0x04, 0x20)
  error(0x04, 0x40)
  error(0x04, 0x10)
  error(0x04, 0x08)
  error(0x04, 0x01)
  error(0x40)
  expect([bus.state(), bus.send(frame(1))]).toEqual(['off', 'off'])
  error(0x04, 0x40)
  expect(bus.state()).toBe('off')
  error(0x100)
  expect([states, received]).toEqual([['passive', 'active', 'passive', 'active', 'off', 'active'], []])
  expect(bus.counters()).toMatchObject({ errors: 8, busOffs: 1, received: 0, overruns: 1 })
})

test('an operator who sets a bus up again tells nobody: a frame that is heard says it is back', () => {
  const { clock, other, bus, states, received, error } = started()
  error(0x40)
  other.send(frame(3))
  clock.advanceBy(10)
  expect([states, received.length, bus.send(frame(1))]).toEqual([['off', 'active'], 1, 'accepted'])
})

test('and where nobody speaks it is tried after a second: passive until the kernel takes a frame', () => {
  const { clock, bus, heard, states, error } = started()
  error(0x40)
  clock.advanceBy(999)
  expect(bus.send(frame(1))).toBe('off')
  clock.advanceBy(2)
  expect([states, bus.send(frame(1))]).toEqual([['off', 'passive'], 'accepted'])
  clock.advanceBy(5)
  expect([states, heard]).toEqual([['off', 'passive', 'active'], [frame(1)]])
})

test('an interface that goes is off, and is opened again when it is there; what was lost is not sent later', () => {
  const { clock, channel, bus, heard, states, kernel, log } = started()
  channel.isFull = true
  bus.send(frame(8))
  clock.advanceBy(10)
  kernel.can0 = undefined
  channel.vanish()
  expect([bus.state(), bus.send(frame(1))]).toEqual(['off', 'off'])
  clock.advanceBy(5000)
  expect([states, kernel.opened]).toEqual([['off'], 1])
  kernel.can0 = { type: 280, mtuBytes: 72 }
  clock.advanceBy(1001)
  expect([states, bus.send(frame(2)), kernel.opened]).toEqual([['off', 'active'], 'accepted', 2])
  clock.advanceBy(10)
  expect(heard).toEqual([frame(2)])
  expect(log.entries.map(({ event }) => event)).toEqual(['can.bus.failed'])
})

test('stopped within what it is told, or after its interface has gone, it answers and stays quiet', () => {
  const { clock, channel, bus, states } = started()
  let stops = 0
  channel.vanish()
  channel.stop = () => {
    throw new Error('Channel not started')
  }
  bus.stop(() => {
    stops += 1
  })
  clock.advanceBy(10_000)
  expect([stops, states, bus.state()]).toEqual([1, ['off'], 'off'])
})

test('the patient one waits for an interface, and for its FD', () => {
  const { clock, make, start, kernel, states } = setUp(true)
  kernel.can0 = undefined
  const bus = make()
  start(bus)
  expect([bus.state(), bus.send(frame(1))]).toEqual(['off', 'off'])
  kernel.can0 = { type: 280, mtuBytes: 16 }
  clock.advanceBy(3000)
  expect(bus.state()).toBe('off')
  kernel.can0 = { type: 280, mtuBytes: 72 }
  clock.advanceBy(1001)
  expect([states, bus.state()]).toEqual([['off', 'active'], 'active'])
})

test.each([
  ['there is no such interface', undefined],
  ['it carries no FD frames', { type: 280, mtuBytes: 16 }],
  ['it is another network', { type: 1, mtuBytes: 1500 }],
])('where %s, it says so and what else there is', (_, can0) => {
  const { make, kernel } = setUp()
  kernel.can0 = can0
  expect(make).toThrow(expect.objectContaining({ code: 'CAN_UNSUPPORTED' }))
  expect(kernel.opened).toBe(0)
})

test.each(['', 'can 0', '../can0', 'a-name-of-sixteen'])(
  'no interface is called %j, whatever the kernel would make of it',
  (name) => {
    const interfaceOf = () => ({ type: 280, mtuBytes: 16 })
    const load = () => ({
      createRawChannelWithOptions(): never {
        throw new Error('asked')
      },
    })
    const rest = { bitRate: 1_000_000, clock: createVirtualClock(), log: createArrayLog(), load, interfaceOf }
    expect(() => createSocketcanBus({ name, ...rest })).toThrow(/no interface has such a name/)
  },
)

test('where the package is not installed, it says so', () => {
  const rest = { bitRate: 1_000_000, clock: createVirtualClock(), log: createArrayLog() }
  expect(() => createSocketcanBus({ name: 'can-none', ...rest })).toThrow(
    expect.objectContaining({ code: 'CAN_UNSUPPORTED' }),
  )
})
