import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame, CanState } from '../../../../src/transport/can/can-bus.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'
import { createSocketcanBus } from '../../../../src/transport/can/socketcan-bus.ts'
import { rawChannelOn } from '../../../contract/raw-channel.ts'

async function setUp() {
  const clock = createVirtualClock()
  const random = createSeededRandom('socketcan')
  const rates = { bitRate: 1_000_000, dataBitRate: 5_000_000 }
  const wire = createMemoryBus({ clock, random, name: 'can0', ...rates, isFd: true })
  const channel = rawChannelOn(wire.attach('kernel'), clock)
  const other = wire.attach('other')
  const heard: CanFrame[] = []
  other.start({ received: (one) => heard.push(one), sent() {}, stateChanged() {} })
  const load = async () => ({ createRawChannelWithOptions: () => channel })
  const bus = await createSocketcanBus({ name: 'can0', ...rates, clock, load })
  const received: CanFrame[] = []
  const states: CanState[] = []
  bus.start({ received: (one) => received.push(one), sent() {}, stateChanged: (state) => states.push(state) })
  return { clock, channel, other, heard, bus, received, states }
}

const frame = (bytes: number, id = 7): CanFrame => ({
  ...{ id, isExtended: true, isFd: bytes > 8, isBitRateSwitched: bytes > 8 },
  data: new Uint8Array(bytes).fill(3),
})

test('FD frames go both ways', async () => {
  const { clock, other, heard, bus, received } = await setUp()
  bus.send(frame(64))
  other.send(frame(48, 8))
  clock.advanceBy(10)
  expect([heard, received]).toEqual([[frame(64)], [frame(48, 8)]])
})

test('what the kernel does not take is told again, passive meanwhile', async () => {
  const { clock, channel, heard, bus, states } = await setUp()
  channel.isFull = true
  bus.send(frame(8))
  clock.advanceBy(200)
  expect([states, heard]).toEqual([['passive'], []])
  channel.isFull = false
  clock.advanceBy(20)
  expect(heard).toEqual([frame(8)])
})

test('error frames of the kernel say passive, active, off and back', async () => {
  const { channel, bus, states, received } = await setUp()
  const error = (id: number, controller = 0) =>
    channel.say({ id, err: true, data: Buffer.from([0, controller, 0, 0, 0, 0, 0, 0]) })
  error(0x04, 0x20)
  error(0x04, 0x40)
  error(0x40)
  expect([bus.state(), bus.send(frame(1))]).toEqual(['off', 'off'])
  error(0x04, 0x40)
  expect(bus.state()).toBe('off')
  error(0x100)
  expect([states, received]).toEqual([['passive', 'active', 'off', 'active'], []])
  expect(bus.counters()).toMatchObject({ errors: 5, busOffs: 1, received: 0 })
})

test.each([
  ['the package is not installed', undefined],
  [
    'the kernel has no CAN',
    async () => ({
      createRawChannelWithOptions(): never {
        throw new Error('Error while creating channel')
      },
    }),
  ],
])('where %s, it says so and what else there is', async (_, load) => {
  const opening = createSocketcanBus({
    ...{ name: 'can-none', bitRate: 1_000_000, clock: createVirtualClock() },
    ...(load && { load }),
  })
  await expect(opening).rejects.toMatchObject({ code: 'CAN_UNSUPPORTED' })
})
