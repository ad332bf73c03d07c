// The package and the kernel are stood in for, as far as the package shows them; the bus below is that in memory.
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'
import { createSocketcanBus } from '../../src/transport/can/socketcan-bus.ts'
import { canBusContract } from './can-bus.ts'
import { rawChannelOn } from './raw-channel.ts'

// Of FD frames the package does not say that they were FD, so FD is not as the contract wants it.
canBusContract('socketcan, classic', false, async () => {
  const clock = createVirtualClock()
  const random = createSeededRandom('contract')
  const wire = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, isFd: false, mailboxes: 64 })
  const attach = (node: string) => {
    const channel = rawChannelOn(wire.attach(node), clock)
    const load = () => ({ createRawChannelWithOptions: () => channel })
    const interfaceOf = () => ({ type: 280, mtuBytes: 16 })
    return createSocketcanBus({ name: 'can0', bitRate: 1_000_000, clock, log: createArrayLog(), load, interfaceOf })
  }
  return {
    controllers: [attach('a'), attach('b'), attach('c')],
    async until(holds, awaited) {
      while (!holds()) if (clock.monotonic() > 3000 || !clock.runNext()) throw new Error(`still no ${awaited}`)
    },
    close: async () => {},
  }
})
