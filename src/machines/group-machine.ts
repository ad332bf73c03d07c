// One administrative group, at its site master: what its local decision wishes, and who its members are.
// It owns the member list. Moves ask it to drain, unjoin and join; it sends whole lists to the balancer and answers when they are in
// force, so that no blade enters without the evidence that promise 2 asks for, and none leaves while a request is in flight.
import { assign, setup } from 'xstate'
import type { Address } from '../protocol/address.ts'
import type { BladeId, GroupId, RoleId } from '../protocol/ids.ts'
import type { Member, MessageOf } from '../protocol/messages.ts'
import {
  afterApplied,
  afterDrained,
  afterRefused,
  evidenceGap,
  isForgotten,
  type MemberRequest,
  type MemberTable,
  takeRequest,
  withFound,
  withoutMember,
} from './member-table.ts'
import { unprovided } from './unprovided.ts'

export interface GroupInput {
  readonly group: GroupId
  readonly roles: readonly GroupRole[]
  /** Of the leadership that this cell serves under: first part of every list's version. */
  readonly epoch: number
  /** Found serving when the leadership began; never an empty list by mistake, for it would be sent. */
  readonly members: readonly Member[]
  readonly held: boolean
}

export interface GroupRole {
  readonly role: RoleId
  readonly imageDigest: string
}

/** The last word of a role's local decision. */
export interface RoleWish {
  readonly kind: 'request' | 'offer' | 'steady'
  readonly desired: number
  /** Of a request: blades that are short now; absent: all. */
  readonly urgent?: number
  readonly wish: number
  readonly reasons: MessageOf<'group.blades.requested'>['reasons']
  readonly at: number
}

export interface GroupContext extends Omit<GroupInput, 'epoch' | 'members'> {
  readonly wishes: Readonly<Record<RoleId, RoleWish>>
  readonly table: MemberTable
}

type WishMessage =
  | MessageOf<'group.blades.requested'>
  | MessageOf<'group.blades.offered'>
  | MessageOf<'group.demand.steady'>

export type GroupEvent =
  | (WishMessage & { at: number })
  /** Its local decision is gone or starts anew: what it said counts no more. */
  | { type: 'group.wish.dropped'; role: RoleId }
  | { type: 'group.hold' }
  | { type: 'group.unhold' }
  | (MemberRequest & { from: Address })
  | { type: 'group.member.lost'; blade: BladeId }
  /** The leader found it serving. */
  | { type: 'group.member.found'; member: Member }
  | MessageOf<'balancer.members.applied'>
  | MessageOf<'balancer.members.refused'>
  | MessageOf<'balancer.member.drained'>
  | MessageOf<'balancer.report'>
  | { type: 'group.list.due' }
  | { type: 'link.up'; peer: string }

export const groupMachine = setup({
  types: { input: {} as GroupInput, context: {} as GroupContext, events: {} as GroupEvent },
  guards: {
    wantsMore: ({ context }) => Object.values(context.wishes).some(({ kind }) => kind === 'request'),
    wantsLess: ({ context }) => Object.values(context.wishes).some(({ kind }) => kind === 'offer'),
    isHeld: ({ context }) => context.held,
    isOwn: ({ context, event }) => 'group' in event && event.group === context.group,
    isOwnRole: ({ context, event }) =>
      'group' in event &&
      event.group === context.group &&
      'role' in event &&
      context.roles.some(({ role }) => role === event.role),
    /** Another refusal asks for nothing: to send again what a newer master's list has overtaken would never end. */
    mustGoAbove: ({ context, event }) =>
      event.type === 'balancer.members.refused' &&
      event.group === context.group &&
      afterRefused(context.table, event) !== context.table,
    lacksEvidence: ({ context, event }) =>
      event.type === 'group.member.join' && evidenceGap(context.group, context.roles, event) !== undefined,
    isForgotten: ({ context, event }) =>
      event.type === 'group.member.found' && isForgotten(context.table, event.member.blade),
    isUnapplied: ({ context }) => !context.table.isApplied,
    isMember: ({ context, event }) =>
      'blade' in event && context.table.members.some(({ blade }) => blade === event.blade),
  },
  actions: {
    noteWish: assign({
      wishes: ({ context, event }) => {
        const wish = wishOf(event)
        return wish === undefined ? context.wishes : { ...context.wishes, [wish.role]: wish.wish }
      },
    }),
    dropWish: assign({
      wishes: ({ context, event }) =>
        event.type === 'group.wish.dropped'
          ? Object.fromEntries(Object.entries(context.wishes).filter(([role]) => role !== event.role))
          : context.wishes,
    }),
    hold: assign({ held: true }),
    unhold: assign({ held: false }),
    takeRequest: assign({
      table: ({ context, event }) => (isMemberRequest(event) ? takeRequest(context.table, event) : context.table),
    }),
    dropMember: assign({
      table: ({ context, event }) =>
        event.type === 'group.member.lost' ? withoutMember(context.table, event.blade) : context.table,
    }),
    addFound: assign({
      table: ({ context, event }) =>
        event.type === 'group.member.found' ? withFound(context.table, event.member) : context.table,
    }),
    noteApplied: assign({
      table: ({ context, event }) =>
        event.type === 'balancer.members.applied' ? afterApplied(context.table, event.version) : context.table,
    }),
    noteRefused: assign({
      table: ({ context, event }) =>
        event.type === 'balancer.members.refused' ? afterRefused(context.table, event) : context.table,
    }),
    noteDrained: assign({
      table: ({ context, event }) =>
        event.type === 'balancer.member.drained'
          ? afterDrained(context.table, event.blade, event.version)
          : context.table,
    }),
    forgetAnswered: assign({ table: ({ context }) => ({ ...context.table, answered: [] }) }),
    // effects
    sendList: unprovided('sendList'),
    startListTimer: unprovided('startListTimer'),
    answerMoves: unprovided('answerMoves'),
    refuseJoin: unprovided('refuseJoin'),
    noteReport: unprovided('noteReport'),
    reportChange: unprovided('reportChange'),
  },
}).createMachine({
  id: 'group',
  description: 'One group: its wish and its members',
  context: ({ input: { epoch, members, ...input } }) => ({
    ...input,
    wishes: {},
    table: { version: { epoch, index: 1 }, members, isApplied: false, pending: [], answered: [] },
  }),
  entry: ['sendList', 'startListTimer'],
  initial: 'judging',
  on: {
    'group.blades.requested': { guard: 'isOwnRole', target: '.judging', actions: 'noteWish' },
    'group.blades.offered': { guard: 'isOwnRole', target: '.judging', actions: 'noteWish' },
    'group.demand.steady': { guard: 'isOwnRole', target: '.judging', actions: 'noteWish' },
    'group.wish.dropped': { target: '.judging', actions: 'dropWish' },
    'group.hold': { target: '.judging', actions: 'hold' },
    'group.unhold': { target: '.judging', actions: 'unhold' },
    'group.member.drain': { actions: changeOf('takeRequest') },
    'group.member.unjoin': { actions: changeOf('takeRequest') },
    'group.member.join': [{ guard: 'lacksEvidence', actions: 'refuseJoin' }, { actions: changeOf('takeRequest') }],
    'group.member.lost': { guard: 'isMember', actions: changeOf('dropMember') },
    'group.member.found': { guard: 'isForgotten', actions: changeOf('addFound') },
    'balancer.members.applied': {
      guard: 'isOwn',
      actions: ['noteApplied', 'answerMoves', 'forgetAnswered', 'reportChange'],
    },
    'balancer.members.refused': { guard: 'mustGoAbove', actions: ['noteRefused', 'sendList', 'startListTimer'] },
    'balancer.member.drained': { guard: 'isOwn', actions: ['noteDrained', 'answerMoves', 'forgetAnswered'] },
    'balancer.report': { guard: 'isOwn', actions: 'noteReport' },
    'group.list.due': { guard: 'isUnapplied', actions: ['sendList', 'startListTimer'] },
    'link.up': { actions: ['sendList', 'startListTimer'] },
  },
  states: {
    judging: {
      description: 'Its last wishes are looked at; left at once',
      always: [
        { guard: 'isHeld', target: 'held' },
        { guard: 'wantsMore', target: 'requesting' },
        { guard: 'wantsLess', target: 'offering' },
        { target: 'steady' },
      ],
    },
    steady: { description: 'Has what it needs', entry: 'reportChange' },
    requesting: { description: 'Some role asks for blades', entry: 'reportChange' },
    offering: { description: 'Some role has blades to spare, and none asks', entry: 'reportChange' },
    held: {
      description: 'Held by an operator: it neither gives nor takes by itself, and its wishes are only noted',
      entry: 'reportChange',
    },
  },
})

/** A changed list is sent at once, and again until the balancer says that it is in force. */
function changeOf(change: 'takeRequest' | 'dropMember' | 'addFound') {
  return [change, 'answerMoves', 'forgetAnswered', 'sendList', 'startListTimer', 'reportChange'] as const
}

function isMemberRequest(event: GroupEvent): event is MemberRequest & { from: Address } {
  return (
    event.type === 'group.member.drain' || event.type === 'group.member.unjoin' || event.type === 'group.member.join'
  )
}

function wishOf(event: GroupEvent): { role: RoleId; wish: RoleWish } | undefined {
  if (event.type === 'group.demand.steady')
    return {
      role: event.role,
      wish: { kind: 'steady', desired: 0, wish: event.wish, reasons: [], at: event.at },
    }
  if (event.type !== 'group.blades.requested' && event.type !== 'group.blades.offered') return undefined
  const { role, wish, reasons, at, desired = 0 } = event
  const kind = event.type === 'group.blades.requested' ? 'request' : 'offer'
  const urgent = event.type === 'group.blades.requested' ? event.urgent : undefined
  return { role, wish: { kind, desired, wish, reasons, at, ...(urgent !== undefined && { urgent }) } }
}
