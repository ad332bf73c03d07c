import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { parseCandumpLine } from '../../../../src/transport/can/candump-log.ts'
import { createCandumpRecorder } from '../../../../src/transport/can/candump-recorder.ts'
import { type CandumpReplayOptions, createCandumpReplay } from '../../../../src/transport/can/candump-replay.ts'
import { frameBits } from '../../../../src/transport/can/frame-bits.ts'
import { bitsOf, canFrame, createBusFarm } from './bus-farm.ts'

const vectors = readFileSync(new URL('../../../vectors/cyphal-spec-vectors.candump.log', import.meta.url), 'utf8')

function replay(lines: readonly string[], options: Partial<CandumpReplayOptions> = {}) {
  const clock = createVirtualClock()
  clock.advanceBy(5_000)
  const received: { frame: CanFrame; atMs: number }[] = []
  const sent: CanFrame[] = []
  const skipped: string[] = []
  let ends = 0
  const bus = createCandumpReplay({
    clock,
    lines,
    name: 'can0',
    isFd: false,
    skipped: (_line, problem) => skipped.push(problem),
    ended() {
      ends += 1
    },
    ...options,
  })
  const start = () =>
    bus.start({
      received: (frame, atMs) => received.push({ frame, atMs }),
      sent: (frame) => sent.push(frame),
      stateChanged() {},
    })
  return { clock, bus, received, sent, skipped, start, ends: () => ends }
}

describe('a log that is played', () => {
  test('is heard frame by frame, at its own distances in time, from the start', () => {
    const lines = vectors.trim().split('\n')
    const { clock, bus, received, start, ends } = replay(lines, { isFd: true })
    start()
    expect(received).toEqual([])
    clock.advanceBy(10_000)
    const entries = lines.map(parseCandumpLine).flatMap((entry) => ('problem' in entry ? [] : [entry]))
    expect(received.map(({ frame }) => frame)).toEqual(entries.map(({ frame }) => frame))
    const firstSeconds = entries[0]?.t ?? 0
    for (const [i, { atMs }] of received.entries())
      expect(atMs).toBeCloseTo(5_000 + ((entries[i]?.t ?? 0) - firstSeconds) * 1000, 3)
    expect([ends(), bus.state(), bus.counters().received]).toEqual([1, 'active', entries.length])
  })

  test('names what it skips: remote and error frames, FD on a classic bus, garbage; another bus is none of it', () => {
    const lines = [
      '(1.0) can0 001#R',
      '(1.0) can0 20000040#00',
      '(1.0) can0 001##000',
      'x',
      '',
      '(1.0) can1 002#00',
      '(2.0) can0 003#00',
    ]
    const { clock, received, skipped, start } = replay(lines, { iface: 'can0' })
    start()
    clock.advanceBy(1)
    expect(received.map(({ frame }) => frame.id)).toEqual([3])
    expect(skipped).toEqual([
      'a remote frame',
      'an error frame',
      'an FD frame, and the bus is classic',
      'not as candump -L writes it',
    ])
  })

  test('whose time goes back goes on at once, and times never go back', () => {
    const { clock, received, start } = replay([
      '(10.0) can0 001#',
      '(10.5) can0 002#',
      '(3.0) can0 003#',
      '(11.0) can0 004#',
    ])
    start()
    clock.advanceBy(2_000)
    expect(received.map(({ frame, atMs }) => [frame.id, atMs - 5_000])).toEqual([
      [1, 0],
      [2, 500],
      [3, 500],
      [4, 1_000],
    ])
  })

  test('of nothing but garbage, a million lines of it, leaves others their turns', () => {
    const { clock, skipped, start, ends } = replay(new Array<string>(1_000_000).fill('garbage'))
    start()
    let turns = 0
    clock.setTimer(0, function turn() {
      turns += 1
      if (ends() === 0) clock.setTimer(0, turn)
    })
    clock.advanceBy(1)
    expect([skipped.length, ends()]).toEqual([1_000_000, 1])
    expect(turns).toBeGreaterThan(900)
  })

  test('takes what is sent, in its time on the wire, and nobody hears it', () => {
    const { clock, bus, received, sent, start } = replay([])
    expect(bus.send(canFrame(1))).toBe('off')
    start()
    const frame = canFrame(1, [1, 2])
    expect([bus.send(frame), bus.send(frame), bus.send(frame), bus.send(frame)]).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'full',
    ])
    const bits = frameBits(frame).nominal + 3
    clock.advanceBy((2 * bits) / 1000 + 0.0001)
    expect(sent.length).toBe(2)
    clock.advanceBy(1)
    expect([sent.length, received.length, bus.counters().busyBits]).toEqual([3, 0, 3 * bits])
    expect(bus.send({ ...frame, id: -1 })).toBe('invalid')
  })

  test('is silent once it is stopped, even by who hears its first frame', () => {
    const { clock, bus } = replay(['(1.0) can0 001#', '(1.1) can0 002#'])
    const heard: number[] = []
    let stops = 0
    const stopped = () => {
      stops += 1
    }
    const received = (frame: CanFrame) => {
      heard.push(frame.id)
      bus.stop(stopped)
    }
    bus.start({ received, sent() {}, stateChanged() {} })
    clock.advanceBy(1_000)
    expect([heard, stops, bus.state(), bus.send(canFrame(1))]).toEqual([[1], 1, 'off', 'off'])
  })
})

describe('what one end of a bus records', () => {
  test('is all that it heard and sent, at the wall clock’s time, and plays as it was', () => {
    const { clock, bus, node } = createBusFarm(2)
    const lines: string[] = []
    const controller = bus.attach('recorded')
    const recorder = createCandumpRecorder({
      bus: controller,
      clock,
      write: (line) => lines.push(line),
      isDirectionShown: true,
    })
    const quiet = { received() {}, sent() {}, stateChanged() {} }
    recorder.start(quiet)
    node(0).start()
    recorder.send(canFrame(0x10, [1]))
    node(0).controller.send(canFrame(0x11, [2], false))
    clock.advanceBy(3)
    clock.jumpWallClock(-1_000_000)
    node(0).controller.send(canFrame(0x12, []))
    clock.advanceBy(3)
    expect(lines).toEqual([
      expect.stringMatching(/^\(1000000000\.000\d{3}\) can0 00000010#01 T$/),
      expect.stringMatching(/^\(1000000000\.000\d{3}\) can0 011#02 R$/),
      expect.stringMatching(/^\(1000000000\.003\d{3}\) can0 00000012# R$/),
    ])
    const played = replay(lines)
    played.start()
    played.clock.advanceBy(10)
    const distance = (played.received[2]?.atMs ?? 0) - (played.received[0]?.atMs ?? 0)
    expect(played.received.map(({ frame }) => frame.id)).toEqual([0x10, 0x11, 0x12])
    expect(bitsOf(distance)).toBeGreaterThan(2_000)
  })
})
