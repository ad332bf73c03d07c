// The bus that a command line names: `udp`, or `udp:43113`.
import { systemClock } from '../drivers/node/system-clock.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { CanBus } from '../transport/can/can-bus.ts'
import { createUdpBus, udpPortDefault } from '../transport/can/udp-bus.ts'

export interface BusChoice {
  readonly isFd: boolean
  readonly log: Log
}

const bitRate = 1_000_000
const dataBitRate = 5_000_000

/** Not started. Throws ConfigError for what names none. */
export function canBusOf(text: string, { isFd, log }: BusChoice): CanBus {
  const [, port] = /^udp(?::(\d{1,5}))?$/.exec(text) ?? [text]
  const number = port === undefined && text === 'udp' ? udpPortDefault : Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new ConfigError('COMMAND_INVALID', `no bus: ${text}; a bus is udp, or udp:PORT`)
  const rates = isFd ? { bitRate, dataBitRate } : { bitRate }
  return createUdpBus({
    ...{ name: 'can0', port: number, ...rates },
    ...{ self: `bladewright-can-${process.pid}`, clock: systemClock, log },
  })
}
