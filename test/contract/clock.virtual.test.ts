import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { clockContract } from './clock.ts'

clockContract('virtual', () => {
  const clock = createVirtualClock()
  return { clock, pass: async (ms) => clock.advanceBy(ms) }
})
