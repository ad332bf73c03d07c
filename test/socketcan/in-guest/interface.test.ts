// What becomes of a bus when its interface is set down, is removed, or says bus-off; and who else is on it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CanFrame } from '../../../src/transport/can/can-bus.ts'
import { parseCandumpLine } from '../../../src/transport/can/candump-log.ts'
import { candump, cansend, ip, type KernelBus, kernelBus, makeVirtual, until } from './kernel-bus.ts'

let mine: KernelBus

beforeEach(() => {
  makeVirtual('vcan8')
  mine = kernelBus('vcan8')
})

afterEach(async () => {
  await mine.stop()
  ip('link del vcan8')
})

const frame = (id: number, bytes: readonly number[]): CanFrame => ({
  ...{ id, isExtended: true, isFd: false, isBitRateSwitched: false },
  data: Uint8Array.from(bytes),
})

test('candump sees what we send, and we hear what cansend says', async () => {
  const dump = await candump('vcan8')
  const frames = [frame(0x107d552a, [1, 2, 3]), { ...frame(0x123, []), isExtended: false }]
  mine.pump(frames)
  await until(() => dump.lines().length === 2, 'both lines')
  dump.stop()
  const read = dump.lines().map(parseCandumpLine)
  expect(read).toEqual(frames.map((one) => expect.objectContaining({ frame: one })))
  const before = mine.received.length
  // A remote frame is none of ours.
  cansend('vcan8', '1F334455#DEADBEEF', '321#R', '00000000#')
  await until(() => mine.received.length >= before + 2, 'both frames')
  expect(mine.received.slice(before)).toEqual([frame(0x1f334455, [0xde, 0xad, 0xbe, 0xef]), frame(0, [])])
})

test('a bus-off error frame is seen as off, a restart as active', async () => {
  cansend('vcan8', '20000040#0000000000000000')
  await until(() => mine.bus.state() === 'off', 'bus-off', 900)
  expect(mine.bus.send(frame(1, []))).toBe('off')
  cansend('vcan8', '20000100#0000000000000000')
  await until(() => mine.bus.state() === 'active', 'restart')
  expect(mine.states.filter((state) => state !== 'passive')).toEqual(['off', 'active'])
  expect(mine.bus.counters()).toMatchObject({ busOffs: 1, errors: 2 })
})

test('error passive and warning are seen', async () => {
  cansend('vcan8', '20000004#0020000000000000')
  await until(() => mine.bus.state() === 'passive', 'passive')
  cansend('vcan8', '20000004#0008000000000000')
  await until(() => mine.bus.state() === 'active', 'warning')
})

test('an interface that is down takes nothing; when it is up what waited is sent', async () => {
  ip('link set vcan8 down')
  mine.pump([frame(5, [5])])
  await until(() => mine.bus.state() === 'passive', 'passive')
  ip('link set vcan8 up')
  await until(() => mine.sent.length === 1, 'the frame')
  expect(mine.states).toEqual(['passive', 'active'])
})

test('an interface that is removed is off, and is opened again when it is back', async () => {
  ip('link del vcan8')
  await until(() => mine.bus.state() === 'off', 'off')
  makeVirtual('vcan8')
  await until(() => mine.bus.state() === 'active', 'active')
  cansend('vcan8', '00000007#07')
  await until(() => mine.received.length === 1, 'a frame')
  mine.pump([frame(8, [8])])
  await until(() => mine.sent.length === 1, 'its own frame')
  expect(mine.states).toEqual(['off', 'active'])
})
