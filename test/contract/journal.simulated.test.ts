import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { journalContract } from './journal.ts'

journalContract('simulated', () => {
  const clock = createVirtualClock()
  const disk = createSimulatedDisk({ clock, random: createSeededRandom('journal contract') })
  return {
    clock,
    disk,
    reopen() {
      disk.crash()
      return disk
    },
    async until(condition) {
      clock.runUntilIdle(100_000)
      if (!condition()) throw new Error('this never happens')
    },
    close() {},
  }
})
