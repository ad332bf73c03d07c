// The hardware of a simulated site: blades with their boards, the switches, and the requests the blades serve, on a virtual clock.
// What really is on a blade (`contents`) is kept apart from what its board says, so invariants judge the truth while the runtime
// has to live with the claims. Faults are switched on and off by name; the same seed and the same calls give the same run.

import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { HostBoard } from '../ports/host-board.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Random } from '../ports/random.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import {
  createSimulatedBlade,
  currentAddress,
  cutPower,
  type HardwareWitness,
  type SimulatedBlade,
  tracesOn,
} from './simulated-blade.ts'
import { type BoardFaults, type BoardTimings, createSimulatedBoard, type SimulatedImage } from './simulated-board.ts'
import { type Agent, createAgent, createOperations, type Operations } from './simulated-operations.ts'
import type { BulkServer } from './simulated-server.ts'
import type { ServiceShape } from './simulated-service.ts'
import { createSimulatedNetworkSwitch, createSimulatedStorageSwitch } from './simulated-switches.ts'

export interface SimulatedHardwareOptions {
  readonly clock: Clock
  readonly random: Random
  readonly blades: readonly { readonly blade: BladeId; readonly boardType: string }[]
  /** What every agent's image store holds, by name. */
  readonly images: Readonly<Record<string, SimulatedImage>>
  /** Volumes by group. */
  readonly volumes: Readonly<Record<GroupId, readonly string[]>>
  /** Networks by group; a group that is not named has `front` and `private`. */
  readonly networks?: Readonly<Record<GroupId, readonly string[]>>
  readonly timings?: Partial<SimulatedTimings>
  readonly service?: Partial<ServiceShape>
  /** Told at once. */
  readonly witness?: Partial<HardwareWitness>
}

export interface SimulatedTimings extends BoardTimings {
  /** From the death of a blade to onLost. */
  readonly lossDetectedMs: number
}

export interface SimulatedHardware {
  /** A handle for the blade's present agent; after `loseAgent` ask again. */
  board(blade: BladeId): HostBoard
  readonly networkSwitch: NetworkSwitch
  readonly storageSwitch: StorageSwitch
  readonly server: BulkServer
  /** The blade dies by itself: SIGKILL, crash, pulled. */
  kill(blade: BladeId): void
  /** A server that carries something of the operators' own is on, whatever it was before; on already, it stays as it is. */
  install(blade: BladeId): void
  /** The agent dies and one is started anew: its handles never answer again, operations in hand stop where they are. */
  loseAgent(blade: BladeId): void
  readonly faults: SimulatedHardwareFaults
  contents(blade: BladeId): BladeContents
}

export interface SimulatedHardwareFaults {
  /** Board and switches swallow every call for this blade. */
  silent(blade: BladeId, on: boolean): void
  /** What is asked happens, the answer is lost. */
  dropAnswers(blade: BladeId, on: boolean): void
  /** Board and switches take `factor` times as long. */
  slow(blade: BladeId, factor: number): void
  /** The blade's software takes `factor` times as long for a request. */
  slowService(blade: BladeId, factor: number): void
  /** The board says done and changes nothing, and reads back what was asked. Switching it off lets the truth be read. */
  liesAboutPower(blade: BladeId, on: boolean): void
  powerFails(blade: BladeId, on: boolean): void
  scrubLeavesData(blade: BladeId, on: boolean): void
}

/** The truth about a blade, by looking into it. */
export interface BladeContents {
  readonly power: 'on' | 'off'
  readonly image: GroupId | null
  readonly pointers: GroupId | null
  readonly memory: GroupId | null
  readonly logs: GroupId | null
  readonly volumes: readonly { readonly volume: string; readonly group: GroupId }[]
  readonly network: GroupId | null
  readonly networks: readonly string[]
  readonly address: string | null
  readonly bootId: string | null
  /** Everybody of whom there is a trace, sorted, each once. */
  readonly groups: readonly GroupId[]
}

interface Slot {
  readonly iron: SimulatedBlade
  readonly operations: Operations
  readonly random: Random
  readonly boardFaults: BoardFaults
  readonly lostListeners: { agent: Agent; listener: () => void }[]
  agent: Agent
}

/** Milliseconds; boots vary uniformly between the two bounds. */
export const defaultTimings: SimulatedTimings = {
  bootMs: [150, 400],
  powerMs: 20,
  scrubMs: 30,
  stepMs: 4,
  lossDetectedMs: 20,
}

/** 100 requests/s a blade. */
export const defaultService: ServiceShape = { slots: 4, serviceMs: 40, queueMax: 16 }

const defaultNetworks = ['front', 'private']

export function createSimulatedHardware(options: SimulatedHardwareOptions): SimulatedHardware {
  const { clock, images } = options
  const timings = { ...defaultTimings, ...options.timings }
  const { witness = {} } = options
  const slots = new Map(options.blades.map((place) => [place.blade, createSlot(options, place)]))
  // Who was given an address last; an address is never given twice.
  const leases = new Map<string, Slot>()

  function slot(blade: BladeId): Slot {
    const found = slots.get(blade)
    if (!found) throw new InvariantError('BLADE_UNKNOWN', 'the simulated site has no such blade', blade)
    return found
  }

  function lease(iron: SimulatedBlade) {
    const address = `${iron.blade}.sim:${20_000 + leases.size}`
    leases.set(address, slot(iron.blade))
    return { address, boot: iron.boots }
  }

  function listening(address: string): SimulatedBlade | undefined {
    const iron = leases.get(address)?.iron
    if (!iron || currentAddress(iron) !== address || clock.monotonic() < iron.answersFrom) return undefined
    return iron
  }

  const parts = { stepMs: timings.stepMs, find: (blade: BladeId) => slots.get(blade) }
  return {
    board(blade) {
      const found = slot(blade)
      const { iron, agent, operations, random, boardFaults: faults, lostListeners } = found
      // Closing one handle must not silence the agent's others.
      const handle = createAgent(agent)
      return createSimulatedBoard({
        iron,
        agent: handle,
        operations,
        faults,
        images,
        timings,
        clock,
        random,
        lostListeners,
        witness,
      })
    },
    networkSwitch: createSimulatedNetworkSwitch(parts, (group) => options.networks?.[group] ?? defaultNetworks, lease),
    storageSwitch: createSimulatedStorageSwitch(parts, (group) => options.volumes[group] ?? []),
    server: {
      submit(address, finished) {
        const iron = listening(address)
        if (!iron) clock.setTimer(0, () => finished('unreachable'))
        else iron.service.submit(finished)
      },
      submitInBulk: (address, count, periodMs) => listening(address)?.service.serveInBulk(count, periodMs),
      identityAt(address) {
        const iron = listening(address)
        return iron?.healthy ? (iron.identity ?? undefined) : undefined
      },
    },
    kill(blade) {
      const { iron, lostListeners } = slot(blade)
      if (iron.power === 'off') return
      cutPower(iron)
      iron.lost = true
      witness.changed?.(blade)
      const boot = iron.boots
      clock.setTimer(timings.lossDetectedMs, () => {
        if (!iron.lost || iron.boots !== boot) return
        for (const { agent, listener } of lostListeners) if (!agent.lost) listener()
      })
    },
    install(blade) {
      const { iron } = slot(blade)
      if (iron.power === 'on') return
      iron.power = 'on'
      iron.lost = false
      iron.boots += 1
      witness.changed?.(blade)
    },
    loseAgent(blade) {
      const found = slot(blade)
      found.agent.lose()
      found.agent = createAgent()
      found.lostListeners.length = 0
    },
    faults: createFaults(slot),
    contents: (blade) => contentsOf(slot(blade).iron),
  }
}

function createSlot(options: SimulatedHardwareOptions, place: { blade: BladeId; boardType: string }): Slot {
  const { clock, random } = options
  return {
    iron: createSimulatedBlade(clock, { ...defaultService, ...options.service }, place),
    operations: createOperations(clock, () => options.witness?.changed?.(place.blade)),
    random: random.fork(place.blade),
    boardFaults: { liesAboutPower: false, powerFails: false, scrubLeavesData: false },
    lostListeners: [],
    agent: createAgent(),
  }
}

function createFaults(slot: (blade: BladeId) => Slot): SimulatedHardwareFaults {
  return {
    silent(blade, on) {
      slot(blade).operations.faults.silent = on
    },
    dropAnswers(blade, on) {
      slot(blade).operations.faults.answersDropped = on
    },
    slow(blade, factor) {
      slot(blade).operations.faults.slowness = factor
    },
    slowService(blade, factor) {
      slot(blade).iron.service.slow(factor)
    },
    liesAboutPower(blade, on) {
      slot(blade).boardFaults.liesAboutPower = on
      if (!on) slot(blade).iron.claimedPower = null
    },
    powerFails(blade, on) {
      slot(blade).boardFaults.powerFails = on
    },
    scrubLeavesData(blade, on) {
      slot(blade).boardFaults.scrubLeavesData = on
    },
  }
}

function contentsOf(iron: SimulatedBlade): BladeContents {
  const groups = new Set(tracesOn(iron).map((trace) => trace.group))
  return {
    power: iron.power,
    image: iron.image,
    pointers: iron.pointers?.group ?? null,
    memory: iron.memory,
    logs: iron.logs,
    volumes: [...iron.data].map(([volume, group]) => ({ volume, group })),
    network: iron.wiring?.group ?? null,
    networks: iron.wiring?.networks ?? [],
    address: currentAddress(iron),
    bootId: iron.bootId,
    groups: [...groups].sort(),
  }
}
