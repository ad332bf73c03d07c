import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

test('time stands exactly at the deadline while a timer fires', () => {
  const clock = createVirtualClock({ startMs: 5_000 })
  const seen: number[][] = []
  for (const delayMs of [30, 10, 20.5]) clock.setTimer(delayMs, () => seen.push([clock.monotonic(), clock.now()]))
  clock.advanceBy(100)
  expect(seen).toEqual([
    [10, 5_010],
    [20.5, 5_020.5],
    [30, 5_030],
  ])
  expect(clock.monotonic()).toBe(100)
})

test('timers fire in the order of (deadline, setting), as a stable sort would, whatever is cancelled', () => {
  const timers = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }), {
    maxLength: 300,
  })
  fc.assert(
    fc.property(timers, (list) => {
      const clock = createVirtualClock()
      const fired: number[] = []
      const handles = list.map(({ delayMs }, i) => clock.setTimer(delayMs, () => fired.push(i)))
      list.forEach(({ cancelled }, i) => {
        if (cancelled) handles[i]?.cancel()
      })
      const expected = list
        .map((timer, i) => ({ ...timer, i }))
        .filter((timer) => !timer.cancelled)
        .sort((a, b) => a.delayMs - b.delayMs)
      expect(clock.pending()).toBe(expected.length)
      expect(clock.runUntilIdle(1_000)).toBe(expected.length)
      expect(fired).toEqual(expected.map(({ i }) => i))
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('what a timer sets falls due in the same run when its deadline is reached', () => {
  const clock = createVirtualClock()
  const seen: number[] = []
  const tick = () => {
    seen.push(clock.monotonic())
    clock.setTimer(10, tick)
  }
  clock.setTimer(10, tick)
  clock.runUntil(35)
  expect(seen).toEqual([10, 20, 30])
  expect(clock.pending()).toBe(1)
  expect(clock.runUntilIdle(5)).toBe(5)
  clock.runUntil(0)
  expect(clock.monotonic()).toBe(80)
})

test('cancelled timers are let go of, not kept until their deadline', () => {
  const clock = createVirtualClock()
  const held = clock.setTimer(1e9, () => {})
  for (let i = 0; i < 200_000; i += 1) clock.setTimer(1e9, () => {}).cancel()
  expect(clock.pending()).toBe(1)
  held.cancel()
  expect(clock.pending()).toBe(0)
  expect(clock.runNext()).toBe(false)
})

test('a throwing timer is gone, and the clock goes on', () => {
  const clock = createVirtualClock()
  let later = 0
  clock.setTimer(1, () => {
    throw new Error('planted')
  })
  clock.setTimer(2, () => {
    later += 1
  })
  expect(() => clock.advanceBy(10)).toThrow('planted')
  clock.advanceBy(10)
  expect(later).toBe(1)
})

test('a timer cannot move the clock that fires it', () => {
  const clock = createVirtualClock()
  clock.setTimer(1, () => clock.advanceBy(5))
  expect(() => clock.advanceBy(10)).toThrow('INVARIANT_BROKEN')
})

test('a jump of the wall clock moves no deadline', () => {
  const clock = createVirtualClock({ startMs: 1_000 })
  const seen: number[] = []
  clock.setTimer(10, () => seen.push(clock.monotonic(), clock.now()))
  clock.jumpWallClock(-500)
  clock.advanceBy(10)
  expect(seen).toEqual([10, 510])
})
