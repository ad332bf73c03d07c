import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../../src/ports/clock.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { bitsMs, frameBits } from '../../../../src/transport/can/frame-bits.ts'
import { bitsOf, canFrame, createBusFarm } from './bus-farm.ts'

const lengthOf = (frame: CanFrame) => frameBits(frame).nominal
const idsOf = (heard: readonly { frame: CanFrame }[]) => heard.map(({ frame }) => frame.id)

describe('frames on the memory bus', () => {
  test('take the time that they take on a wire, with three bits between them', () => {
    const { clock, nodes, node, startAll } = createBusFarm(3)
    startAll()
    const frames = [canFrame(1, [1, 2, 3]), canFrame(2), canFrame(3, [0, 0, 0, 0, 0, 0, 0, 0])]
    for (const frame of frames) node(0).controller.send(frame)
    clock.advanceBy(1)
    let end = 1 - 3
    const ends = frames.map((frame) => {
      end += 3 + lengthOf(frame)
      return end
    })
    for (const { received } of nodes.slice(1)) expect(received.map(({ atMs }) => bitsOf(atMs))).toEqual(ends)
    expect(node(0).sent.map(({ atMs }) => bitsOf(atMs))).toEqual(ends)
    expect(node(2).controller.counters().busyBits).toBe(end + 3 - 1)
  })

  test('in FD switch to the data rate and back', () => {
    const { clock, node, startAll } = createBusFarm(2, { isFd: true, dataBitRate: 5_000_000 })
    startAll()
    const frame = canFrame(1, new Array<number>(64).fill(0x55))
    node(0).controller.send(frame)
    clock.advanceBy(1)
    expect(bitsOf(node(1).received[0]?.atMs ?? 0)).toBe(bitsOf(0.001 + bitsMs(frameBits(frame), 1_000_000, 5_000_000)))
  })

  test('that are ready together leave by identifier, base before extended, whoever came first', () => {
    const { clock, node, startAll } = createBusFarm(5)
    startAll()
    const base = canFrame(0x100, [], false)
    node(0).controller.send(canFrame(0x100 * 2 ** 18))
    node(1).controller.send(canFrame(0x0ff * 2 ** 18 + 0x3ffff))
    node(2).controller.send(canFrame(0x101, [], false))
    node(3).controller.send(base)
    clock.advanceBy(1)
    expect(idsOf(node(4).received)).toEqual([0x0ff * 2 ** 18 + 0x3ffff, 0x100, 0x100 * 2 ** 18, 0x101])
  })

  test('are not interrupted by a lower identifier, which goes next', () => {
    const { clock, node, startAll } = createBusFarm(4)
    startAll()
    node(0).controller.send(canFrame(9))
    node(1).controller.send(canFrame(8))
    clock.runNext()
    node(2).controller.send(canFrame(1))
    clock.advanceBy(1)
    expect(idsOf(node(3).received)).toEqual([8, 1, 9])
  })

  test('are heard whole or not at all: who starts in the middle hears the next', () => {
    const { clock, node } = createBusFarm(3)
    node(0).start()
    node(1).start()
    node(0).controller.send(canFrame(1))
    node(0).controller.send(canFrame(2))
    clock.advanceBy(0.02)
    node(2).start()
    clock.advanceBy(1)
    expect([idsOf(node(1).received), idsOf(node(2).received)]).toEqual([[1, 2], [2]])
  })

  test('of a controller that is started again are forgotten, also the one that was under way', () => {
    const { clock, node, startAll } = createBusFarm(2)
    startAll()
    node(0).controller.send(canFrame(1))
    clock.advanceBy(0.02)
    node(0).start()
    node(0).controller.send(canFrame(2))
    node(0).controller.send(canFrame(3))
    clock.advanceBy(1)
    expect([idsOf(node(1).received), idsOf(node(0).sent)]).toEqual([
      [2, 3],
      [2, 3],
    ])
  })

  test('fill the bus to the last bit when there is always one more', () => {
    const { clock, bus, node, startAll } = createBusFarm(2, { mailboxes: 2 })
    startAll()
    const refill = () => {
      while (node(0).controller.send(canFrame(node(0).sent.length, [1, 2, 3])) === 'accepted');
    }
    refill()
    while (clock.monotonic() < 100) {
      clock.runNext()
      refill()
    }
    expect(bus.busyBits()).toBeGreaterThan(99_990)
    const carried = node(1).received.reduce((sum, { frame }) => sum + lengthOf(frame) + 3, 0)
    expect(carried).toBeGreaterThan(0.998 * 100_000)
  })

  test('keep their own times on a clock whose timers come late by milliseconds', () => {
    const { coarse, virtual } = coarseClock()
    const { node, startAll } = createBusFarm(2, { clock: coarse, mailboxes: 3 })
    startAll()
    const frames = [1, 2, 3].map((id) => canFrame(id, [id]))
    for (const frame of frames) node(0).controller.send(frame)
    virtual.advanceBy(20)
    let end = 1 - 3
    const ends = frames.map((frame) => {
      end += 3 + lengthOf(frame)
      return end
    })
    expect(node(1).received.map(({ atMs }) => bitsOf(atMs))).toEqual(ends)
  })

  test('a listener that answers each frame at once loses no bus time on such a clock', () => {
    const { coarse, virtual } = coarseClock()
    const { bus } = createBusFarm(0, { clock: coarse })
    const [ping, pong] = [bus.attach('ping'), bus.attach('pong')]
    let count = 0
    const quiet = { sent() {}, stateChanged() {} }
    ping.start({ ...quiet, received: () => ping.send(canFrame(1)) })
    pong.start({
      ...quiet,
      received() {
        count += 1
        pong.send(canFrame(2))
      },
    })
    ping.send(canFrame(1))
    virtual.advanceBy(100)
    // Two frames of at most 80 bits for each.
    expect(count).toBeGreaterThan(600)
  })
})

describe('the plug of a node', () => {
  test('pulled in the middle of a frame: nobody has it, and once it is back all have it once', () => {
    const { clock, bus, node, startAll } = createBusFarm(3)
    startAll()
    node(0).controller.send(canFrame(1, [1]))
    node(1).controller.send(canFrame(2, [2]))
    clock.advanceBy(0.02)
    bus.cut('n0')
    clock.advanceBy(50)
    expect([node(0).sent, idsOf(node(2).received), node(0).received]).toEqual([[], [2], []])
    expect([node(0).controller.state(), bus.errorCounters('n0').transmit]).toEqual(['passive', 128])
    // The others saw an error frame, and a good frame since.
    expect([bus.errorCounters('n2').receive, node(2).controller.counters().errors]).toEqual([0, 1])
    bus.heal('n0')
    clock.advanceBy(1)
    expect([idsOf(node(0).sent), idsOf(node(1).received), idsOf(node(2).received)]).toEqual([[1], [1], [2, 1]])
  })

  test('pulled at a listener costs only the listener', () => {
    const { clock, bus, node, startAll } = createBusFarm(3)
    startAll()
    node(0).controller.send(canFrame(1))
    clock.advanceBy(0.02)
    bus.cut('n2')
    clock.advanceBy(1)
    bus.heal('n2')
    node(0).controller.send(canFrame(2))
    clock.advanceBy(1)
    expect([idsOf(node(1).received), idsOf(node(2).received)]).toEqual([[1, 2], [2]])
    expect(node(0).controller.counters().errors).toBe(0)
  })

  test('pulled at the only listener: the frame was not acknowledged and is not reported as sent', () => {
    const { clock, bus, node, startAll } = createBusFarm(2)
    startAll()
    node(0).controller.send(canFrame(1))
    clock.advanceBy(0.02)
    bus.cut('n1')
    clock.advanceBy(5)
    expect(node(0).sent).toEqual([])
    bus.heal('n1')
    clock.advanceBy(1)
    expect([idsOf(node(0).sent), idsOf(node(1).received)]).toEqual([[1], [1]])
  })

  test('R09: a bus that is cut altogether carries nothing, drops nothing, and goes on when it is back', () => {
    const { clock, bus, nodes, node, startAll } = createBusFarm(4)
    startAll()
    bus.cut('n3')
    bus.cutAll()
    for (const [i, { controller }] of nodes.entries()) controller.send(canFrame(10 + i))
    clock.advanceBy(1000)
    expect(nodes.flatMap(({ received }) => received)).toEqual([])
    expect(nodes.map(({ controller }) => controller.state())).toEqual(['passive', 'passive', 'passive', 'passive'])
    bus.healAll()
    clock.advanceBy(10)
    expect(nodes.map(({ received }) => idsOf(received))).toEqual([[11, 12], [10, 12], [10, 11], []])
    bus.heal('n3')
    clock.advanceBy(10)
    expect(nodes.map(({ received }) => idsOf(received))).toEqual([[11, 12, 13], [10, 12, 13], [10, 11, 13], []])
    expect(node(3).states.map(({ state }) => state)).toEqual(['passive', 'active'])
  })

  test('a node that is attached twice, or was not attached, is a mistake of the caller', () => {
    const { bus } = createBusFarm(1)
    expect(() => bus.attach('n0')).toThrow('INVARIANT_BROKEN')
    expect(() => bus.cut('n7')).toThrow('INVARIANT_BROKEN')
    expect(() => bus.setBitErrorRate(1)).toThrow('INVARIANT_BROKEN')
  })
})

/** Timers fire at whole milliseconds, and not before the next: like those of a system under load. */
function coarseClock() {
  const virtual = createVirtualClock()
  const coarse: Clock = {
    now: virtual.now,
    monotonic: virtual.monotonic,
    setTimer(delayMs, fire) {
      const due = Math.floor(virtual.monotonic() + delayMs) + 2
      return virtual.setTimer(due - virtual.monotonic(), fire)
    },
  }
  return { coarse, virtual }
}
