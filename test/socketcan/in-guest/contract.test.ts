// The contract of a CAN bus, on a virtual interface of a real kernel.
import { beforeAll } from 'vitest'
import { systemClock } from '../../../src/drivers/node/system-clock.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import type { CanFrame } from '../../../src/transport/can/can-bus.ts'
import { createSocketcanBus } from '../../../src/transport/can/socketcan-bus.ts'
import { canBusContract } from '../../contract/can-bus.ts'
import { makeVirtual, until } from './kernel-bus.ts'

beforeAll(() => makeVirtual('vcan7'))

/** The package does not say of what it received whether it was FD. */
const heardAs = (sent: CanFrame): CanFrame => ({
  ...sent,
  isFd: sent.data.length > 8,
  isBitRateSwitched: sent.data.length > 8,
})

for (const isFd of [false, true]) {
  const open = async () => {
    const rates = { bitRate: 1_000_000, ...(isFd && { dataBitRate: 5_000_000 }) }
    const attach = () => createSocketcanBus({ name: 'vcan7', ...rates, clock: systemClock, log: createArrayLog() })
    const controllers = [attach(), attach(), attach()] as const
    const close = async () => {
      for (const bus of controllers) await new Promise<void>((resolve) => bus.stop(resolve))
    }
    return { controllers, until, close }
  }
  canBusContract(`socketcan of a kernel, ${isFd ? 'FD' : 'classic'}`, isFd, open, heardAs)
}
