import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { createCanQueue } from '../../../../src/transport/can/can-queue.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'

const frame = (id: number, ...data: number[]): CanFrame => ({
  id,
  isExtended: true,
  isFd: false,
  isBitRateSwitched: false,
  data: Uint8Array.from(data),
})
const urgency = { priority: 4, lifetimeMs: 1000 }

/** A queue on a bus, and who hears it, if anybody. */
function setUp({ mailboxes = 3, framesMax = 16 } = {}) {
  const clock = createVirtualClock()
  const random = createSeededRandom(1)
  const wire = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, isFd: false, mailboxes })
  const bus = wire.attach('sender')
  const queue = createCanQueue({ bus, clock, framesMax })
  bus.start({ received() {}, sent: queue.sent, stateChanged: queue.stateChanged })
  const heard: string[] = []
  wire.attach('listener').start({
    received: ({ id, data }) => void heard.push(`${id}:${data[0]}`),
    sent() {},
    stateChanged() {},
  })
  const offer = (id: number, data: readonly number[], more = {}) =>
    queue.offer(
      data.map((byte) => frame(id, byte)),
      { ...urgency, ...more },
    )
  return { clock, wire, bus, queue, heard, offer }
}

describe('a CAN queue', () => {
  test('sends the lowest identifier first, and frames of one identifier in their order', () => {
    const { clock, heard, offer } = setUp()
    offer(700, [1, 2, 3])
    clock.advanceBy(0.05)
    offer(500, [1, 2])
    offer(600, [1])
    offer(500, [3])
    clock.advanceBy(10)
    // The first was on its way when the others came.
    expect(heard).toEqual(['700:1', '500:1', '500:2', '500:3', '600:1', '700:2', '700:3'])
  })

  test.each([1, 2, 3])(
    'hands down no more than it may, of %i mailboxes the last only to what is more urgent',
    (mailboxes) => {
      const { bus, offer, wire } = setUp({ mailboxes })
      wire.cutAll()
      let room = 0
      offer(700, [1, 2, 3, 4])
      while (bus.send(frame(900, 0)) === 'accepted') room += 1
      expect(room).toBe(mailboxes === 1 ? 0 : 1)
    },
  )

  test('keeps the last mailbox for fencing and alarms: what is a little more urgent than the rest does not take it', () => {
    const { clock, heard, offer, wire } = setUp()
    const busy = wire.attach('busy')
    const flood = () => busy.send(frame(100, 7))
    busy.start({ received() {}, sent: flood, stateChanged() {} })
    flood()
    offer(700, [1, 2], { priority: 5 })
    offer(600, [1], { priority: 4 })
    offer(50, [9], { priority: 1 })
    clock.advanceBy(1)
    expect(heard).toContain('50:9')
    expect(heard).not.toContain('600:1')
  })

  test('does not let a less urgent frame of its own hold up an alarm', () => {
    const { clock, heard, offer, queue, wire } = setUp()
    const busy = wire.attach('busy')
    const flood = () => busy.send(frame(100, 7))
    busy.start({ received() {}, sent: flood, stateChanged() {} })
    flood()
    offer(700, [1, 2, 3])
    clock.advanceBy(5)
    offer(50, [9], { priority: 0 })
    clock.advanceBy(1)
    expect(heard).toContain('50:9')
    expect(heard).not.toContain('700:1')
    expect([queue.statistics[0]?.sent, queue.statistics[4]?.sent, queue.waiting]).toEqual([1, 0, 3])
  })

  test('of a status only the newest value that was not begun is sent', () => {
    const { clock, heard, offer, queue } = setUp()
    offer(300, [0, 0, 0, 0])
    offer(700, [1], { key: 'a' })
    offer(700, [2], { key: 'b' })
    offer(700, [3], { key: 'a' })
    offer(700, [4], { key: 'a' })
    clock.advanceBy(10)
    expect(heard.slice(4)).toEqual(['700:2', '700:4'])
    expect(queue.statistics[4]).toMatchObject({ sent: 3, replaced: 2 })
    expect(queue.waiting).toBe(0)
  })

  test('that is full refuses, but what is less urgent gives way, the newest first', () => {
    const { clock, heard, offer, queue, wire } = setUp({ framesMax: 6 })
    wire.cut('sender')
    expect(offer(700, [1, 2], { priority: 7 })).toBe('queued')
    expect(offer(700, [3, 4], { priority: 7 })).toBe('queued')
    expect(offer(700, [5, 6], { priority: 7 })).toBe('queued')
    expect(offer(700, [7], { priority: 7 })).toBe('full')
    expect(offer(500, [8, 9], { priority: 1 })).toBe('queued')
    expect(offer(500, [1, 1, 1], { priority: 1 })).toBe('full')
    expect(queue.waiting).toBe(6)
    wire.heal('sender')
    clock.advanceBy(50)
    expect(heard.toSorted()).toEqual(['500:8', '500:9', '700:1', '700:2', '700:3', '700:4'])
    expect(queue.statistics[7]).toMatchObject({ sent: 2, refused: 2 })
    expect(queue.statistics[1]).toMatchObject({ sent: 1, refused: 1 })
  })

  test('drops what is out of date, and measures how long the rest waited', () => {
    const { clock, heard, offer, queue, wire } = setUp()
    wire.cut('sender')
    offer(700, [1], { lifetimeMs: 5 })
    offer(800, [2], { lifetimeMs: 5 })
    offer(900, [3], { lifetimeMs: 5 })
    offer(900, [4])
    clock.advanceBy(10)
    expect(queue.oldestMs()).toBe(10)
    wire.heal('sender')
    clock.advanceBy(20)
    expect(heard).toEqual(['700:1', '800:2', '900:4'])
    expect(queue.statistics[4]).toMatchObject({ sent: 3, expired: 1, waitedMsMax: expect.closeTo(10.4, 0) })
    expect(queue.oldestMs()).toBe(0)
  })

  test('goes on where it was when its controller comes back from bus-off', () => {
    const { clock, heard, offer, bus, wire } = setUp()
    offer(700, [1, 2, 3, 4, 5, 6])
    clock.advanceBy(0.25)
    wire.holdDominant('listener', true)
    clock.advanceBy(50)
    expect(bus.state()).toBe('off')
    wire.holdDominant('listener', false)
    clock.advanceBy(50)
    expect(bus.state()).toBe('active')
    expect([...new Set(heard)]).toEqual(['700:1', '700:2', '700:3', '700:4', '700:5', '700:6'])
  })

  test('gives up a transfer that its bus cannot carry, and goes on with the next', () => {
    const { clock, heard, queue } = setUp()
    queue.offer([{ ...frame(600, 1), isFd: true }], urgency)
    queue.offer([frame(700, 1)], urgency)
    clock.advanceBy(1)
    expect(heard).toEqual(['700:1'])
    expect(queue.statistics[4]).toMatchObject({ invalid: 1, sent: 1 })
    expect(queue.waiting).toBe(0)
  })
})
