// The member list of a group and the requests of moves that wait for it to be in force. Pure: the group machine keeps one.
//
// A request changes the list at once and is answered when the balancer has applied a list that holds the change: a join and an
// unjoin when it is applied, a drain when the balancer says that the member's last request has ended. A repeat of a request that
// waits replaces it; a repeat of one that is done is answered at once, for what it asks is so.
import type { Address } from '../protocol/address.ts'
import type { CommandOrder } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId } from '../protocol/ids.ts'
import type { Member, MessageOf } from '../protocol/messages.ts'

export interface MemberTable {
  readonly version: CommandOrder
  readonly members: readonly Member[]
  /** The balancer said that this version is in force. */
  readonly isApplied: boolean
  readonly pending: readonly PendingRequest[]
  /** Ready to be told to their moves. */
  readonly answered: readonly PendingRequest[]
}

export interface PendingRequest {
  readonly step: 'drain' | 'unjoin' | 'join'
  readonly move: MoveId
  readonly blade: BladeId
  readonly attempt: number
  readonly to: Address
  /** The first list that holds the change. */
  readonly version: CommandOrder
}

export type JoinRequest = MessageOf<'group.member.join'>
export type MemberRequest = MessageOf<'group.member.drain'> | MessageOf<'group.member.unjoin'> | JoinRequest

/** Moves under way are bounded by the plan; this bounds what a faulty one can pile up. */
export const pendingCountMax = 64

/** Why a join is not taken (promise 2); undefined when its evidence is whole. */
export function evidenceGap(
  group: GroupId,
  roles: readonly { readonly role: string; readonly imageDigest: string }[],
  join: JoinRequest,
): { code: 'RECEIPT_MISSING' | 'IDENTITY_MISMATCH'; detail: string } | undefined {
  const role = roles.find((one) => one.role === join.role)
  if (role === undefined || role.imageDigest !== join.imageDigest)
    return { code: 'IDENTITY_MISMATCH', detail: `${join.blade} booted ${join.imageDigest}, which is not ${join.role}` }
  if (join.receipt === null)
    return { code: 'RECEIPT_MISSING', detail: `${join.blade} has no scrub receipt and is to enter ${group}` }
  if (join.receipt.blade !== join.blade)
    return { code: 'RECEIPT_MISSING', detail: `the receipt is of ${join.receipt.blade}, the blade is ${join.blade}` }
  return undefined
}

export function takeRequest(table: MemberTable, request: MemberRequest & { readonly from: Address }): MemberTable {
  const changed = withMembers(table, membersAfter(table.members, request))
  const pending: PendingRequest = {
    step: stepOf(request),
    move: request.move,
    blade: request.blade,
    attempt: request.attempt,
    to: request.from,
    version: changed.version,
  }
  const isGone = request.type !== 'group.member.join' && !table.members.some(({ blade }) => blade === request.blade)
  // Nobody who is not listed has anything to drain; but the list without it must be in force before an unjoin is done.
  if (isGone && (request.type === 'group.member.drain' || changed.isApplied))
    return { ...changed, answered: [...changed.answered, pending] }
  const others = changed.pending.filter((one) => one.move !== request.move)
  return settle({ ...changed, pending: [...others, pending].slice(-pendingCountMax) })
}

/** An equal list keeps its version: the balancer has it already. */
function withMembers(table: MemberTable, members: readonly Member[]): MemberTable {
  if (isEqual(table.members, members)) return table
  const version = { epoch: table.version.epoch, index: table.version.index + 1 }
  return { ...table, members, version, isApplied: false }
}

/** The blade failed: off the list at once, and what it waited for is moot; its move hears of the failure from its own step. */
export function withoutMember(table: MemberTable, blade: BladeId): MemberTable {
  const changed = withMembers(
    table,
    table.members.filter((member) => member.blade !== blade),
  )
  return settleDrains(changed, (request) => request.blade === blade)
}

export function afterApplied(table: MemberTable, version: CommandOrder): MemberTable {
  if (!isAtLeast(version, table.version)) return table
  return settle({ ...table, isApplied: true })
}

/** The balancer holds a newer list. Of our own epoch: this cell forgot some, so it goes on above it. */
export function afterRefused(table: MemberTable, current: CommandOrder): MemberTable {
  if (current.epoch !== table.version.epoch || current.index < table.version.index) return table
  const version = { epoch: current.epoch, index: current.index + 1 }
  const pending = table.pending.map((request) => ({ ...request, version }))
  return { ...table, version, pending, isApplied: false }
}

export function afterDrained(table: MemberTable, blade: BladeId, version: CommandOrder): MemberTable {
  return settleDrains(table, (request) => request.blade === blade && isAtLeast(version, request.version))
}

function settle(table: MemberTable): MemberTable {
  if (!table.isApplied) return table
  const isDone = (request: PendingRequest) => request.step !== 'drain'
  return {
    ...table,
    pending: table.pending.filter((request) => !isDone(request)),
    answered: [...table.answered, ...table.pending.filter(isDone)],
  }
}

function settleDrains(table: MemberTable, isDrained: (request: PendingRequest) => boolean): MemberTable {
  const isDone = (request: PendingRequest) => request.step === 'drain' && isDrained(request)
  return {
    ...table,
    pending: table.pending.filter((request) => !isDone(request)),
    answered: [...table.answered, ...table.pending.filter(isDone)],
  }
}

function membersAfter(members: readonly Member[], request: MemberRequest): readonly Member[] {
  const others = members.filter(({ blade }) => blade !== request.blade)
  if (request.type === 'group.member.unjoin') return others
  if (request.type === 'group.member.drain')
    return members.map((member) => (member.blade === request.blade ? { ...member, state: 'draining' } : member))
  const { blade, address, bootId } = request
  return [...others, { blade, address, bootId, state: 'ready' as const }].sort((a, b) => (a.blade < b.blade ? -1 : 1))
}

function stepOf(request: MemberRequest): PendingRequest['step'] {
  if (request.type === 'group.member.join') return 'join'
  return request.type === 'group.member.drain' ? 'drain' : 'unjoin'
}

function isEqual(a: readonly Member[], b: readonly Member[]): boolean {
  return (
    a.length === b.length &&
    a.every((member, index) => {
      const other = b[index]
      return (
        other !== undefined &&
        member.blade === other.blade &&
        member.address === other.address &&
        member.bootId === other.bootId &&
        member.state === other.state
      )
    })
  )
}

function isAtLeast(a: CommandOrder, b: CommandOrder): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.index >= b.index)
}
