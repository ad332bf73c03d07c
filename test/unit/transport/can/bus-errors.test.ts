// Confinement of faults: Bosch CAN 2.0B, chapter 8.
import { describe, expect, test } from 'vitest'
import { frameBits } from '../../../../src/transport/can/frame-bits.ts'
import { disturbed, undisturbed } from '../../../../src/transport/can/frame-outcome.ts'
import { bitsOf, canFrame, createBusFarm } from './bus-farm.ts'

describe('a node without company', () => {
  test('counts eight for each frame that nobody acknowledges, goes passive at 128, and stays on for ever', () => {
    const { clock, bus, node } = createBusFarm(2)
    node(0).start()
    const frame = canFrame(1, [1, 2, 3])
    node(0).controller.send(frame)
    // Up to the acknowledgement, error flag, delimiter, intermission.
    const attemptBits = frameBits(frame).nominal - 8 + 14 + 3
    clock.runUntil(0.001 * (1 + 15 * attemptBits))
    expect([bus.errorCounters('n0').transmit, node(0).controller.state()]).toEqual([120, 'active'])
    clock.runUntil(0.001 * (1 + 16 * attemptBits))
    expect(node(0).states.map(({ state, atMs }) => [state, bitsOf(atMs)])).toEqual([
      ['passive', 1 + 16 * attemptBits - 17],
    ])
    clock.runUntil(60_000)
    expect([bus.errorCounters('n0').transmit, node(0).controller.state()]).toEqual([128, 'passive'])
    const { errors, busyBits } = node(0).controller.counters()
    expect(errors).toBeGreaterThan(0.99 * (60_000_000 / (attemptBits + 8)))
    expect(busyBits / 60_000_000).toBeCloseTo(attemptBits / (attemptBits + 8), 3)
  })

  test('costs no events while nothing can change, and sends as soon as somebody is there', () => {
    const { clock, bus, node } = createBusFarm(2)
    node(0).start()
    node(0).controller.send(canFrame(1, [1]))
    expect(clock.runUntilIdle(1_000)).toBeLessThan(50)
    node(1).start()
    clock.advanceBy(1)
    expect([node(1).received.length, node(0).sent.length]).toEqual([1, 1])
    expect([bus.errorCounters('n0').transmit, node(0).states.map(({ state }) => state)]).toEqual([
      127,
      ['passive', 'active'],
    ])
  })

  test('each good frame takes one error back', () => {
    const { clock, bus, node } = createBusFarm(2)
    node(0).start()
    node(0).controller.send(canFrame(1))
    clock.runUntilIdle(1_000)
    node(1).start()
    for (let sent = 1; sent <= 130; sent += 1) {
      clock.advanceBy(1)
      expect(bus.errorCounters('n0').transmit).toBe(Math.max(0, 128 - sent))
      node(0).controller.send(canFrame(1))
    }
  })
})

describe('two nodes with one identifier', () => {
  const twins = (nodeCount = 3) => {
    const farm = createBusFarm(nodeCount)
    farm.startAll()
    farm.node(0).controller.send(canFrame(5, [1, 0]))
    farm.node(1).controller.send(canFrame(5, [1, 1]))
    return farm
  }

  test('break each other off until both are off; what they were to send is lost', () => {
    const { clock, bus, node } = twins()
    clock.runUntil(10)
    for (const i of [0, 1]) {
      expect(node(i).states.map(({ state }) => state)).toEqual(['passive', 'off', 'active'])
      expect(node(i).controller.counters()).toMatchObject({ sent: 0, errors: 32, busOffs: 1 })
    }
    expect([node(2).received, node(2).controller.counters().errors, bus.errorCounters('n2').receive]).toEqual([
      [],
      32,
      32,
    ])
  })

  test('are back after 128 times eleven free bits, 1.408 ms, with nothing held against them', () => {
    const { clock, bus, node } = twins()
    clock.runUntil(10)
    const [, off, active] = node(0).states
    // Two error flags of six bits come before the first free one.
    expect(bitsOf((active?.atMs ?? 0) - (off?.atMs ?? 0))).toBe(12 + 1408)
    expect(bus.errorCounters('n0')).toEqual({ transmit: 0, receive: 0 })
    node(0).controller.send(canFrame(6))
    clock.advanceBy(1)
    expect([node(1).received.length, node(2).received.length]).toEqual([1, 1])
  })

  test('while they are off they take nothing, and hear nothing', () => {
    const { clock, node } = twins()
    while (node(0).controller.state() !== 'off') clock.runNext()
    expect(node(0).controller.send(canFrame(1))).toBe('off')
    node(2).controller.send(canFrame(7))
    clock.advanceBy(1)
    expect([node(0).received, node(1).received, node(2).sent]).toEqual([[], [], []])
  })

  test('on a busy bus they are back after 128 frames of others', () => {
    const { clock, node } = twins(4)
    while (node(0).controller.state() !== 'off') clock.runNext()
    const before = node(2).sent.length
    while (node(0).controller.state() === 'off') {
      node(2).controller.send(canFrame(6))
      clock.runNext()
    }
    // The gap behind the last error frame counts as well.
    expect(node(2).sent.length - before).toBe(127)
  })

  test('may send the same bits: then it is one frame', () => {
    const { clock, node, startAll } = createBusFarm(3)
    startAll()
    for (const i of [0, 1]) node(i).controller.send(canFrame(5, [1]))
    clock.advanceBy(1)
    expect([node(0).sent.length, node(1).sent.length, node(2).received.length]).toEqual([1, 1, 1])
  })
})

describe('a node that holds the bus dominant', () => {
  test('stops everybody; the sender whose frame was under way is off, the others only passive', () => {
    const { clock, bus, node, startAll } = createBusFarm(4)
    startAll()
    node(0).controller.send(canFrame(1, [1]))
    node(1).controller.send(canFrame(2, [2]))
    clock.advanceBy(0.02)
    bus.holdDominant('n3', true)
    expect(clock.runUntilIdle(1_000)).toBeLessThan(100)
    expect([0, 1, 2].map((i) => node(i).controller.state())).toEqual(['off', 'passive', 'passive'])
    expect(bitsOf(node(0).states.at(-1)?.atMs ?? 0)).toBe(20 + 14 + 31 * 8)
    expect(node(1).controller.send(canFrame(3))).toBe('accepted')
    const before = bus.busyBits()
    clock.advanceBy(10)
    expect([node(2).received, bus.busyBits() - before]).toEqual([[], 10_000])
    bus.holdDominant('n3', false)
    clock.advanceBy(5)
    expect(node(2).received.map(({ frame }) => frame.id)).toEqual([2, 3])
    expect([0, 1, 2].map((i) => node(i).controller.state())).toEqual(['active', 'passive', 'active'])
  })

  test('hurts nobody while its plug is pulled', () => {
    const { clock, bus, node, startAll } = createBusFarm(3)
    startAll()
    bus.holdDominant('n2', true)
    bus.cut('n2')
    node(0).controller.send(canFrame(1))
    clock.advanceBy(1)
    expect(node(1).received.length).toBe(1)
    bus.heal('n2')
    node(0).controller.send(canFrame(2))
    clock.advanceBy(1)
    expect([node(1).received.length, node(1).controller.state()]).toEqual([1, 'passive'])
  })
})

describe('a passive sender', () => {
  test.each([
    ['lets others go first for eight bits after its own frame', 0, [9, 1]],
    ['takes part in arbitration after that', 1, [1, 9]],
  ])('%s', (_what, pauseMs, order) => {
    const { clock, node } = createBusFarm(3)
    node(0).start()
    node(0).controller.send(canFrame(1))
    // To the end of its last counted attempt.
    clock.runUntilIdle(1_000)
    clock.advanceBy(pauseMs)
    node(1).start()
    node(2).start()
    node(1).controller.send(canFrame(9))
    clock.advanceBy(1)
    expect(node(2).received.map(({ frame }) => frame.id)).toEqual(order)
  })
})

describe('one bit that one node reads wrong', () => {
  const bits = 131 - 3
  const last = bits - 1
  const sender = (bit: number, isVictimPassive = false) =>
    disturbed(bits, { bit, victim: 'sender', isVictimPassive }, true)
  const receiver = (bit: number, isVictimPassive = false, isAcknowledged = true) =>
    disturbed(bits, { bit, victim: 'receiver', isVictimPassive }, isAcknowledged)

  test('nowhere: the frame is over, and kept by all if anybody acknowledged it', () => {
    expect(undisturbed(bits, true)).toMatchObject({ endBit: bits, keptBy: 'all', isRepeated: false, flagBits: 0 })
    expect(undisturbed(bits, false)).toMatchObject({
      endBit: bits - 8,
      keptBy: 'nobody',
      isRepeated: true,
      isUnheard: true,
    })
  })

  test('at the sender it ends the frame at once, nobody keeps it and it is repeated', () => {
    for (const bit of [0, 40, last - 2])
      expect(sender(bit)).toMatchObject({ endBit: bit + 1, keptBy: 'nobody', isRepeated: true, flagBits: 20 })
  })

  test('at a receiver it is said behind the acknowledgement, nobody keeps the frame and it is repeated', () => {
    for (const bit of [0, 40, last - 8])
      expect(receiver(bit)).toMatchObject({ endBit: bits - 7, keptBy: 'nobody', isRepeated: true, flagBits: 20 })
    expect(receiver(last - 3)).toMatchObject({ endBit: last - 2, keptBy: 'nobody', isRepeated: true })
  })

  test('in the last two bits at the sender: all keep it, and get it again', () => {
    for (const bit of [last - 1, last]) expect(sender(bit)).toMatchObject({ keptBy: 'all', isRepeated: true })
  })

  test('in the last bit but one at a receiver: the others get it twice, the victim once', () => {
    expect(receiver(last - 1)).toMatchObject({ keptBy: 'all but the victim', isRepeated: true })
  })

  test('in the last bit at a receiver only costs time', () => {
    expect(receiver(last)).toMatchObject({ keptBy: 'all', isRepeated: false, flagBits: 20 })
  })

  test('at a passive receiver nobody notices: it alone goes without', () => {
    expect(receiver(40, true)).toMatchObject({
      endBit: bits,
      keptBy: 'all but the victim',
      isRepeated: false,
      flagBits: 0,
    })
    expect(receiver(40, true, false)).toMatchObject({ keptBy: 'nobody', isRepeated: true, isUnheard: true })
  })

  test('at a passive sender behind the acknowledgement nobody notices: all get it twice', () => {
    expect(sender(40, true)).toMatchObject({ keptBy: 'nobody', isRepeated: true })
    expect(sender(last - 5, true)).toMatchObject({ keptBy: 'all', isRepeated: true })
    expect(sender(last - 5)).toMatchObject({ keptBy: 'nobody', isRepeated: true })
  })
})
