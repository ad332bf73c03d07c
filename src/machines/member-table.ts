// The member list of a group and the requests of moves that wait for it to be in force. Pure: the group machine keeps one.
//
// A request changes the list at once and is answered when the balancer has applied a list that holds the change: a join and an
// unjoin when it is applied, a drain when the balancer says that the member's last request has ended. A repeat of a request that
// waits replaces it; a repeat of one that is done is answered at once, for what it asks is so. A change that is undone before it was
// in force, because the blade failed or another move asked otherwise, is answered as not so: a move acts on what it is told.
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
  readonly answered: readonly AnsweredRequest[]
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

export interface AnsweredRequest extends PendingRequest {
  /** False: it was undone before it was in force. */
  readonly isSo: boolean
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
  const { move, blade, attempt, from } = request
  const changed = withMembers(
    { ...table, pending: table.pending.filter((one) => one.move !== move) },
    membersAfter(table.members, request),
  )
  const isUndoing = changed.version.index !== table.version.index
  const left = answer(changed, (one) => (isUndoing && one.blade === blade ? 'not so' : 'waits'))
  const pending: PendingRequest = { step: stepOf(request), move, blade, attempt, to: from, version: left.version }
  const isGone = request.type !== 'group.member.join' && !table.members.some((member) => member.blade === blade)
  // Nobody who is not listed has anything to drain; but the list without it must be in force before an unjoin is done.
  if (isGone && (request.type === 'group.member.drain' || left.isApplied))
    return { ...left, answered: [...left.answered, { ...pending, isSo: true }] }
  return settle({ ...left, pending: [...left.pending, pending].slice(-pendingCountMax) })
}

/** An equal list keeps its version: the balancer has it already. */
function withMembers(table: MemberTable, members: readonly Member[]): MemberTable {
  if (isEqual(table.members, members)) return table
  const version = { epoch: table.version.epoch, index: table.version.index + 1 }
  return { ...table, members, version, isApplied: false }
}

/** The blade failed: off the list at once. Nothing of it is in flight any more, and what was to join has not. */
export function withoutMember(table: MemberTable, blade: BladeId): MemberTable {
  const changed = withMembers(
    table,
    table.members.filter((member) => member.blade !== blade),
  )
  return answer(changed, ({ step, blade: one }) => {
    if (one !== blade || step === 'unjoin') return 'waits'
    return step === 'drain' ? 'so' : 'not so'
  })
}

/** It serves the group, and no list of this leadership has it: its agent was not heard when the leadership began. */
export function isForgotten(table: MemberTable, blade: BladeId): boolean {
  const isOf = (one: { readonly blade: BladeId }) => one.blade === blade
  return !table.members.some(isOf) && !table.pending.some(isOf)
}

export function withFound(table: MemberTable, member: Member): MemberTable {
  return withMembers(table, inOrder([...table.members, member]))
}

/** Only the newest list counts: an older one lacks changes, and one that this table never sent is somebody else's. */
export function afterApplied(table: MemberTable, version: CommandOrder): MemberTable {
  return isSame(version, table.version) ? settle({ ...table, isApplied: true }) : table
}

/**
 * The balancer holds a newer list than our newest. Of our own epoch: this cell forgot some, so it goes on above it. Of a higher one:
 * another master leads, and nothing may go above its lists.
 */
export function afterRefused(
  table: MemberTable,
  { version, current }: { readonly version: CommandOrder; readonly current: CommandOrder },
): MemberTable {
  const isAbove = current.epoch === version.epoch && current.index >= version.index
  if (!isSame(version, table.version) || !isAbove) return table
  const next = { epoch: current.epoch, index: current.index + 1 }
  const pending = table.pending.map((request) => ({ ...request, version: next }))
  return { ...table, version: next, pending, isApplied: false }
}

export function afterDrained(table: MemberTable, blade: BladeId, version: CommandOrder): MemberTable {
  const { epoch, index } = table.version
  if (version.epoch !== epoch || version.index > index) return table
  const isDrained = (request: PendingRequest) => request.blade === blade && version.index >= request.version.index
  return answer(table, (request) => (request.step === 'drain' && isDrained(request) ? 'so' : 'waits'))
}

/** What the list in force makes so. */
function settle(table: MemberTable): MemberTable {
  return table.isApplied ? answer(table, ({ step }) => (step === 'drain' ? 'waits' : 'so')) : table
}

function answer(table: MemberTable, verdictOf: (request: PendingRequest) => 'waits' | 'so' | 'not so'): MemberTable {
  const judged = table.pending.map((request) => ({ request, verdict: verdictOf(request) }))
  const answered = judged.filter(({ verdict }) => verdict !== 'waits')
  return {
    ...table,
    pending: judged.filter(({ verdict }) => verdict === 'waits').map(({ request }) => request),
    answered: [...table.answered, ...answered.map(({ request, verdict }) => ({ ...request, isSo: verdict === 'so' }))],
  }
}

function membersAfter(members: readonly Member[], request: MemberRequest): readonly Member[] {
  const others = members.filter(({ blade }) => blade !== request.blade)
  if (request.type === 'group.member.unjoin') return others
  if (request.type === 'group.member.drain')
    return members.map((member) => (member.blade === request.blade ? { ...member, state: 'draining' } : member))
  const { blade, address, bootId } = request
  return inOrder([...others, { blade, address, bootId, state: 'ready' }])
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

function isSame(a: CommandOrder, b: CommandOrder): boolean {
  return a.epoch === b.epoch && a.index === b.index
}

function inOrder(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => (a.blade < b.blade ? -1 : 1))
}
