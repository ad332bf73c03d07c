import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'
import { canBusContract } from './can-bus.ts'

for (const isFd of [false, true]) {
  canBusContract(isFd ? 'memory, FD' : 'memory, classic', isFd, async () => {
    const clock = createVirtualClock()
    const random = createSeededRandom('contract')
    const bus = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, dataBitRate: 5_000_000, isFd })
    return {
      controllers: [bus.attach('a'), bus.attach('b'), bus.attach('c')],
      async until(holds, awaited) {
        while (!holds()) if (clock.monotonic() > 1000 || !clock.runNext()) throw new Error(`still no ${awaited}`)
      },
      close: async () => {},
    }
  })
}
