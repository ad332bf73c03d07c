// The switches of a simulated farm: what is plugged in is a fact of the iron, so agents and masters may die and it stays.
import type { ErrorCode } from '../errors.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Result } from '../ports/result.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import { currentAddress, type Lease, type SimulatedBlade } from './simulated-blade.ts'
import type { Agent, Operations } from './simulated-operations.ts'

export interface SwitchParts {
  readonly stepMs: number
  /** The blade's iron and its present agent; undefined for a blade that is not of this farm. */
  find(blade: BladeId): { iron: SimulatedBlade; operations: Operations; agent: Agent } | undefined
}

const done: Result<void> = { ok: true, value: undefined }

function refuse(code: ErrorCode, detail: string): Result<never> {
  return { ok: false, code, detail }
}

export function createSimulatedNetworkSwitch(
  parts: SwitchParts,
  networksOf: (group: GroupId) => readonly string[],
  lease: (iron: SimulatedBlade) => Lease,
): NetworkSwitch {
  function connect(iron: SimulatedBlade, group: GroupId, networks: readonly string[]): Result<{ address: string }> {
    if (iron.wiring && iron.wiring.group !== group) return refuse('NETWORK_TAKEN', `it is on ${iron.wiring.group}'s`)
    const known = networksOf(group)
    const stranger = networks.find((network) => !known.includes(network))
    if (stranger !== undefined) return refuse('NETWORK_UNKNOWN', `${group} has no network ${stranger}`)
    if (iron.power === 'off') return refuse('BLADE_UNREACHABLE', `${iron.blade} is off`)
    const address = currentAddress(iron)
    const current = address === null ? lease(iron) : { address, boot: iron.boots }
    iron.wiring = { group, networks: [...networks], lease: current }
    return { ok: true, value: { address: current.address } }
  }

  return {
    connect(blade, group, networks, answer) {
      const found = parts.find(blade)
      if (!found) return answer(refuse('BLADE_UNREACHABLE', `no blade ${blade}`))
      found.operations.run(found.agent, parts.stepMs, () => connect(found.iron, group, networks), answer)
    },
    disconnect(blade, answer) {
      const found = parts.find(blade)
      if (!found) return answer(done)
      const effect = () => {
        // Open connections end with the wire.
        if (found.iron.wiring) found.iron.service.cut()
        found.iron.wiring = null
        return done
      }
      found.operations.run(found.agent, parts.stepMs, effect, answer)
    },
    read(blade, answer) {
      const found = parts.find(blade)
      if (!found) return answer({ ok: true, value: { group: null, networks: [], address: null } })
      const effect = () => {
        const { wiring } = found.iron
        const address = currentAddress(found.iron)
        return { ok: true, value: { group: wiring?.group ?? null, networks: wiring?.networks ?? [], address } } as const
      }
      found.operations.look(found.agent, parts.stepMs, effect, answer)
    },
  }
}

export function createSimulatedStorageSwitch(
  parts: SwitchParts,
  volumesOf: (group: GroupId) => readonly string[],
): StorageSwitch {
  function attach(iron: SimulatedBlade, group: GroupId, volumes: readonly string[]): Result<void> {
    const holder = [...iron.data.values()].find((owner) => owner !== group)
    if (holder !== undefined) return refuse('VOLUME_TAKEN', `it holds ${holder}'s`)
    const known = volumesOf(group)
    const stranger = volumes.find((volume) => !known.includes(volume))
    if (stranger !== undefined) return refuse('VOLUME_UNKNOWN', `${group} has no volume ${stranger}`)
    iron.data.clear()
    for (const volume of volumes) iron.data.set(volume, group)
    return done
  }

  return {
    attach(blade, group, volumes, answer) {
      const found = parts.find(blade)
      if (!found) return answer(refuse('VOLUME_FAILED', `no blade ${blade}`))
      found.operations.run(found.agent, parts.stepMs, () => attach(found.iron, group, volumes), answer)
    },
    detach(blade, answer) {
      const found = parts.find(blade)
      if (!found) return answer(done)
      const effect = () => {
        found.iron.data.clear()
        return done
      }
      found.operations.run(found.agent, parts.stepMs, effect, answer)
    },
    read(blade, answer) {
      const found = parts.find(blade)
      if (!found) return answer({ ok: true, value: { group: null, volumes: [] } })
      const effect = () => {
        const volumes = [...found.iron.data.keys()].sort()
        return { ok: true, value: { group: [...found.iron.data.values()][0] ?? null, volumes } } as const
      }
      found.operations.look(found.agent, parts.stepMs, effect, answer)
    },
  }
}
