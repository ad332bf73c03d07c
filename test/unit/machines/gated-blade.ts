// A blade behind a gate, as it really is: what is on it, and which groups met what another one left. Honest where it answers; it may
// fail before or after it acted, and its agent may die.
import type { BoardFacts, GateCommand } from '../../../src/machines/host-board-gate.ts'
import type { BoardOperation, BoardResult, BoardStep, CommandOrder } from '../../../src/protocol/board.ts'

export interface GatedBlade {
  readonly power: 'on' | 'off'
  readonly pointers: string | null
  /** Groups whose software or data was on it since it was last scrubbed. */
  readonly traces: readonly string[]
  readonly volumes: string | null
  readonly network: string | null
  readonly booted: string | null
  /** `group met other`: must stay empty. */
  readonly met: readonly string[]
}

export const blankBlade: GatedBlade = {
  power: 'off',
  pointers: null,
  traces: [],
  volumes: null,
  network: null,
  booted: null,
  met: [],
}

/** Serving somebody of whom nobody knows. */
export const foundBlade: GatedBlade = {
  ...blankBlade,
  power: 'on',
  pointers: 'old/web',
  traces: ['old/web'],
  volumes: 'old/web',
  network: 'old/web',
  booted: 'old/web',
}

const digest = `sha256:${'a'.repeat(64)}`

export function operationOf(step: BoardStep, group: string | null = null): BoardOperation {
  const of = group ?? 'shop/web'
  switch (step) {
    case 'setPointers':
      return { step, pointers: pointersOf(of) }
    case 'attachVolumes':
      return { step, group: of, volumes: [`${of}/data`] }
    case 'connectNetwork':
      return { step, group: of, networks: [`${of}/front`] }
    case 'boot':
      return { step, withinMs: 1000 }
    default:
      return { step }
  }
}

export function commandOf(step: BoardStep, order: CommandOrder, group: string | null = null, number = 1): GateCommand {
  const standing = { promised: order.epoch, isGranted: true, isRecent: true }
  return { id: { move: `mv-${number}`, step, attempt: 1 }, order, operation: operationOf(step, group), standing }
}

function pointersOf(group: string) {
  return { group, role: 'front', image: 'web', imageDigest: digest, healthPath: '/healthz' }
}

/** What an honest reading finds. */
export function found({ power, pointers, volumes, network, booted }: GatedBlade): BoardFacts {
  const bootId = power === 'on' ? 'boot' : null
  return {
    power,
    pid: power === 'on' ? 1 : null,
    pointers: pointers === null ? null : pointersOf(pointers),
    bootId,
    identity: booted === null ? null : { group: booted, role: 'front', imageDigest: digest, bootId: 'boot' },
    volumes: volumes === null ? [] : [volumes],
    networks: network === null ? [] : [network],
    address: null,
    lost: false,
    cpuRatio: 0,
    memoryBytes: 0,
  }
}

export type Fate = 'done' | 'failed' | 'failedAfterEffect' | 'agentDiesBefore' | 'agentDiesAfter'

/** No result: the agent died, and nobody heard. */
export function attempted(
  blade: GatedBlade,
  operation: BoardOperation,
  fate: string,
): { blade: GatedBlade; result: BoardResult | null } {
  const failed: BoardResult = { outcome: 'failed', code: 'BOARD_POWER_FAILED', detail: '', retriable: true }
  if (fate === 'failed') return { blade, result: failed }
  if (fate === 'agentDiesBefore') return { blade, result: null }
  const { after, result } = performed(blade, operation)
  if (fate === 'agentDiesAfter') return { blade: after, result: null }
  return { blade: after, result: fate === 'done' ? result : failed }
}

function performed(blade: GatedBlade, operation: BoardOperation): { after: GatedBlade; result: BoardResult } {
  const done: BoardResult = { outcome: 'done' }
  switch (operation.step) {
    case 'disconnect':
      return { after: { ...blade, volumes: null, network: null }, result: done }
    case 'powerOff':
      return { after: { ...blade, power: 'off', booted: null }, result: done }
    case 'scrub':
      return { after: { ...blade, traces: [], pointers: null }, result: done }
    case 'verifyScrub':
      return { after: blade, result: searched(blade) }
    case 'setPointers':
      return {
        after: meeting({ ...blade, pointers: operation.pointers.group }, operation.pointers.group),
        result: done,
      }
    case 'attachVolumes':
      return { after: meeting({ ...blade, volumes: operation.group }, operation.group), result: done }
    case 'powerOn':
      return { after: booted(blade), result: done }
    case 'connectNetwork':
      return { after: meeting({ ...blade, network: operation.group }, operation.group), result: done }
    default:
      return { after: blade, result: done }
  }
}

function searched({ power, traces }: GatedBlade): BoardResult {
  if (power === 'on' || traces.length > 0)
    return { outcome: 'failed', code: 'SCRUB_INCOMPLETE', detail: traces.join(', '), retriable: true }
  const receipt = { id: 'r', blade: 'c01-s01', formerGroup: 'unknown' as const, removed: [], digest, at: 0 }
  return { outcome: 'done', receipt }
}

function booted(blade: GatedBlade): GatedBlade {
  const { pointers, traces, volumes } = blade
  if (pointers === null) return blade
  const all = [...new Set([...traces, pointers, ...(volumes === null ? [] : [volumes])])]
  return meeting({ ...blade, power: 'on', booted: pointers, traces: all }, pointers)
}

/** The group is let onto the blade: whoever else is on it, in software, data or wiring, is met. */
function meeting(blade: GatedBlade, group: string): GatedBlade {
  const there = [...blade.traces, blade.volumes, blade.network].filter((other) => other !== null && other !== group)
  return { ...blade, met: [...blade.met, ...there.map((other) => `${group} met ${other}`)] }
}
