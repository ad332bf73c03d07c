import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'
import { createSlcanBus } from '../../src/transport/can/slcan-bus.ts'
import { canBusContract } from './can-bus.ts'
import { createSlcanAdapter } from './slcan-adapter.ts'

for (const isFd of [false, true]) {
  canBusContract(isFd ? 'slcan, FD' : 'slcan, classic', isFd, async () => {
    const clock = createVirtualClock()
    const random = createSeededRandom('contract')
    const bus = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, dataBitRate: 5_000_000, isFd })
    const attach = (node: string) => {
      const { open } = createSlcanAdapter(bus.attach(node), clock)
      const rates = { bitRateCommand: 'S8', ...(isFd && { dataBitRateCommand: 'Y5' }) }
      return createSlcanBus({ name: 'can0', ...rates, clock, log: createArrayLog(), open })
    }
    return {
      controllers: [attach('a'), attach('b'), attach('c')],
      async until(holds, awaited) {
        while (!holds()) if (clock.monotonic() > 3000 || !clock.runNext()) throw new Error(`still no ${awaited}`)
      },
      close: async () => {},
    }
  })
}
