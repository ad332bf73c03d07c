// A process that stands still, dies, or runs on a wrong clock.
import { describe, expect, test } from 'vitest'
import { createMachineClock, createProcessLife } from '../../../src/testing/process-life.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

function process() {
  const common = createVirtualClock()
  const machine = createMachineClock(common)
  const life = createProcessLife(machine)
  const seen: string[] = []
  const note = (what: string) => () => void seen.push(`${what} at ${Math.round(life.clock.monotonic())}`)
  return { common, machine, life, seen, note }
}

describe('a process that stands still', () => {
  test('hears what fell due and what arrived when it goes on, late and in order', () => {
    const { common, life, seen, note } = process()
    life.clock.setTimer(20, note('timer'))
    life.pause()
    common.advanceBy(10)
    life.hear(note('message'))
    common.advanceBy(90)
    expect(seen).toEqual([])
    life.resume()
    expect(seen).toEqual(['message at 100', 'timer at 100'])
  })

  test('does not hear a timer that is cancelled while it waits', () => {
    const { common, life, seen, note } = process()
    const timer = life.clock.setTimer(20, note('timer'))
    life.clock.setTimer(10, () => timer.cancel())
    life.pause()
    common.advanceBy(50)
    life.resume()
    expect(seen).toEqual([])
  })

  test('that stands still again in the middle of what it hears keeps the rest', () => {
    const { life, seen, note } = process()
    life.pause()
    life.hear(() => life.pause())
    life.hear(note('later'))
    life.resume()
    expect(seen).toEqual([])
    life.resume()
    expect(seen).toEqual(['later at 0'])
  })
})

test('a process that died hears nothing, also not what waited while it stood still', () => {
  const { common, life, seen, note } = process()
  life.clock.setTimer(20, note('timer'))
  life.pause()
  life.hear(note('message'))
  life.die()
  life.resume()
  life.hear(note('late'))
  life.clock.setTimer(1, note('new timer'))
  common.advanceBy(100)
  expect(seen).toEqual([])
})

describe('a clock that runs fast', () => {
  test('shows more time than passed, and its timers come sooner', () => {
    const { common, machine, life, seen, note } = process()
    machine.setDrift(0.25)
    life.clock.setTimer(100, note('timer'))
    common.advanceBy(79)
    expect(seen).toEqual([])
    common.advanceBy(2)
    expect(seen).toEqual(['timer at 100'])
    expect(life.clock.now() - common.now()).toBeCloseTo(81 * 0.25)
  })

  test('and is then even again fires no timer before its own time, and never goes back', () => {
    const { common, machine, life } = process()
    machine.setDrift(0.25)
    let firedAtMs = 0
    life.clock.setTimer(100, () => {
      firedAtMs = life.clock.monotonic()
    })
    common.advanceBy(40)
    const before = life.clock.monotonic()
    machine.setDrift(-0.25)
    expect(life.clock.monotonic()).toBeCloseTo(before)
    common.advanceBy(200)
    expect(firedAtMs).toBeGreaterThanOrEqual(100)
    expect(firedAtMs).toBeLessThan(101)
  })
})

test('a wall clock that is set moves no deadline', () => {
  const { common, machine, life, seen, note } = process()
  life.clock.setTimer(100, note('timer'))
  machine.jump(-60_000)
  expect(life.clock.now()).toBe(common.now() - 60_000)
  common.advanceBy(100)
  expect(seen).toEqual(['timer at 100'])
})

test('a clock that has drifted and runs true again reaches what its timers were set for', () => {
  for (const drift of [0.0031, -0.0007, 0.0089]) {
    const common = createVirtualClock()
    const machine = createMachineClock(common)
    common.advanceBy(262_100.123)
    machine.setDrift(drift)
    common.advanceBy(7.77)
    machine.setDrift(0)
    let late = 0
    for (let count = 0; count < 1_000; count++) {
      const dueMs = machine.monotonic() + 0.1 * count
      machine.setTimer(dueMs - machine.monotonic(), () => {
        if (machine.monotonic() < dueMs) late += 1
      })
      common.runNext()
    }
    expect(late).toBe(0)
  }
})
