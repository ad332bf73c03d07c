import { expect, test } from 'vitest'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { clockContract } from './clock.ts'

clockContract('virtual', () => {
  const clock = createVirtualClock()
  return { clock, pass: async (ms) => clock.advanceBy(ms) }
})

test('a timer that sets itself again at once is found, and not waited for', () => {
  const clock = createVirtualClock()
  const again = () => void clock.setTimer(0, again)
  again()
  expect(() => clock.advanceBy(1)).toThrow('time stands still at 0 ms')
})
