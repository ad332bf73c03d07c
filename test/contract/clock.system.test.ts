import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { clockContract } from './clock.ts'

// The one suite that has to wait for real time.
clockContract('system', () => ({
  clock: systemClock,
  pass: async (ms) => {
    const untilMs = systemClock.monotonic() + ms
    while (systemClock.monotonic() < untilMs) await sleep(2)
  },
}))
