import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { createCandumpRecorder } from '../../src/transport/can/candump-recorder.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'
import { canBusContract } from './can-bus.ts'

for (const isFd of [false, true]) {
  canBusContract(isFd ? 'recorded, FD' : 'recorded, classic', isFd, async () => {
    const clock = createVirtualClock()
    const random = createSeededRandom('contract')
    const bus = createMemoryBus({ clock, random, name: 'can0', bitRate: 500_000, dataBitRate: 2_000_000, isFd })
    const recorded = (node: string) => createCandumpRecorder({ bus: bus.attach(node), clock, write() {} })
    return {
      controllers: [recorded('a'), recorded('b'), recorded('c')],
      async until(holds, awaited) {
        while (!holds()) if (clock.monotonic() > 1000 || !clock.runNext()) throw new Error(`still no ${awaited}`)
      },
      close: async () => {},
    }
  })
}
