// The boards of a cabinet as Cyphal registers of its agent, so that any Cyphal tool can read what a blade is to boot, and whose it is.
// All are read only: what changes a blade is a command of the site master that leads, fenced by epoch and proved by a code.
import type { BoardStatus } from '../protocol/board.ts'
import type { BladeId } from '../protocol/ids.ts'
import type { CommandResponse } from '../transport/can/cyphal/execute-command.ts'
import type { Register } from '../transport/can/cyphal/registers.ts'
import type { RegisterHandlers } from '../transport/can/standard-services.ts'

/** An empty text where there is none. */
const readings: Readonly<Record<string, (status: BoardStatus) => string | number>> = {
  'boot.group': ({ pointers }) => pointers?.group ?? '',
  'boot.role': ({ pointers }) => pointers?.role ?? '',
  'boot.image': ({ pointers }) => pointers?.image ?? '',
  'boot.digest': ({ pointers }) => pointers?.imageDigest ?? '',
  'boot.health_path': ({ pointers }) => pointers?.healthPath ?? '',
  power: ({ power }) => power,
  address: ({ address }) => address ?? '',
  former_group: ({ formerGroup }) => formerGroup ?? '',
  epoch: ({ promisedEpoch }) => promisedEpoch,
}
const names = Object.keys(readings)

/** Names: the blade, a dot, and `boot.group` and so on. @param statusOf undefined before the board was read */
export function boardRegisters(
  blades: readonly BladeId[],
  statusOf: (blade: BladeId) => BoardStatus | undefined,
): RegisterHandlers {
  const known = new Set(blades)
  const all = blades.flatMap((blade) => names.map((name) => `${blade}.${name}`))
  return {
    names: () => all,
    read(name): Register | undefined {
      const dot = name.indexOf('.')
      const [blade, what] = [name.slice(0, dot), name.slice(dot + 1)]
      const status = known.has(blade) ? statusOf(blade) : undefined
      const said = status && Object.hasOwn(readings, what) ? readings[what]?.(status) : undefined
      if (said === undefined) return undefined
      const value =
        typeof said === 'string'
          ? ({ type: 'string', value: said } as const)
          : ({ type: 'natural64', value: [BigInt(said)] } as const)
      return { value, isMutable: false, isPersistent: what.startsWith('boot.') || what === 'former_group' }
    },
  }
}

/** Whoever sends a frame is not proved: what a master does goes over its link. */
export function refuseCommand(_request: unknown, respond: (response: CommandResponse) => void): void {
  respond({ status: 'notAuthorized', output: 'only the site master that leads commands blades' })
}
