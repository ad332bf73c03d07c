import { describe, expect, test } from 'vitest'
import { createArrayLog } from '../../../../src/testing/array-log.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanBus, CanFrame, CanState } from '../../../../src/transport/can/can-bus.ts'
import { frameBits, intermissionBits } from '../../../../src/transport/can/frame-bits.ts'
import { createUdpBus } from '../../../../src/transport/can/udp-bus.ts'
import { encodeDatagram } from '../../../../src/transport/can/udp-datagram.ts'
import type { UdpSocketsOptions } from '../../../../src/transport/can/udp-sockets.ts'

interface Opened {
  readonly options: UdpSocketsOptions
  readonly sent: { readonly bytes: Uint8Array; readonly atMs: number }[]
  isClosed: boolean
  problem: Error | null
}

/** One end, and what stands for its sockets. Each frame may be late by up to `latenessMs`, as timers of Node are. */
function setUp({ latenessMs = 0 } = {}) {
  const clock = createVirtualClock()
  const late = {
    ...clock,
    setTimer: (delayMs: number, fire: () => void) => clock.setTimer(delayMs === 0 ? 0 : delayMs + latenessMs, fire),
  }
  const openings: Opened[] = []
  const log = createArrayLog()
  const bus = createUdpBus({
    clock: late,
    ...{ name: 'can0', port: 1, bitRate: 1_000_000, self: 'me', log },
    open(options) {
      const opened: Opened = { options, sent: [], isClosed: false, problem: null }
      openings.push(opened)
      clock.setTimer(0, options.ready)
      return {
        send(bytes, done) {
          if (!opened.problem) opened.sent.push({ bytes, atMs: clock.monotonic() })
          clock.setTimer(0, () => done(opened.problem))
        },
        close() {
          opened.isClosed = true
        },
      }
    },
  })
  const received: CanFrame[] = []
  const states: CanState[] = []
  const queue: CanFrame[] = []
  const fill = () => {
    for (let next = queue[0]; next && bus.send(next) === 'accepted'; next = queue[0]) queue.shift()
  }
  bus.start({ received: (one) => received.push(one), sent: fill, stateChanged: (state) => states.push(state) })
  clock.advanceBy(1)
  const last = () => {
    const found = openings.at(-1)
    if (!found) throw new Error('never opened')
    return found
  }
  const pump = (frames: readonly CanFrame[]) => {
    queue.push(...frames)
    fill()
  }
  return { clock, bus, openings, last, received, states, log, pump }
}

function frame(id: number, bytes: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8]): CanFrame {
  return { id, isExtended: true, isFd: false, isBitRateSwitched: false, data: Uint8Array.from(bytes) }
}

function datagram(one: CanFrame, channel = 'another') {
  const rest = { timestampSeconds: 0, isRemote: false, isError: false, isErrorPassive: false }
  return encodeDatagram({ ...one, ...rest, channel, dataBytes: one.data.length })
}

const bitsOf = (one: CanFrame) => frameBits(one).nominal + intermissionBits

describe('the pace of a bus over datagrams', () => {
  test.each([0, 0.9])('is that of its bit rate, with timers that are %s ms late', (latenessMs) => {
    const { clock, last, pump } = setUp({ latenessMs })
    const frames = Array.from({ length: 1000 }, (_, i) => frame(i, [i & 0xff, i >> 8, 0, 0, 0, 0, 0, 0]))
    const bits = frames.reduce((sum, one) => sum + bitsOf(one), 0)
    const fromMs = clock.monotonic()
    pump(frames)
    clock.advanceBy(1000)
    const { sent } = last()
    expect(sent.length).toBe(1000)
    const tookMs = (sent.at(-1)?.atMs ?? 0) - fromMs
    expect(tookMs).toBeGreaterThanOrEqual(bits / 1000 - 0.001)
    expect(tookMs).toBeLessThan(bits / 1000 + 1)
  })

  test('never sends more at once than two milliseconds of bus, however late it is', () => {
    const { clock, last, pump } = setUp({ latenessMs: 50 })
    pump(Array.from({ length: 300 }, (_, i) => frame(i)))
    clock.advanceBy(1000)
    const perMoment = Object.values(Object.groupBy(last().sent, ({ atMs }) => Math.round(atMs)))
    const shortestBits = Math.min(...Array.from({ length: 300 }, (_, i) => bitsOf(frame(i))))
    for (const together of perMoment) expect(together?.length).toBeLessThanOrEqual(2000 / shortestBits + 1)
  })

  test('saves nothing up while nothing is sent', () => {
    const { clock, bus, last } = setUp()
    clock.advanceBy(500)
    const fromMs = clock.monotonic()
    bus.send(frame(1))
    clock.advanceBy(10)
    expect(last().sent[0]?.atMs).toBeCloseTo(fromMs + bitsOf(frame(1)) / 1000, 6)
  })

  test('gives way to a lower identifier, and not to a higher one', () => {
    const sentAfter = (other: number) => {
      const { clock, bus, last } = setUp()
      const fromMs = clock.monotonic()
      bus.send(frame(100))
      clock.advanceBy(0.1)
      last().options.heard(datagram(frame(other)))
      clock.advanceBy(10)
      return (last().sent[0]?.atMs ?? 0) - fromMs
    }
    expect(sentAfter(200)).toBeCloseTo(bitsOf(frame(100)) / 1000, 6)
    // It ended after 0.1 ms, as far as can be known.
    expect(sentAfter(50)).toBeCloseTo(0.1 + bitsOf(frame(100)) / 1000, 6)
  })
})

describe('a bus over datagrams', () => {
  test('hears others, and not itself', () => {
    const { clock, bus, last, received } = setUp()
    bus.send(frame(7))
    clock.advanceBy(10)
    const [{ bytes = new Uint8Array() } = {}] = last().sent
    last().options.heard(bytes)
    expect(received).toEqual([])
    last().options.heard(datagram(frame(7)))
    expect(received).toEqual([frame(7)])
    expect(bus.counters()).toMatchObject({ sent: 1, received: 1, errors: 0, busyBits: 2 * bitsOf(frame(7)) })
  })

  test('counts what is no frame, an error frame and FD on a classic bus as errors, and passes nothing on', () => {
    const { bus, last, received } = setUp()
    const { heard } = last().options
    heard(new Uint8Array(60_000))
    heard(Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff))
    heard(datagram({ ...frame(1), isFd: true }))
    heard(datagram(frame(1, new Array<number>(9).fill(0))))
    const more = { timestampSeconds: 0, isErrorPassive: false, channel: undefined }
    heard(encodeDatagram({ ...frame(1), ...more, isRemote: false, isError: true, dataBytes: 8 }))
    expect(bus.counters()).toMatchObject({ received: 0, errors: 5 })
    heard(encodeDatagram({ ...frame(1, []), ...more, isRemote: true, isError: false, dataBytes: 3 }))
    expect(bus.counters()).toMatchObject({ received: 0, errors: 5 })
    expect(received).toEqual([])
  })

  test('repeats a frame that the kernel did not take, is passive meanwhile, and loses none', () => {
    const { clock, last, states, log, pump, bus } = setUp()
    last().problem = new Error('no buffers')
    pump([frame(1), frame(2)])
    clock.advanceBy(1000)
    expect([states, bus.state()]).toEqual([['passive'], 'passive'])
    // Once, not for each of the repetitions.
    expect(log.entries.map(({ event, fields: { detail } }) => [event, detail])).toEqual([
      ['can.send.failed', 'no buffers'],
    ])
    last().problem = null
    clock.advanceBy(1000)
    expect(states).toEqual(['passive', 'active'])
    expect(last().sent.length).toBe(2)
  })

  test('goes off when its sockets fail, opens others, and is back', () => {
    const { clock, bus, openings, last, states } = setUp()
    bus.send(frame(1))
    last().options.failed(new Error('no such device'))
    expect(states).toEqual([])
    clock.advanceBy(1)
    expect([states, bus.state(), bus.send(frame(1)), bus.counters().busOffs]).toEqual([['off'], 'off', 'off', 1])
    clock.advanceBy(1000)
    expect([states, openings.map(({ isClosed }) => isClosed)]).toEqual([
      ['off', 'active'],
      [true, false],
    ])
    expect(bus.send(frame(1))).toBe('accepted')
    clock.advanceBy(10)
    expect(openings.map(({ sent }) => sent.length)).toEqual([0, 1])
  })

  test('opens nothing again once it was stopped', () => {
    const { clock, bus, openings, last } = setUp()
    last().options.failed(new Error('no such device'))
    stop(bus)
    clock.advanceBy(5000)
    expect([openings.length, bus.state()]).toEqual([1, 'off'])
  })
})

function stop(bus: CanBus) {
  bus.stop(() => {})
}
