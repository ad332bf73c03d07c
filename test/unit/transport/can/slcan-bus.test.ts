import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createArrayLog } from '../../../../src/testing/array-log.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame, CanState } from '../../../../src/transport/can/can-bus.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'
import { createSlcanBus } from '../../../../src/transport/can/slcan-bus.ts'
import {
  formatSlcanFrame,
  parseSlcanFrame,
  slcanBitRate,
  slcanDataBitRate,
} from '../../../../src/transport/can/slcan-line.ts'
import { createSlcanAdapter } from '../../../contract/slcan-adapter.ts'
import { anyClassicFrame, anyFdFrame } from './any-frame.ts'

function setUp() {
  const clock = createVirtualClock()
  const random = createSeededRandom('slcan')
  const wire = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, isFd: false })
  const adapter = createSlcanAdapter(wire.attach('adapter'), clock)
  const other = wire.attach('other')
  const heard: CanFrame[] = []
  other.start({ received: (one) => heard.push(one), sent() {}, stateChanged() {} })
  const log = createArrayLog()
  const bus = createSlcanBus({ name: 'can0', bitRateCommand: 'S8', clock, log, open: adapter.open })
  const received: CanFrame[] = []
  const states: CanState[] = []
  bus.start({ received: (one) => received.push(one), sent() {}, stateChanged: (state) => states.push(state) })
  clock.advanceBy(100)
  return { clock, adapter, other, heard, log, bus, received, states }
}

function frame(id: number, bytes: readonly number[] = []): CanFrame {
  return { id, isExtended: true, isFd: false, isBitRateSwitched: false, data: Uint8Array.from(bytes) }
}

describe('a line of slcan', () => {
  test.each([
    [frame(0x107d552a, [0, 1, 0xe0]), 'T107D552A30001E0\r'],
    [{ ...frame(0x7f, [0xab]), isExtended: false }, 't07F1AB\r'],
    [{ ...frame(1, new Array<number>(12).fill(1)), isFd: true }, `D000000019${'01'.repeat(12)}\r`],
    [{ ...frame(1, []), isExtended: false, isFd: true, isBitRateSwitched: true }, 'b0010\r'],
  ])('is %j', (one, line) => {
    expect(formatSlcanFrame(one)).toBe(line)
    expect(parseSlcanFrame(line.slice(0, -1))).toEqual(one)
  })

  test('comes back as it was, with a timestamp and without', () => {
    const roundTrip = fc.property(fc.oneof(anyClassicFrame, anyFdFrame), fc.boolean(), (one, isStamped) => {
      const line = formatSlcanFrame(one).slice(0, -1)
      expect(parseSlcanFrame(isStamped ? `${line}EA5F` : line)).toEqual(one)
    })
    fc.assert(roundTrip, { seed: 5, numRuns: 300 })
  })

  test.each(['r1238', 'R000000010'])('%s is a remote frame', (line) => {
    expect(parseSlcanFrame(line)).toBe('remote')
  })

  test.each([
    '',
    't',
    't12',
    't1239',
    't12310',
    't8000',
    'T200000000',
    't123100112233',
    'x1230',
    't12g0',
    'b1231',
    'r1239',
  ])('%j is none', (line) => {
    expect(parseSlcanFrame(line)).toBe('malformed')
  })

  test('names the bit rates that the protocol has, and no others', () => {
    expect([slcanBitRate(1_000_000), slcanBitRate(10_000), slcanBitRate(83_333)]).toEqual(['S8', 'S0', undefined])
    expect([slcanDataBitRate(5_000_000), slcanDataBitRate(3_000_000)]).toEqual(['Y5', undefined])
  })
})

describe('a bus behind a serial adapter', () => {
  test('sets the adapter up from whatever it was in, and closes it at the end', () => {
    const { clock, bus, adapter } = setUp()
    expect(adapter.told).toEqual(['', '', 'C', 'S8', 'Z0', 'O'])
    bus.stop(() => {})
    clock.advanceBy(10)
    expect(adapter.told.at(-1)).toBe('C')
  })

  test('repeats what the adapter refuses, is passive meanwhile, and loses nothing', () => {
    const { clock, bus, adapter, heard, states } = setUp()
    adapter.mood = 'refusing'
    bus.send(frame(1, [1]))
    bus.send(frame(1, [2]))
    clock.advanceBy(300)
    expect([states, heard]).toEqual([['passive'], []])
    adapter.mood = 'well'
    clock.advanceBy(100)
    expect(heard).toEqual([frame(1, [1]), frame(1, [2])])
    expect(states).toEqual(['passive', 'active'])
  })

  test('opens again an adapter that was unplugged, or that answers no more', () => {
    const { clock, bus, adapter, heard, states, log } = setUp()
    adapter.unplug()
    clock.advanceBy(1)
    expect([states, bus.send(frame(1))]).toEqual([['off'], 'off'])
    clock.advanceBy(2000)
    expect([states, bus.send(frame(2))]).toEqual([['off', 'active'], 'accepted'])
    clock.advanceBy(100)
    expect(heard).toEqual([frame(2)])
    adapter.mood = 'silent'
    bus.send(frame(3))
    clock.advanceBy(3000)
    adapter.mood = 'well'
    clock.advanceBy(3000)
    expect(bus.state()).toBe('active')
    expect(log.entries.map(({ fields: { detail } }) => detail)).toEqual(['unplugged', 'the adapter does not answer'])
    expect(bus.counters().busOffs).toBe(2)
  })

  test('counts what is no line, throws away endless ones, and still hears the next frame', () => {
    const { bus, adapter, received } = setUp()
    adapter.say('hello\rt9990\r')
    adapter.say(new Uint8Array(5_000_000))
    expect(received).toEqual([])
    adapter.say('\rT000000011AA\r')
    expect(received).toEqual([frame(1, [0xaa])])
    expect(bus.counters()).toMatchObject({ errors: 3, received: 1 })
  })

  test('survives an adapter that says anything at all', () => {
    const some = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: fc.constantFrom(...'tTrRdDbBzZ0123456789AF\r\u0007'), maxLength: 40 }),
      ),
    )
    const survives = fc.property(some, (pieces) => {
      const { clock, bus, adapter, received } = setUp()
      bus.send(frame(1, [1]))
      for (const piece of pieces) {
        adapter.say(piece)
        clock.advanceBy(1)
      }
      for (const { id, isExtended, data } of received) {
        expect(id).toBeLessThanOrEqual(isExtended ? 0x1fffffff : 0x7ff)
        expect(data.length).toBeLessThanOrEqual(8)
      }
      clock.advanceBy(10_000)
      expect(bus.state()).toBe('active')
    })
    fc.assert(survives, { seed: 6, numRuns: 100 })
  })
})
