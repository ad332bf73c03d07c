// Every message that crosses from one cell to another, in one process or between processes. The schema is the type:
// what comes from a wire is parsed by it, what does not parse is counted and ends the connection.
// Past tense reports a fact, imperative asks; the first word is the owner.
import { z } from 'zod'
import { address } from './address.ts'
import {
  boardAlive,
  boardOperation,
  boardResult,
  boardStatus,
  commandId,
  commandOrder,
  moveStep,
  receipt,
} from './board.ts'
import { bladeId, groupId, moveId, nodeId, roleId, siteId } from './ids.ts'
import { latencyHistogram } from './latency-histogram.ts'
import { journalHave, journalReplace, journalShip, leaseAnswered, leaseAsk, pairState } from './pair.ts'
import { timeMs } from './units.ts'

// — site master ↔ host board ————————————————————————————————————————————————————————————————

const boardMessages = [
  leaseAsk,
  leaseAnswered,
  /** `nonce`: of the agent's last word on the lease. */
  z.object({
    type: z.literal('board.command'),
    id: commandId,
    order: commandOrder,
    nonce: z.number().int().nonnegative(),
    operation: boardOperation,
  }),
  z.object({ type: z.literal('board.answered'), blade: bladeId, id: commandId, result: boardResult }),
  /** Asks what *is*; the answer is a `board.status` on the control lane. */
  z.object({ type: z.literal('board.poll') }),
  boardStatus,
  boardAlive,
] as const

// — the masters of a pair ———————————————————————————————————————————————————————————————————————

const pairMessages = [pairState, journalShip, journalReplace, journalHave] as const

// — group ↔ balancer ————————————————————————————————————————————————————————————————————————

export const member = z.object({
  blade: bladeId,
  address: z.string().max(64),
  /** A balancer sends nothing to a blade whose /healthz names another boot. */
  bootId: z.string().max(64),
  state: z.enum(['ready', 'draining']),
})
export type Member = z.infer<typeof member>

/** The whole list of a group, never a difference: the balancer takes it or refuses it. */
export const memberList = z.object({ group: groupId, version: commandOrder, members: z.array(member).max(1024) })
export type MemberList = z.infer<typeof memberList>

export const memberReport = z.object({
  blade: bladeId,
  inFlight: z.number().int().nonnegative(),
  /** Since the last report. */
  completed: z.number().int().nonnegative(),
  refused: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  latency: latencyHistogram,
})
export type MemberReport = z.infer<typeof memberReport>

const balancerMessages = [
  z.object({ type: z.literal('balancer.members.set'), list: memberList }),
  z.object({ type: z.literal('balancer.members.applied'), group: groupId, version: commandOrder }),
  /** A newer list is in force. */
  z.object({
    type: z.literal('balancer.members.refused'),
    group: groupId,
    version: commandOrder,
    current: commandOrder,
  }),
  /** Answered with the list in force, if there is one. */
  z.object({ type: z.literal('balancer.list.poll'), group: groupId }),
  z.object({ type: z.literal('balancer.list.said'), list: memberList }),
  /** A draining member has no request in flight any more. */
  z.object({ type: z.literal('balancer.member.drained'), group: groupId, blade: bladeId, version: commandOrder }),
  z.object({
    type: z.literal('balancer.report'),
    group: groupId,
    at: timeMs,
    periodMs: z.number().positive(),
    /** Requests that found no member with room (503 from the balancer itself). */
    refused: z.number().int().nonnegative(),
    arrived: z.number().int().nonnegative(),
    version: commandOrder,
    members: z.array(memberReport).max(1024),
  }),
] as const

// — local decision ↔ group ——————————————————————————————————————————————————————————————————

export const reason = z.object({
  code: z.string().max(64),
  text: z.string().max(512),
  numbers: z
    .record(z.string().max(64), z.number())
    .refine((numbers) => Object.keys(numbers).length <= 32, 'more than 32 numbers'),
})
/** One plain sentence with the numbers it rests on. */
export type Reason = z.infer<typeof reason>

const decisionMessages = [
  /** Where and for what the local decision of a group runs. */
  z.object({
    type: z.literal('decision.designate'),
    group: groupId,
    role: roleId,
    on: z.boolean(),
    responseLimitMs: z.number().positive(),
    ratePerBlade: z.number().positive(),
    priority: z.number().min(0).max(1),
    bootMs: z.number().nonnegative(),
    held: z.number().int().nonnegative(),
    rules: z.string().max(16_384),
    /** When the group asks and offers: LocalDecisionConfig (decision/local-decision.ts). */
    thresholds: z.object({
      targetUtilisation: z.number().min(0).max(1),
      offerUtilisation: z.number().min(0).max(1),
      wishMin: z.number().min(0).max(1),
      requestHoldMs: z.number().nonnegative(),
      offerHoldMs: z.number().nonnegative(),
      slowHoldMs: z.number().nonnegative(),
      budget: z.number().positive(),
    }),
  }),
  z.object({
    type: z.literal('group.blades.requested'),
    group: groupId,
    role: roleId,
    count: z.number().int().positive().max(1024),
    /** Blades that the group wants to hold, as an absolute number: safe against those on their way. */
    desired: z.number().int().nonnegative().max(65_536).optional(),
    /** Blades that are short now; absent: all that are asked for. */
    urgent: z.number().int().nonnegative().max(1024).optional(),
    wish: z.number().min(-1).max(1),
    reasons: z.array(reason).max(32),
  }),
  z.object({
    type: z.literal('group.blades.offered'),
    group: groupId,
    role: roleId,
    count: z.number().int().positive().max(1024),
    /** Blades that the group wants to hold, as an absolute number: safe against those on their way. */
    desired: z.number().int().nonnegative().max(65_536).optional(),
    wish: z.number().min(-1).max(1),
    reasons: z.array(reason).max(32),
  }),
  /** The last inference asked for no change: a standing request or offer ends. */
  z.object({ type: z.literal('group.demand.steady'), group: groupId, role: roleId, wish: z.number().min(-1).max(1) }),
] as const

// — a move and those who serve it ————————————————————————————————————————————————————————————

const moveMessages = [
  /** Move → group. `join` carries the evidence that promise 2 asks for. */
  z.object({ type: z.literal('group.member.drain'), move: moveId, blade: bladeId, attempt: z.number().int() }),
  z.object({ type: z.literal('group.member.unjoin'), move: moveId, blade: bladeId, attempt: z.number().int() }),
  z.object({
    type: z.literal('group.member.join'),
    move: moveId,
    blade: bladeId,
    attempt: z.number().int(),
    role: roleId,
    address: z.string().max(64),
    bootId: z.string().max(64),
    imageDigest: z.string().max(80),
    receipt: receipt.nullable(),
  }),
  /** Whoever performed a step → move. */
  z.object({
    type: z.literal('move.step.answered'),
    move: moveId,
    step: moveStep,
    attempt: z.number().int(),
    result: boardResult,
  }),
] as const

// — demo load ———————————————————————————————————————————————————————————————————————————————

const loadMessages = [
  z.object({
    type: z.literal('load.set'),
    account: z.string().max(32),
    ratePerSecond: z.number().nonnegative().max(10_000),
  }),
  z.object({ type: z.literal('load.poll') }),
  z.object({
    type: z.literal('load.report'),
    at: timeMs,
    accounts: z
      .array(
        z.object({
          account: z.string().max(32),
          ratePerSecond: z.number().nonnegative(),
          sent: z.number().int().nonnegative(),
          ok: z.number().int().nonnegative(),
          failed: z.number().int().nonnegative(),
          refused: z.number().int().nonnegative(),
          latency: latencyHistogram,
        }),
      )
      .max(256),
  }),
] as const

// — between sites ———————————————————————————————————————————————————————————————————————————

const coordinatorMessages = [
  z.object({
    type: z.literal('site.reported'),
    site: siteId,
    /** Degrees east, -180..180: orders lending by local time (R51). */
    longitude: z.number().min(-180).max(180),
    spare: z.number().int().nonnegative(),
    /** Groups whose images and data the site holds, and so can serve. */
    groups: z.array(groupId).max(256),
  }),
  z.object({
    type: z.literal('loan.request'),
    loan: z.string().max(64),
    site: siteId,
    group: groupId,
    role: roleId,
    count: z.number().int().positive(),
  }),
  z.object({ type: z.literal('loan.refused'), loan: z.string().max(64), reasons: z.array(reason).max(16) }),
  /** Coordinator → lender: serve this group with `count` of yours until told otherwise. */
  z.object({
    type: z.literal('loan.lend'),
    loan: z.string().max(64),
    borrower: siteId,
    group: groupId,
    role: roleId,
    count: z.number().int().positive(),
  }),
  z.object({ type: z.literal('loan.lent'), loan: z.string().max(64), site: siteId, blades: z.array(bladeId).max(64) }),
  z.object({ type: z.literal('loan.return'), loan: z.string().max(64) }),
  z.object({
    type: z.literal('loan.returned'),
    loan: z.string().max(64),
    site: siteId,
    blades: z.array(bladeId).max(64),
  }),
] as const

// — the actor system itself —————————————————————————————————————————————————————————————————

const systemMessages = [
  z.object({ type: z.literal('actor.watch'), watcher: address }),
  z.object({ type: z.literal('actor.unwatch'), watcher: address }),
  z.object({
    type: z.literal('actor.ended'),
    path: z.string().max(160),
    why: z.enum(['done', 'stopped', 'crashed', 'unknown', 'link.lost']),
  }),
  z.object({ type: z.literal('link.up'), peer: nodeId, incarnation: z.number().int() }),
  z.object({ type: z.literal('link.lost'), peer: nodeId, why: z.string().max(128) }),
] as const

export const message = z.discriminatedUnion('type', [
  ...boardMessages,
  ...pairMessages,
  ...balancerMessages,
  ...decisionMessages,
  ...moveMessages,
  ...loadMessages,
  ...coordinatorMessages,
  ...systemMessages,
])
export type Message = z.infer<typeof message>
export type MessageType = Message['type']
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>

/** Why a blade moves. Recorded with the move, shown in `explain`, counted in the demo's report. */
export const moveCause = z.enum([
  'start',
  'failure',
  'repair',
  'request',
  'offer',
  'refill',
  'retire',
  'seat',
  'loan',
  'operator',
])
export type MoveCause = z.infer<typeof moveCause>

/** Where a blade is to end: in a group, warm for one, or cold in the pool. */
export const placement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('group'), group: groupId, role: roleId }),
  z.object({ kind: z.literal('warm'), group: groupId, role: roleId }),
  z.object({ kind: z.literal('cold') }),
])
export type Placement = z.infer<typeof placement>
