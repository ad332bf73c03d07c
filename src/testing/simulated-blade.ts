// The iron of one simulated blade: what is true of it, whatever its board claims. Only the simulated board, the switches and the
// faults change it; invariants read it. It survives the loss of the agent, as real iron does.
import type { Clock } from '../ports/clock.ts'
import type { BootIdentity, BootPointers } from '../protocol/board.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import { createSimulatedService, type ServiceShape, type SimulatedService } from './simulated-service.ts'

export interface SimulatedBlade {
  readonly blade: BladeId
  readonly boardType: string
  readonly service: SimulatedService
  power: 'on' | 'off'
  /** What the board says of the power while it lies; null when it tells the truth. */
  claimedPower: 'on' | 'off' | null
  pointers: BootPointers | null
  /** Grows with every power-on: leases of an earlier boot are void. */
  boots: number
  bootId: string | null
  /** Monotonic ms from which the software answers; Infinity for an image that never becomes healthy. */
  answersFrom: number
  lost: boolean
  /** Whose image lies on its disk, who runs in its memory, whose data and logs it holds. */
  image: GroupId | null
  memory: GroupId | null
  identity: BootIdentity | null
  healthy: boolean
  logs: GroupId | null
  /** Volume name -> the group it belongs to. */
  readonly data: Map<string, GroupId>
  /** What the last scrub removed, for the receipt. */
  removed: readonly string[]
  canary: string | null
  wiring: { readonly group: GroupId; readonly networks: readonly string[]; readonly lease: Lease } | null
}

export interface Lease {
  readonly address: string
  readonly boot: number
}

/** Whoever keeps the truth about the blades. */
export interface HardwareWitness {
  /** Something on the blade may be another than before. */
  changed(blade: BladeId): void
  receiptIssued(blade: BladeId): void
  booted(blade: BladeId, bootId: string): void
}

export function createSimulatedBlade(
  clock: Clock,
  shape: ServiceShape,
  place: { blade: BladeId; boardType: string },
): SimulatedBlade {
  return {
    ...place,
    service: createSimulatedService(clock, shape),
    power: 'off',
    claimedPower: null,
    pointers: null,
    boots: 0,
    bootId: null,
    answersFrom: 0,
    lost: false,
    image: null,
    memory: null,
    identity: null,
    healthy: true,
    logs: null,
    data: new Map(),
    removed: [],
    canary: null,
    wiring: null,
  }
}

/** Power is gone: memory with it, the disk keeps what it has. */
export function cutPower(iron: SimulatedBlade): void {
  iron.power = 'off'
  iron.memory = null
  iron.identity = null
  iron.bootId = null
  iron.service.cut()
}

/** Where traces of whom are, `place: group`; what an outside search finds. */
export function tracesOn(iron: SimulatedBlade): readonly { readonly place: string; readonly group: GroupId }[] {
  const single = [
    ['image', iron.image],
    ['memory', iron.memory],
    ['logs', iron.logs],
  ] as const
  return [
    ...single.flatMap(([place, group]) => (group === null ? [] : [{ place, group }])),
    ...[...iron.data].map(([volume, group]) => ({ place: `data/${volume}`, group })),
  ]
}

/** The address under which it is reached now; a lease of an earlier boot is none. */
export function currentAddress(iron: SimulatedBlade): string | null {
  const lease = iron.wiring?.lease
  return lease && iron.power === 'on' && lease.boot === iron.boots ? lease.address : null
}
