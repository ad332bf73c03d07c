// The bus that a command line names: `udp`, `udp:43113`, `slcan:/dev/ttyACM0`, `slcan:10.0.0.9:3333`, `socketcan:can0`.
import { systemClock } from '../drivers/node/system-clock.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { CanBus } from '../transport/can/can-bus.ts'
import { createSlcanBus } from '../transport/can/slcan-bus.ts'
import { openSlcanPort } from '../transport/can/slcan-port.ts'
import { createSocketcanBus } from '../transport/can/socketcan-bus.ts'
import { createUdpBus, udpPortDefault } from '../transport/can/udp-bus.ts'

export interface BusChoice {
  readonly isFd: boolean
  readonly log: Log
}

const bitRate = 1_000_000
const dataBitRate = 5_000_000

/** Not started. Throws ConfigError for what names none, CAN_UNSUPPORTED where the kernel's cannot be opened. */
export function canBusOf(text: string, choice: BusChoice): CanBus {
  const [, kind = '', place = ''] = /^(udp|slcan|socketcan)(?::(.*))?$/.exec(text) ?? []
  if (kind === 'socketcan' && place !== '') {
    const rates = choice.isFd ? { bitRate, dataBitRate } : { bitRate }
    return createSocketcanBus({ name: place, ...rates, clock: systemClock, log: choice.log })
  }
  const bus = kind === 'udp' ? udpBusOf(place, choice) : kind === 'slcan' ? slcanBusOf(place, choice) : undefined
  if (bus) return bus
  throw new ConfigError(
    'COMMAND_INVALID',
    `no bus: ${text}; a bus is udp:PORT, slcan:DEVICE, slcan:HOST:PORT or socketcan:NAME`,
  )
}

function udpBusOf(place: string, { isFd, log }: BusChoice): CanBus | undefined {
  const port = place === '' ? udpPortDefault : portOf(place)
  if (port === undefined) return undefined
  const rates = isFd ? { bitRate, dataBitRate } : { bitRate }
  const self = `bladewright-can-${process.pid}`
  return createUdpBus({ name: 'can0', port, ...rates, self, clock: systemClock, log })
}

function slcanBusOf(place: string, { isFd, log }: BusChoice): CanBus | undefined {
  const [, host, digits = ''] = /^([^:/]+|\[[0-9a-f:]+\]):(\d+)$/.exec(place) ?? []
  const port = portOf(digits)
  const found = place.startsWith('/') ? { device: place } : host && port ? { host, port } : undefined
  if (!found) return undefined
  const rates = { bitRateCommand: 'S8', ...(isFd && { dataBitRateCommand: 'Y5' }) }
  const open = openSlcanPort.bind(undefined, found)
  return createSlcanBus({ name: 'can0', ...rates, clock: systemClock, log, open })
}

function portOf(digits: string): number | undefined {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
