// One reallocation, from decision to joined (R03). Every step is journalled before it is asked for and after it is answered,
// has a deadline and a bounded number of attempts, and a way out: retry, roll back to cold, or quarantine.
// The list of steps is data (decision/steps.ts); `choosing` is the only place that says what comes next.
import { assign, setup } from 'xstate'
import type { BoardResult, BootIdentity, MoveStep, Receipt } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId, RoleId } from '../protocol/ids.ts'
import type { MoveCause, Placement } from '../protocol/messages.ts'
import { unprovided } from './unprovided.ts'

export interface MoveInput {
  readonly move: MoveId
  readonly blade: BladeId
  /** The group it leaves, null from the pool. */
  readonly from: GroupId | null
  /** The role it leaves. */
  readonly fromRole: RoleId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly steps: readonly MoveStep[]
  /** What is done, in order, when a step has failed for good. Ends cold. */
  readonly rollback: readonly MoveStep[]
  readonly attemptMax: number
  readonly decidedAt: number
  /** After a restart of the master: where the journal ends. */
  readonly resume?: MoveProgress
}

/** What the journal says of a move; enough to go on from. */
export interface MoveProgress {
  readonly index: number
  readonly attempt: number
  readonly rollingBack: boolean
  readonly evidence: Evidence
}

/** What the steps so far have proven; `join` shows it to the gate (promise 2). */
export interface Evidence {
  readonly identity: BootIdentity | null
  readonly address: string | null
  readonly receipt: Receipt | null
}

export interface MoveContext {
  readonly move: MoveId
  readonly blade: BladeId
  readonly from: GroupId | null
  readonly fromRole: RoleId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly steps: readonly MoveStep[]
  readonly rollback: readonly MoveStep[]
  readonly attemptMax: number
  readonly decidedAt: number
  /** Index of the step in hand, 0..steps.length. */
  readonly index: number
  readonly attempt: number
  readonly rollingBack: boolean
  readonly evidence: Evidence
  /** Why it did not go as planned, `CODE at step: detail`. */
  readonly trouble: string | null
}

export type MoveEvent =
  | { type: 'move.step.answered'; move: MoveId; step: MoveStep; attempt: number; result: BoardResult }
  | { type: 'move.step.timedOut'; step: MoveStep; attempt: number }
  /** No answer yet: ask again, with the same attempt, for the question or its answer may be lost. */
  | { type: 'move.ask.due' }
  | { type: 'move.retry.due' }
  | { type: 'move.cancel'; why: string }

const steps: readonly MoveStep[] = [
  'drain',
  'unjoin',
  'disconnect',
  'powerOff',
  'scrub',
  'verifyScrub',
  'setPointers',
  'attachVolumes',
  'powerOn',
  'boot',
  'verifyIdentity',
  'connectNetwork',
  'probe',
  'join',
]

/** One state a step, named for what goes on in it. */
const stateOf = {
  drain: 'draining',
  unjoin: 'unjoining',
  disconnect: 'disconnecting',
  powerOff: 'poweringOff',
  scrub: 'scrubbing',
  verifyScrub: 'verifyingScrub',
  setPointers: 'settingPointers',
  attachVolumes: 'attachingVolumes',
  powerOn: 'poweringOn',
  boot: 'booting',
  verifyIdentity: 'verifyingIdentity',
  connectNetwork: 'connectingNetwork',
  probe: 'probing',
  join: 'joining',
} as const satisfies Record<MoveStep, string>

const descriptions: Record<MoveStep, string> = {
  drain: 'The balancer sends it no new request; those in flight finish',
  unjoin: 'It is taken off the member list',
  disconnect: 'Off the networks and volumes of the group it leaves',
  powerOff: 'Off, verified by the board',
  scrub: 'What the former group left is removed',
  verifyScrub: 'The removal is verified from outside, which gives the receipt',
  setPointers: 'Boot pointers of the new personality',
  attachVolumes: "The new group's volumes",
  powerOn: 'On, with a new boot id',
  boot: 'Waits until the blade answers its health check',
  verifyIdentity: 'It must have booted what its pointers say',
  connectNetwork: "The new group's networks, with an address leased for this move",
  probe: 'Health over the address that the balancer will use',
  join: 'The balancer takes it in; refused without evidence',
}

export const moveMachine = setup({
  types: { input: {} as MoveInput, context: {} as MoveContext, events: {} as MoveEvent },
  guards: {
    isNext: ({ context }, params: { step: MoveStep }) => context.steps[context.index] === params.step,
    isRolledBack: ({ context }) => context.index >= context.steps.length && context.rollingBack,
    isComplete: ({ context }) => context.index >= context.steps.length,
    isDone: ({ context, event }) => isCurrent(context, event) && event.result.outcome === 'done',
    isStillRunning: ({ context, event }) => isCurrent(context, event) && event.result.outcome === 'running',
    canRetry: ({ context, event }) =>
      isTrouble(context, event) && isRetriable(event) && context.attempt < lastAttempt(context),
    canRollBack: ({ context, event }) => isTrouble(context, event) && !context.rollingBack,
    isTrouble: ({ context, event }) => isTrouble(context, event),
    canCancel: ({ context }) => !context.rollingBack,
  },
  actions: {
    recordAnswer: assign(({ context, event }) =>
      isCurrent(context, event) && event.result.outcome === 'done'
        ? {
            ...context,
            index: context.index + 1,
            attempt: firstAttempt(context),
            evidence: {
              identity: event.result.identity ?? context.evidence.identity,
              address: event.result.address ?? context.evidence.address,
              receipt: event.result.receipt ?? context.evidence.receipt,
            },
          }
        : context,
    ),
    recordTrouble: assign(({ context, event }) => ({ ...context, trouble: troubleOf(context, event) })),
    nextAttempt: assign(({ context }) => ({ ...context, attempt: context.attempt + 1 })),
    beginRollback: assign(({ context }) => ({
      ...context,
      steps: context.rollback,
      index: 0,
      attempt: context.attemptMax + 1,
      rollingBack: true,
    })),
    // effects
    journalIntent: unprovided('journalIntent'),
    journalAnswer: unprovided('journalAnswer'),
    journalRollback: unprovided('journalRollback'),
    journalEnd: unprovided('journalEnd'),
    performStep: unprovided('performStep'),
    startStepTimer: unprovided('startStepTimer'),
    cancelStepTimer: unprovided('cancelStepTimer'),
    startAskTimer: unprovided('startAskTimer'),
    startRetryTimer: unprovided('startRetryTimer'),
    reportEnd: unprovided('reportEnd'),
  },
}).createMachine({
  id: 'move',
  description: 'One reallocation of one blade, step by step, with a way out of each',
  context: ({ input }) => {
    const { resume, ...rest } = input
    return {
      ...rest,
      steps: resume?.rollingBack ? input.rollback : input.steps,
      index: resume?.index ?? 0,
      attempt: resume?.attempt ?? 1,
      rollingBack: resume?.rollingBack ?? false,
      evidence: resume?.evidence ?? { identity: null, address: null, receipt: null },
      trouble: null,
    }
  },
  initial: 'performing',
  states: {
    performing: {
      description: 'Step after step; an answer to another step or attempt than the one in hand changes nothing',
      initial: 'choosing',
      on: {
        'move.step.answered': [
          { guard: 'isDone', target: '.choosing', actions: ['cancelStepTimer', 'journalAnswer', 'recordAnswer'] },
          { guard: 'isStillRunning' },
          { guard: 'canRetry', target: 'retrying', actions: ['cancelStepTimer', 'journalAnswer', 'recordTrouble'] },
          {
            guard: 'canRollBack',
            target: '.choosing',
            actions: ['cancelStepTimer', 'journalAnswer', 'recordTrouble', 'beginRollback', 'journalRollback'],
          },
          { guard: 'isTrouble', target: 'quarantined', actions: ['cancelStepTimer', 'journalAnswer', 'recordTrouble'] },
        ],
        'move.step.timedOut': [
          { guard: 'canRetry', target: 'retrying', actions: ['journalAnswer', 'recordTrouble'] },
          {
            guard: 'canRollBack',
            target: '.choosing',
            actions: ['journalAnswer', 'recordTrouble', 'beginRollback', 'journalRollback'],
          },
          { guard: 'isTrouble', target: 'quarantined', actions: ['journalAnswer', 'recordTrouble'] },
        ],
        'move.ask.due': { actions: ['performStep', 'startAskTimer'] },
        'move.cancel': {
          guard: 'canCancel',
          target: '.choosing',
          actions: ['cancelStepTimer', 'recordTrouble', 'beginRollback', 'journalRollback'],
        },
      },
      states: {
        choosing: {
          description: 'Which step is next',
          always: [
            { guard: 'isRolledBack', target: '#move.rolledBack' },
            { guard: 'isComplete', target: '#move.done' },
            ...steps.map((step) => ({ guard: { type: 'isNext' as const, params: { step } }, target: stateOf[step] })),
          ],
        },
        draining: stepState('drain'),
        unjoining: stepState('unjoin'),
        disconnecting: stepState('disconnect'),
        poweringOff: stepState('powerOff'),
        scrubbing: stepState('scrub'),
        verifyingScrub: stepState('verifyScrub'),
        settingPointers: stepState('setPointers'),
        attachingVolumes: stepState('attachVolumes'),
        poweringOn: stepState('powerOn'),
        booting: stepState('boot'),
        verifyingIdentity: stepState('verifyIdentity'),
        connectingNetwork: stepState('connectNetwork'),
        probing: stepState('probe'),
        joining: stepState('join'),
      },
    },
    retrying: {
      description: 'The step failed and may succeed: waits out a backoff with jitter',
      entry: 'startRetryTimer',
      on: {
        'move.retry.due': { target: 'performing', actions: 'nextAttempt' },
        'move.cancel': {
          guard: 'canCancel',
          target: 'performing',
          actions: ['recordTrouble', 'beginRollback', 'journalRollback'],
        },
      },
    },
    done: { type: 'final', description: 'The blade is where it was to go', entry: ['journalEnd', 'reportEnd'] },
    rolledBack: {
      type: 'final',
      description: 'The blade is cold, scrubbed, in the pool',
      entry: ['journalEnd', 'reportEnd'],
    },
    quarantined: {
      type: 'final',
      description: 'No way out was left: nobody gets this blade',
      entry: ['journalEnd', 'reportEnd'],
    },
  },
})

function stepState(step: MoveStep) {
  return {
    description: descriptions[step],
    entry: ['journalIntent', 'performStep', 'startStepTimer', 'startAskTimer'],
  } as const
}

/**
 * Attempts on the way out are numbered above all those on the way in: the same step of the same move is another command then, and a
 * board that has done it once must do it again.
 */
export function firstAttempt({ attemptMax, rollingBack }: Pick<MoveContext, 'attemptMax' | 'rollingBack'>): number {
  return rollingBack ? attemptMax + 1 : 1
}

function lastAttempt(context: MoveContext): number {
  return firstAttempt(context) + context.attemptMax - 1
}

type Answered = Extract<MoveEvent, { type: 'move.step.answered' }>

function isCurrent(context: MoveContext, event: MoveEvent): event is Answered {
  return (
    event.type === 'move.step.answered' &&
    event.move === context.move &&
    event.step === context.steps[context.index] &&
    event.attempt === context.attempt
  )
}

function isTrouble(context: MoveContext, event: MoveEvent): boolean {
  if (event.type === 'move.step.timedOut')
    return event.step === context.steps[context.index] && event.attempt === context.attempt
  return isCurrent(context, event) && (event.result.outcome === 'failed' || event.result.outcome === 'interrupted')
}

/** An interrupted command may have done its work or not: commands set states, so asking again is safe. */
function isRetriable(event: MoveEvent): boolean {
  if (event.type !== 'move.step.answered') return true
  return event.result.outcome === 'interrupted' || (event.result.outcome === 'failed' && event.result.retriable)
}

function troubleOf(context: MoveContext, event: MoveEvent): string {
  const step = context.steps[context.index] ?? 'end'
  if (event.type === 'move.step.answered' && event.result.outcome === 'failed')
    return `${event.result.code} at ${step}: ${event.result.detail}`
  if (event.type === 'move.step.answered') return `interrupted at ${step}`
  if (event.type === 'move.cancel') return `cancelled at ${step}: ${event.why}`
  return `STEP_TIMED_OUT at ${step}`
}
