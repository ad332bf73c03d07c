// The bus of datagrams on real sockets of this machine.
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import type { Log } from '../../src/ports/log.ts'
import { createUdpBus } from '../../src/transport/can/udp-bus.ts'
import { canBusContract } from '../contract/can-bus.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
let port = 44_000 + (process.pid % 500) * 20

for (const isFd of [false, true]) {
  canBusContract(isFd ? 'udp, FD' : 'udp, classic', isFd, async () => {
    port += 1
    const attach = (self: string) =>
      createUdpBus({
        ...{ name: 'can0', port, bitRate: 1_000_000, ...(isFd && { dataBitRate: 5_000_000 }) },
        ...{ self, clock: systemClock, log: silent },
      })
    return {
      controllers: [attach('a'), attach('b'), attach('c')],
      async until(holds, awaited) {
        for (let ms = 0; !holds(); ms += 2) {
          if (ms > 8_000) throw new Error(`still no ${awaited}`)
          await sleep(2)
        }
      },
      close: async () => {},
    }
  })
}
