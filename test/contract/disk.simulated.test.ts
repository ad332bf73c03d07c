import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createSimulatedDisk } from '../../src/testing/simulated-disk.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { diskContract } from './disk.ts'

diskContract('simulated', () => {
  const clock = createVirtualClock()
  const disk = createSimulatedDisk({ clock, random: createSeededRandom('disk contract') })
  return {
    disk,
    reopen() {
      disk.crash()
      return disk
    },
    async until(condition) {
      clock.runUntilIdle(10_000)
      if (!condition()) throw new Error('this never happens')
    },
    close() {},
  }
})
