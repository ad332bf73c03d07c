import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import { createRateLimit } from '../../../../src/transport/websocket/rate-limit.ts'

test('R65: a burst of a second is let through; what comes faster in the long run waits until it is within the rate', () => {
  const clock = createVirtualClock()
  const limit = createRateLimit(clock, 100)
  for (let index = 0; index < 100; index += 1) expect(limit.take(1)).toBe(0)
  expect(limit.take(1)).toBe(10)
  let taken = 0
  while (clock.monotonic() < 10_000) {
    clock.advanceBy(limit.take(7))
    taken += 7
  }
  expect(taken).toBeLessThanOrEqual(1_000 + 7)
  expect(taken).toBeGreaterThan(980)
  clock.advanceBy(60_000)
  // It saves up no more than a second's worth.
  for (let index = 0; index < 100; index += 1) expect(limit.take(1)).toBe(0)
  expect(limit.take(1)).toBeGreaterThan(0)
})
