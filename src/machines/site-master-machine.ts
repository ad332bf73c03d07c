// One site master: how it comes to lead, leads, and stops leading. What leading means (weigh, dispatch) is in its effects and in
// decision/; here is only when it may. It leads with the promise of a majority of the boards to refuse every lower epoch (R42).
import { assign, setup } from 'xstate'
import type { PlanMemory } from '../decision/plan-memory.ts'
import { emptyPlanMemory } from '../decision/plan-memory.ts'
import type { BladeId, DecisionId, NodeId, SiteId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import { unprovided } from './unprovided.ts'

export interface SiteMasterInput {
  readonly site: SiteId
  readonly node: NodeId
  /** The two masters of a site never ask for the same epoch: one asks for odd ones. */
  readonly parity: 0 | 1
  readonly boards: readonly BladeId[]
  /** Highest epoch that its own journal knows. */
  readonly epochSeen: number
}

export interface SiteMasterContext extends SiteMasterInput {
  /** The epoch asked for or led in; 0 before the first campaign. */
  readonly epoch: number
  readonly promised: readonly BladeId[]
  /** What the last weighing wants to be remembered. */
  readonly memory: PlanMemory
  /** Why it does not lead any more. */
  readonly why: string | null
}

export type SiteMasterEvent =
  /** Lead, if nobody else does. */
  | { type: 'master.lead' }
  | { type: 'epoch.promised'; board: BladeId; epoch: number }
  | { type: 'epoch.refused'; board: BladeId; epoch: number; promised: number }
  | { type: 'master.campaign.due' }
  /** Journal read, boards polled, moves resumed, groups adopted. */
  | { type: 'master.recovered' }
  /** The poll could not be finished: ask again. */
  | { type: 'master.recovery.due' }
  | { type: 'master.tick.due' }
  | { type: 'master.weighed'; memory: PlanMemory }
  /** An operator's move, checked: the effect knows what it is. */
  | { type: 'master.dispatch'; decision: DecisionId }
  /** An operator's word that must outlast this process (hold, cordon): durable before it takes effect. */
  | { type: 'master.operate'; operation: string; subject: string; on: boolean }
  /** A gate refused it for a higher epoch. */
  | { type: 'master.deposed'; epoch: number }
  | { type: 'master.resign'; why: string }
  | { type: 'link.up'; peer: NodeId; incarnation: number }
  /** From the global coordinator. */
  | MessageOf<'loan.lend'>
  | MessageOf<'loan.lent'>
  | MessageOf<'loan.refused'>
  | MessageOf<'loan.return'>
  | MessageOf<'loan.returned'>

export const siteMasterMachine = setup({
  types: { input: {} as SiteMasterInput, context: {} as SiteMasterContext, events: {} as SiteMasterEvent },
  guards: {
    isOwnEpoch: ({ context, event }) => 'epoch' in event && event.epoch === context.epoch,
    completesMajority: ({ context, event }) =>
      event.type === 'epoch.promised' &&
      event.epoch === context.epoch &&
      withBoard(context, event.board).length * 2 > context.boards.length,
    isOutbid: ({ context, event }) => higherEpoch(context, event) > context.epoch,
  },
  actions: {
    chooseEpoch: assign(({ context }) => ({
      ...context,
      epoch: nextEpoch(Math.max(context.epochSeen, context.epoch), context.parity),
      promised: [],
      why: null,
    })),
    notePromise: assign({
      promised: ({ context, event }) =>
        event.type === 'epoch.promised' ? withBoard(context, event.board) : context.promised,
    }),
    noteHigher: assign({
      epochSeen: ({ context, event }) => Math.max(context.epochSeen, higherEpoch(context, event)),
    }),
    noteMemory: assign({
      memory: ({ context, event }) => (event.type === 'master.weighed' ? event.memory : context.memory),
    }),
    noteWhy: assign({
      why: ({ context, event }) => {
        if (event.type === 'master.resign') return event.why
        if (event.type === 'epoch.refused') return `board ${event.board} has promised epoch ${event.promised}`
        return event.type === 'master.deposed' ? `a gate has promised epoch ${event.epoch}` : context.why
      },
    }),
    // effects
    journalEpoch: unprovided('journalEpoch'),
    askPromises: unprovided('askPromises'),
    askPromise: unprovided('askPromise'),
    startCampaignTimer: unprovided('startCampaignTimer'),
    cancelCampaignTimer: unprovided('cancelCampaignTimer'),
    recover: unprovided('recover'),
    cancelRecoveryTimer: unprovided('cancelRecoveryTimer'),
    weigh: unprovided('weigh'),
    dispatch: unprovided('dispatch'),
    operate: unprovided('operate'),
    serveLoan: unprovided('serveLoan'),
    startTickTimer: unprovided('startTickTimer'),
    cancelTickTimer: unprovided('cancelTickTimer'),
    letGo: unprovided('letGo'),
    reportState: unprovided('reportState'),
  },
}).createMachine({
  id: 'siteMaster',
  description: 'One site master',
  context: ({ input }) => ({ ...input, epoch: 0, promised: [], memory: emptyPlanMemory, why: null }),
  initial: 'standby',
  on: {
    'master.resign': { target: '.resigned', actions: 'noteWhy' },
    // Whatever it does: the next epoch that it asks for is above all that it has heard of.
    'epoch.refused': { actions: 'noteHigher' },
    'master.deposed': { actions: 'noteHigher' },
  },
  states: {
    standby: {
      description: 'Does not lead and asks for nothing',
      entry: 'reportState',
      on: { 'master.lead': 'campaigning' },
    },
    campaigning: {
      description: 'Asks every board for the promise to refuse lower epochs; a majority of promises lets it lead',
      entry: ['chooseEpoch', 'journalEpoch', 'askPromises', 'startCampaignTimer', 'reportState'],
      exit: 'cancelCampaignTimer',
      on: {
        'epoch.promised': [
          { guard: 'completesMajority', target: 'recovering', actions: 'notePromise' },
          { guard: 'isOwnEpoch', actions: 'notePromise' },
        ],
        'epoch.refused': outbid('campaigning'),
        // Of another board, in passing: it does not lead yet, so there is nothing to give up.
        'master.deposed': outbid('campaigning'),
        // The same epoch again: a board that promised answers alike, and one that was silent may hear it now.
        'master.campaign.due': { actions: ['askPromises', 'startCampaignTimer'] },
        'link.up': { actions: 'askPromises' },
      },
    },
    recovering: {
      description: 'Reads its journal, polls every board for what is, and goes on with the moves that were under way',
      entry: ['recover', 'reportState'],
      exit: 'cancelRecoveryTimer',
      on: {
        ...promises(),
        'master.recovery.due': { actions: 'recover' },
        'master.recovered': 'leading',
      },
    },
    leading: {
      description: 'Weighs requests, offers and failures at each tick, and dispatches moves',
      entry: ['startTickTimer', 'reportState'],
      exit: 'cancelTickTimer',
      on: {
        ...promises(),
        'master.tick.due': { actions: ['weigh', 'startTickTimer'] },
        'master.weighed': { actions: 'noteMemory' },
        'master.dispatch': { actions: 'dispatch' },
        'master.operate': { actions: 'operate' },
        'loan.lend': { actions: 'serveLoan' },
        'loan.lent': { actions: 'serveLoan' },
        'loan.refused': { actions: 'serveLoan' },
        'loan.return': { actions: 'serveLoan' },
        'loan.returned': { actions: 'serveLoan' },
      },
    },
    resigned: {
      description: 'Leads no more and sends no command; the process ends or stands by anew',
      entry: ['letGo', 'reportState'],
      on: { 'master.lead': 'campaigning', 'master.resign': {} },
    },
  },
})

/** Once it leads or is about to. A board that comes later must promise too before it takes a command. */
function promises() {
  return {
    'epoch.promised': { guard: 'isOwnEpoch', actions: 'notePromise' },
    'epoch.refused': outbid('resigned'),
    'master.deposed': outbid('resigned'),
    'link.up': { actions: 'askPromise' },
  } as const
}

/** Somebody was promised a higher epoch. */
function outbid<Target extends 'campaigning' | 'resigned'>(target: Target) {
  return { guard: 'isOutbid', target, reenter: true, actions: ['noteHigher', 'noteWhy'] } as const
}

/** Lowest epoch of the own parity above all seen. */
export function nextEpoch(seen: number, parity: 0 | 1): number {
  const next = seen + 1
  return next % 2 === parity ? next : next + 1
}

function withBoard({ promised, boards }: SiteMasterContext, board: BladeId): readonly BladeId[] {
  return promised.includes(board) || !boards.includes(board) ? promised : [...promised, board]
}

/** What a board of this site is known to have promised to somebody; 0 when the event says nothing of that. */
function higherEpoch({ boards }: SiteMasterContext, event: SiteMasterEvent): number {
  if (event.type === 'epoch.refused') return boards.includes(event.board) ? event.promised : 0
  return event.type === 'master.deposed' ? event.epoch : 0
}
