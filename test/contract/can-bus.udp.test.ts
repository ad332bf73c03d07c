import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { createUdpBus } from '../../src/transport/can/udp-bus.ts'
import { canBusContract } from './can-bus.ts'

// No other port of these tests is in this range. Each run has its own, so that a late datagram of one is not another's.
let port = 43_300 + (process.pid % 100) * 40

for (const isFd of [false, true]) {
  canBusContract(isFd ? 'udp, FD' : 'udp, classic', isFd, async () => {
    port += 1
    const log = createArrayLog()
    const dataRate = isFd ? { dataBitRate: 5_000_000 } : {}
    const attach = (self: string) =>
      createUdpBus({ name: 'can0', port, bitRate: 1_000_000, ...dataRate, self, clock: systemClock, log })
    const controllers = [attach('a'), attach('b'), attach('c')] as const
    return {
      controllers,
      async until(holds, awaited) {
        for (let turns = 0; !holds(); turns += 1) {
          if (turns > 5000) throw new Error(`still no ${awaited}; ${JSON.stringify(log.entries)}`)
          await new Promise((resolve) => systemClock.setTimer(1, () => resolve(undefined)))
        }
      },
      async close() {
        for (const bus of controllers) await new Promise<void>((resolve) => bus.stop(resolve))
      },
    }
  })
}
