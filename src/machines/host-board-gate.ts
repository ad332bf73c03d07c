// What the gate of a blade remembers and what it lets pass. Pure: the host-board machine asks, and this says.
//
// `formerGroup` says whose traces may be on the blade: `unknown` until the first scrub, null after one, and a group from the moment
// that its data or its software may come in. Nothing of another group passes until it is null again (promise 2). Power brings software
// in too: of the group whose pointers the board holds, whoever set them, and when.
import type { ErrorCode } from '../errors.ts'
import {
  type BoardOperation,
  type BoardResult,
  type BootIdentity,
  type BootPointers,
  type CommandId,
  type CommandOrder,
  commandKey,
  type Receipt,
} from '../protocol/board.ts'
import type { GroupId } from '../protocol/ids.ts'

/** Durable. */
export interface BoardMemory {
  /** Order of the newest command taken: an older one that was not recorded is a stranger from the past. */
  readonly lastOrder: CommandOrder
  /** Newest last, at most `recordCountMax`. */
  readonly records: readonly CommandRecord[]
  readonly formerGroup: GroupId | 'unknown' | null
  /** The proof of its last scrub. */
  readonly receipt: Receipt | null
}

export interface CommandRecord {
  readonly key: string
  readonly result: BoardResult
}

/** Read from hardware and switches, never remembered. */
export interface BoardFacts {
  readonly power: 'on' | 'off'
  readonly pid: number | null
  readonly pointers: BootPointers | null
  readonly bootId: string | null
  /** Of this boot, checked against the pointers; null until the blade answered. */
  readonly identity: BootIdentity | null
  readonly volumes: readonly string[]
  readonly networks: readonly string[]
  readonly address: string | null
  readonly lost: boolean
  readonly cpuRatio: number
  readonly memoryBytes: number
}

export interface GateRefusal {
  readonly code: ErrorCode
  readonly detail: string
  readonly retriable: boolean
}

export interface GateCommand {
  readonly id: CommandId
  readonly order: CommandOrder
  readonly operation: BoardOperation
  readonly standing: Standing
}

/** How the board stood to the command when that came in. */
export interface Standing {
  /** Lower epochs are refused (P3). */
  readonly promised: number
  /** Its lease runs for the command's epoch (P9). */
  readonly isGranted: boolean
  /** The command is not older than a command may be (P11). */
  readonly isRecent: boolean
}

/** A move has at most 14 steps; this holds several moves with all their attempts. */
export const recordCountMax = 128

export const freshMemory: BoardMemory = {
  lastOrder: { epoch: 0, index: 0 },
  records: [],
  formerGroup: 'unknown',
  receipt: null,
}

export function recordOf(memory: BoardMemory, key: string): CommandRecord | undefined {
  return memory.records.find((record) => record.key === key)
}

/** A command that ran when the agent died may have done its work or not. */
export function afterRestart(memory: BoardMemory): BoardMemory {
  const records = memory.records.map((record) =>
    record.result.outcome === 'running' ? { ...record, result: { outcome: 'interrupted' } as const } : record,
  )
  return { ...memory, records }
}

export function refusalOf(
  { memory, facts, isBusy }: { memory: BoardMemory; facts: BoardFacts; isBusy: boolean },
  { id, order, operation, standing }: GateCommand,
): GateRefusal | undefined {
  const { lastOrder, formerGroup } = memory
  const { promised, isGranted, isRecent } = standing
  const known = Math.max(promised, lastOrder.epoch)
  if (order.epoch < known) return no('EPOCH_STALE', `epoch ${order.epoch}, promised is ${known}`)
  if (!isGranted)
    return {
      code: 'BOARD_NOT_GRANTED',
      detail: `no lease of this board runs for epoch ${order.epoch}`,
      retriable: true,
    }
  if (!isRecent) return { code: 'COMMAND_TOO_OLD', detail: 'it echoes no recent nonce', retriable: true }
  if (order.epoch === lastOrder.epoch && order.index <= lastOrder.index)
    return no('EPOCH_STALE', `index ${order.index}, the last one taken is ${lastOrder.index}`)
  if (isBusy) return { code: 'BOARD_BUSY', detail: 'another command is in hand', retriable: true }
  if (id.step !== operation.step) return no('BOARD_STEP_REFUSED', `${operation.step} in the name of ${id.step}`)
  const group = groupOf(operation, facts)
  if (group !== null && formerGroup !== null && formerGroup !== group)
    return no('RECEIPT_MISSING', `traces of ${formerGroup} may be on it, and ${group} is to come`)
  return refusalOfStep(facts, operation, group)
}

function refusalOfStep(facts: BoardFacts, operation: BoardOperation, group: GroupId | null): GateRefusal | undefined {
  switch (operation.step) {
    case 'scrub':
    case 'verifyScrub':
    case 'setPointers':
      if (facts.power === 'on') return no('BOARD_POWERED_ON', `${operation.step} needs it to be off`)
      if (facts.networks.length > 0 || facts.volumes.length > 0)
        return no('BOARD_STEP_REFUSED', `${operation.step} while it is on networks or volumes`)
      return undefined
    case 'attachVolumes':
      return facts.pointers?.group === group ? undefined : no('BOARD_STEP_REFUSED', `no pointers of ${group}`)
    case 'connectNetwork':
      return facts.identity?.group === group && facts.power === 'on'
        ? undefined
        : no('BOARD_STEP_REFUSED', `no verified boot of ${group}`)
    case 'powerOn':
      return facts.pointers ? undefined : no('BOARD_NO_POINTERS', 'nothing to boot')
    default:
      return undefined
  }
}

/** Durable before the act: from now on the group's traces may be there, and the command may have happened. */
export function memoryBefore(
  memory: BoardMemory,
  { id, order, operation }: Omit<GateCommand, 'standing'>,
  facts: BoardFacts,
): BoardMemory {
  const group = groupOf(operation, facts)
  return {
    ...memory,
    lastOrder: order,
    records: [...memory.records, { key: commandKey(id), result: { outcome: 'running' } as const }].slice(
      -recordCountMax,
    ),
    formerGroup: group ?? memory.formerGroup,
  }
}

/** Durable before the answer. A receipt counts from a verified scrub only, whatever else may carry one. */
export function memoryAfter(
  memory: BoardMemory,
  { id, operation }: Pick<GateCommand, 'id' | 'operation'>,
  result: BoardResult,
): BoardMemory {
  const key = commandKey(id)
  const isClean = operation.step === 'verifyScrub' && result.outcome === 'done' && result.receipt !== undefined
  return {
    ...memory,
    records: memory.records.map((record) => (record.key === key ? { key, result } : record)),
    formerGroup: isClean ? null : memory.formerGroup,
    receipt: (isClean ? result.receipt : memory.receipt) ?? null,
  }
}

/** The facts read after a command, with what only its answer says. */
export function factsAfter(facts: BoardFacts, result: BoardResult, operation: BoardOperation): BoardFacts {
  if (result.outcome !== 'done') return facts
  if (operation.step === 'powerOn') return { ...facts, identity: null, lost: false }
  return result.identity ? { ...facts, identity: result.identity } : facts
}

/** But for how busy it is, which always changes. */
export function isSameReading(one: BoardFacts, other: BoardFacts): boolean {
  const lasting = (facts: BoardFacts) => ({ ...facts, cpuRatio: 0, memoryBytes: 0 })
  return isSame(lasting(one), lasting(other))
}

/** Of plain data. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  const [ones, others] = [Object.entries(one), Object.entries(other)]
  return ones.length === others.length && ones.every(([name, value]) => isSame(value, Reflect.get(other, name)))
}

/** Whose data or software the operation brings in. */
function groupOf(operation: BoardOperation, facts: BoardFacts): GroupId | null {
  switch (operation.step) {
    case 'powerOn':
      return facts.pointers?.group ?? null
    case 'setPointers':
      return operation.pointers.group
    case 'attachVolumes':
    case 'connectNetwork':
      return operation.group
    default:
      return null
  }
}

function no(code: ErrorCode, detail: string): GateRefusal {
  return { code, detail, retriable: false }
}
