// Two controllers (Kvaser PCI, SJA1000) on one bus: what one sends goes over the wire to the other.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CanFrame } from '../../../src/transport/can/can-bus.ts'
import { ip, type KernelBus, kernelBus, until } from './kernel-bus.ts'

let ends: readonly [KernelBus, KernelBus]

beforeAll(() => {
  for (const name of ['can0', 'can1']) ip(`link set ${name} type can bitrate 1000000 restart-ms 100`)
  for (const name of ['can0', 'can1']) ip(`link set ${name} up`)
  ends = [kernelBus('can0'), kernelBus('can1')]
})

afterAll(async () => {
  for (const end of ends) await end.stop()
})

const frames = (from: number, count: number): CanFrame[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: 0x100 + from, isExtended: true, isFd: false, isBitRateSwitched: false },
    data: Uint8Array.from([from, i >> 8, i & 0xff, 0, 0xff, 0, 0xff, 0]),
  }))

test('1000 frames each way at once arrive in order, none lost or doubled', async () => {
  const [a, b] = ends
  const [fromA, fromB] = [frames(1, 1000), frames(2, 1000)]
  const beganMs = performance.now()
  a.pump(fromA)
  b.pump(fromB)
  await until(() => a.received.length >= 1000 && b.received.length >= 1000, 'all frames', 60_000)
  const rate = 2000 / ((performance.now() - beganMs) / 1000)
  process.stdout.write(`\n${JSON.stringify({ measured: 'framesPerSecond', value: Math.round(rate) })}\n`)
  await sleep(50)
  expect(a.received).toEqual(fromB)
  expect(b.received).toEqual(fromA)
  expect(ends.map(({ states }) => states)).toEqual([[], []])
})

test('a controller that is set down and up again carries on', async () => {
  const [a, b] = ends
  const before = b.received.length
  ip('link set can0 down')
  a.pump(frames(3, 1))
  await until(() => a.bus.state() === 'passive', 'passive')
  ip('link set can0 up')
  await until(() => b.received.length === before + 1, 'the frame that waited')
  expect(a.bus.state()).toBe('active')
})
