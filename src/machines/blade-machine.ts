// The life of one blade, as its site master sees it (R40): what the board reports and what the move in hand does to it.
// The machine never decides and never commands; it is the place where both stories meet, and what the plan rests on.
import { assign, setup } from 'xstate'
import type { MoveStep } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId, RoleId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import { unprovided } from './unprovided.ts'

/** R25: this many failures… */
export const flapCountMax = 3
/** …within this time put a blade in quarantine. */
export const flapPeriodMs = 300_000
/** Why it is there then. */
export const flapReason = `failed ${flapCountMax} times in ${flapPeriodMs / 60_000} minutes`

export interface BladeInput {
  readonly blade: BladeId
  readonly boardType: string
  readonly cabinet: string
  /** Without a board status for this long the blade counts as unreachable. */
  readonly heartbeatMs: number
}

export interface BladeContext extends BladeInput {
  /** Whose blade it is, or is becoming. Null in the pool. */
  readonly group: GroupId | null
  readonly role: RoleId | null
  /** The group a warm blade is prepared for; it belongs to no group (R11). */
  readonly preparedFor: GroupId | null
  readonly move: MoveId | null
  /** When the move in hand, or the last one, began. */
  readonly moveSince: number
  /** When it got its present assignment, ms. */
  readonly since: number
  /** A scrub receipt after its last group exists. */
  readonly hasReceipt: boolean
  readonly reachable: boolean
  readonly cordoned: boolean
  /** Times of the last failures, newest last, at most flapCountMax. A move that had to be rolled back is one. */
  readonly failures: readonly number[]
  readonly quarantineReason: string | null
}

/** What the board's status says, read against the boot pointers: the blade's own word is never enough. */
export interface Finding {
  readonly power: 'on' | 'off'
  readonly lost: boolean
  /** Booted as its pointers say. */
  readonly identified: boolean
  /** On its group's networks. */
  readonly connected: boolean
  readonly group: GroupId | null
  readonly role: RoleId | null
  readonly hasReceipt: boolean
}

export type BladeEvent =
  | { type: 'blade.seen'; finding: Finding; at: number }
  | { type: 'blade.heartbeat.missed' }
  | { type: 'blade.move.began'; move: MoveId; to: Placement; at: number }
  | { type: 'blade.step.began'; move: MoveId; step: MoveStep }
  | {
      type: 'blade.move.ended'
      move: MoveId
      outcome: 'done' | 'rolledBack' | 'quarantined'
      to: Placement
      reason: string | null
      at: number
    }
  | { type: 'blade.cordon' }
  | { type: 'blade.uncordon' }
  | { type: 'blade.release' }
  /** Whoever led before did not trust it. */
  | { type: 'blade.distrust'; why: string; at: number }

const scrubSteps: readonly MoveStep[] = ['scrub', 'verifyScrub']
const bootSteps: readonly MoveStep[] = ['setPointers', 'attachVolumes', 'powerOn', 'boot', 'verifyIdentity']
const joinSteps: readonly MoveStep[] = ['connectNetwork', 'probe', 'join']
const leaveSteps: readonly MoveStep[] = ['drain', 'unjoin', 'disconnect', 'powerOff']

export const bladeMachine = setup({
  types: { input: {} as BladeInput, context: {} as BladeContext, events: {} as BladeEvent },
  guards: {
    isOwnMove: ({ context, event }) => 'move' in event && event.move === context.move,
    isScrubStep: ({ context, event }) =>
      stepOf(event, context) !== null && scrubSteps.includes(stepOf(event, context) as MoveStep),
    isBootStep: ({ context, event }) =>
      stepOf(event, context) !== null && bootSteps.includes(stepOf(event, context) as MoveStep),
    isJoinStep: ({ context, event }) =>
      stepOf(event, context) !== null && joinSteps.includes(stepOf(event, context) as MoveStep),
    isLeaveStep: ({ context, event }) =>
      stepOf(event, context) !== null && leaveSteps.includes(stepOf(event, context) as MoveStep),
    isLost: ({ context, event }) => isLost(context, event),
    isFlapping: ({ context, event }) =>
      event.type === 'blade.seen' &&
      isLost(context, event) &&
      recentFailures(context.failures, event.at).length + 1 >= flapCountMax,
    isFoundLost: ({ event }) => event.type === 'blade.seen' && event.finding.lost,
    isFoundServing: ({ event }) =>
      event.type === 'blade.seen' &&
      event.finding.power === 'on' &&
      event.finding.identified &&
      event.finding.connected,
    isFoundWarm: ({ event }) =>
      event.type === 'blade.seen' &&
      event.finding.power === 'on' &&
      event.finding.identified &&
      !event.finding.connected,
    isFoundOff: ({ event }) => event.type === 'blade.seen' && event.finding.power === 'off' && !event.finding.lost,
    hasEndedIn: ({ context, event }, params: { kind: Placement['kind'] }) =>
      event.type === 'blade.move.ended' &&
      event.move === context.move &&
      event.outcome === 'done' &&
      event.to.kind === params.kind,
    hasRolledBack: ({ context, event }) =>
      event.type === 'blade.move.ended' && event.move === context.move && event.outcome === 'rolledBack',
    hasRolledBackTooOften: ({ context, event }) =>
      event.type === 'blade.move.ended' &&
      event.move === context.move &&
      event.outcome === 'rolledBack' &&
      failuresAfterRollback(context, event.at).length >= flapCountMax,
    hasBeenQuarantined: ({ context, event }) =>
      event.type === 'blade.move.ended' && event.move === context.move && event.outcome === 'quarantined',
    isDistrusted: ({ context }) => context.quarantineReason !== null,
    isFree: ({ context }) => context.move === null,
  },
  actions: {
    noteSeen: assign(({ context, event }) =>
      event.type === 'blade.seen' ? { ...context, reachable: true, hasReceipt: event.finding.hasReceipt } : context,
    ),
    noteUnreachable: assign({ reachable: false }),
    noteMove: assign(({ context, event }) =>
      event.type === 'blade.move.began' ? { ...context, move: event.move, moveSince: event.at } : context,
    ),
    noteRollback: assign(({ context, event }) =>
      event.type === 'blade.move.ended' ? { ...context, failures: failuresAfterRollback(context, event.at) } : context,
    ),
    noteFailure: assign(({ context, event }) =>
      event.type === 'blade.seen'
        ? {
            ...context,
            reachable: true,
            hasReceipt: event.finding.hasReceipt,
            failures: [...recentFailures(context.failures, event.at), event.at].slice(-flapCountMax),
          }
        : context,
    ),
    adoptFinding: assign(({ context, event }) =>
      event.type === 'blade.seen'
        ? {
            ...context,
            group: event.finding.group,
            role: event.finding.role,
            reachable: true,
            hasReceipt: event.finding.hasReceipt,
            since: event.at,
          }
        : context,
    ),
    adoptWarm: assign(({ context, event }) =>
      event.type === 'blade.seen'
        ? {
            ...context,
            group: null,
            role: event.finding.role,
            preparedFor: event.finding.group,
            reachable: true,
            hasReceipt: event.finding.hasReceipt,
            since: event.at,
          }
        : context,
    ),
    enterGroup: assign(({ context, event }) =>
      event.type === 'blade.move.ended' && event.to.kind === 'group'
        ? { ...context, move: null, group: event.to.group, role: event.to.role, preparedFor: null, since: event.at }
        : context,
    ),
    enterWarm: assign(({ context, event }) =>
      event.type === 'blade.move.ended' && event.to.kind === 'warm'
        ? { ...context, move: null, group: null, role: event.to.role, preparedFor: event.to.group, since: event.at }
        : context,
    ),
    enterPool: assign(({ context, event }) =>
      event.type === 'blade.move.ended'
        ? { ...context, move: null, group: null, role: null, preparedFor: null, since: event.at }
        : context,
    ),
    enterQuarantine: assign(({ context, event }) =>
      event.type === 'blade.move.ended'
        ? {
            ...context,
            move: null,
            group: null,
            role: null,
            preparedFor: null,
            quarantineReason: event.reason ?? 'the move found no way out',
            since: event.at,
          }
        : { ...context, quarantineReason: flapReason },
    ),
    noteDistrust: assign({
      quarantineReason: ({ context, event }) =>
        event.type === 'blade.distrust' ? event.why : context.quarantineReason,
    }),
    clearMove: assign({ move: null }),
    // Nobody's: a blade that fails in a group may be rebooted there as it is, and this one must be scrubbed first.
    leaveQuarantine: assign({ quarantineReason: null, failures: [], group: null, role: null, preparedFor: null }),
    setCordon: assign(({ context, event }) => ({ ...context, cordoned: event.type === 'blade.cordon' })),
    // effects
    awaitHeartbeat: unprovided('awaitHeartbeat'),
    reportFailure: unprovided('reportFailure'),
    reportChange: unprovided('reportChange'),
  },
}).createMachine({
  id: 'blade',
  description: 'One blade: what its board reports and what the move in hand does to it',
  context: ({ input }) => ({
    ...input,
    group: null,
    role: null,
    preparedFor: null,
    move: null,
    moveSince: 0,
    since: 0,
    hasReceipt: false,
    reachable: false,
    cordoned: false,
    failures: [],
    quarantineReason: null,
  }),
  initial: 'unknown',
  on: {
    'blade.heartbeat.missed': { actions: ['noteUnreachable', 'reportChange'] },
    'blade.cordon': { actions: ['setCordon', 'reportChange'] },
    'blade.uncordon': { actions: ['setCordon', 'reportChange'] },
    'blade.distrust': { target: '.quarantined', actions: 'noteDistrust' },
    'blade.move.began': { guard: 'isFree', actions: ['noteMove', 'reportChange'] },
    'blade.seen': { actions: ['noteSeen', 'awaitHeartbeat'] },
    'blade.move.ended': [
      { guard: { type: 'hasEndedIn', params: { kind: 'group' } }, target: '.joined', actions: 'enterGroup' },
      { guard: { type: 'hasEndedIn', params: { kind: 'warm' } }, target: '.warm', actions: 'enterWarm' },
      { guard: { type: 'hasEndedIn', params: { kind: 'cold' } }, target: '.cold', actions: 'enterPool' },
      { guard: 'hasRolledBackTooOften', target: '.quarantined', actions: ['noteRollback', 'enterQuarantine'] },
      { guard: 'hasRolledBack', target: '.cold', actions: ['noteRollback', 'enterPool'] },
      { guard: 'hasBeenQuarantined', target: '.quarantined', actions: 'enterQuarantine' },
    ],
    'blade.step.began': [
      { guard: 'isScrubStep', target: '.scrubbing' },
      { guard: 'isJoinStep', target: '.joining' },
      { guard: 'isBootStep', target: '.booting' },
      { guard: 'isLeaveStep', target: '.draining' },
    ],
  },
  states: {
    unknown: {
      description: 'No word from its board since this site master began: nothing is done with it',
      on: {
        // Its group hears of it when its board has said which one that is.
        'blade.distrust': { actions: 'noteDistrust' },
        'blade.seen': [
          { guard: 'isDistrusted', target: 'quarantined', actions: ['adoptFinding', 'awaitHeartbeat'] },
          { guard: 'isFoundLost', target: 'failed', actions: ['adoptFinding', 'noteFailure', 'awaitHeartbeat'] },
          { guard: 'isFoundServing', target: 'joined', actions: ['adoptFinding', 'awaitHeartbeat'] },
          { guard: 'isFoundWarm', target: 'warm', actions: ['adoptWarm', 'awaitHeartbeat'] },
          { guard: 'isFoundOff', target: 'cold', actions: ['noteSeen', 'awaitHeartbeat'] },
          { actions: ['noteSeen', 'awaitHeartbeat'] },
        ],
      },
    },
    cold: {
      description: 'In the pool, off or blank; belongs to no group',
      entry: 'reportChange',
    },
    warm: {
      description: "In the pool, booted with a group's image, without its data; belongs to no group",
      entry: 'reportChange',
      on: { 'blade.seen': lostTransitions() },
    },
    booting: {
      description: 'Gets pointers and volumes, is powered on, boots, and must prove what it booted',
      entry: 'reportChange',
      on: { 'blade.seen': lostTransitions() },
    },
    joining: {
      description: 'Booted and proven; is being connected, probed and taken in by the balancer',
      entry: 'reportChange',
      on: { 'blade.seen': lostTransitions() },
    },
    joined: {
      description: 'Serves its group',
      entry: 'reportChange',
      on: { 'blade.seen': lostTransitions() },
    },
    draining: {
      description: 'Takes no new request; leaves balancer, network and volumes, and is powered off',
      entry: 'reportChange',
      on: { 'blade.seen': lostTransitions() },
    },
    scrubbing: {
      description: 'Off; what the former group left is removed and the removal is verified from outside (R08)',
      entry: 'reportChange',
    },
    failed: {
      description: 'Stopped by itself; its group is short of it until it is replaced or repaired',
      entry: ['reportFailure', 'reportChange'],
      on: {
        'blade.step.began': [
          { guard: 'isScrubStep', target: 'scrubbing' },
          { guard: 'isJoinStep', target: 'joining' },
          { guard: 'isBootStep', target: 'booting' },
          // It is being taken out of its group; until it is scrubbed or booted anew it stays what it is.
          { guard: 'isLeaveStep' },
        ],
      },
    },
    quarantined: {
      description: 'Not trusted: never chosen until an operator releases it, and then scrubbed first',
      entry: ['reportFailure', 'reportChange'],
      on: {
        'blade.release': { guard: 'isFree', target: 'failed', actions: 'leaveQuarantine' },
        // A move that was under way is told to end; however it ends, the blade stays here.
        'blade.move.ended': { guard: 'isOwnMove', actions: 'clearMove' },
        'blade.step.began': {},
        'blade.move.began': {},
        'blade.distrust': {},
      },
    },
  },
})

function lostTransitions() {
  return [
    { guard: 'isFlapping', target: 'quarantined', actions: ['noteFailure', 'enterQuarantine', 'awaitHeartbeat'] },
    { guard: 'isLost', target: 'failed', actions: ['noteFailure', 'awaitHeartbeat'] },
    { actions: ['noteSeen', 'awaitHeartbeat'] },
  ] as const
}

function stepOf(event: BladeEvent, context: BladeContext): MoveStep | null {
  return event.type === 'blade.step.began' && event.move === context.move ? event.step : null
}

/** Off although no move asked for it is lost too: whoever did it, its group is short of it. */
function isLost(context: BladeContext, event: BladeEvent): boolean {
  if (event.type !== 'blade.seen') return false
  return event.finding.lost || (event.finding.power === 'off' && context.move === null)
}

/** What failed during the move was counted when it was seen. */
function failuresAfterRollback(context: BladeContext, at: number): readonly number[] {
  const recent = recentFailures(context.failures, at)
  return recent.some((time) => time >= context.moveSince) ? recent : [...recent, at].slice(-flapCountMax)
}

function recentFailures(failures: readonly number[], at: number): readonly number[] {
  return failures.filter((time) => at - time < flapPeriodMs)
}
