// One site master: how it comes to lead, leads, and stops leading. What leading means (weigh, dispatch) is in its effects and in
// decision/; here is only when it may. The leases of a majority of the voting boards let it lead (R42): they are asked for and counted at
// wire speed by the steps of pair/, and this machine hears what came of it. A master that has led never leads again in
// the same life: what it holds in memory may be another's by then, so it ends, and its next life reads and polls anew.
import { assign, setup } from 'xstate'
import type { PlanMemory } from '../decision/plan-memory.ts'
import { emptyPlanMemory } from '../decision/plan-memory.ts'
import type { BladeId, DecisionId, NodeId, SiteId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import { unprovided } from './unprovided.ts'

/** What operators say of a group (hold), of a blade (cordon, release) or of the site (unbrake). */
export type OperatorWord = 'hold' | 'cordon' | 'release' | 'unbrake'

export interface SiteMasterInput {
  readonly site: SiteId
  readonly node: NodeId
}

export interface SiteMasterContext extends SiteMasterInput {
  /** The epoch that it leads in; 0 before. */
  readonly epoch: number
  /** What the last weighing wants to be remembered. */
  readonly memory: PlanMemory
  /** Why it does not lead. */
  readonly why: string | null
}

export type SiteMasterEvent =
  /** Lead, if nobody else does. `releases`: epoch of a leader that is verifiably gone; 0 for none. */
  | { type: 'master.lead'; releases: number; acceptsLoss: boolean }
  | { type: 'lease.won'; epoch: number }
  | { type: 'lease.lost'; why: string }
  /** A majority of the boards knows that this master misses what was done after a record. */
  | { type: 'lease.barred'; index: number }
  /** The peer leads. */
  | { type: 'peer.leads'; epoch: number }
  /** Journal read, boards polled, moves resumed, groups adopted. */
  | { type: 'master.recovered' }
  /** The poll could not be finished: ask again. */
  | { type: 'master.recovery.due' }
  | { type: 'master.tick.due' }
  | { type: 'master.weighed'; memory: PlanMemory }
  /** An operator's move, checked: the effect knows what it is. `cordon`: together with its blade's. `request` is answered when both are durable. */
  | { type: 'master.dispatch'; decision: DecisionId; cordon: BladeId | null; request: number }
  /** An operator's word that must outlast this process: durable before it takes effect, and before the request is answered. */
  | { type: 'master.operate'; operation: OperatorWord; subject: string; on: boolean; request: number }
  /** With an account: durable before it takes effect, and before the request is answered. The effect knows what was agreed. */
  | { type: 'master.agree'; agreement: number; request: number }
  /** A gate refused it for a higher epoch. */
  | { type: 'master.deposed'; epoch: number }
  | { type: 'master.resign'; why: string }
  /** From the global coordinator. */
  | MessageOf<'loan.lend'>
  | MessageOf<'loan.lent'>
  | MessageOf<'loan.refused'>
  | MessageOf<'loan.return'>
  | MessageOf<'loan.returned'>

export const siteMasterMachine = setup({
  types: { input: {} as SiteMasterInput, context: {} as SiteMasterContext, events: {} as SiteMasterEvent },
  guards: {
    isOutbid: ({ context, event }) => event.type === 'master.deposed' && event.epoch > context.epoch,
  },
  actions: {
    noteEpoch: assign({
      epoch: ({ context, event }) => (event.type === 'lease.won' ? event.epoch : context.epoch),
      why: null,
    }),
    noteMemory: assign({
      memory: ({ context, event }) => (event.type === 'master.weighed' ? event.memory : context.memory),
    }),
    noteWhy: assign({ why: ({ context, event }) => whyNot(event) ?? context.why }),
    // effects
    campaign: unprovided('campaign'),
    stopCampaign: unprovided('stopCampaign'),
    recover: unprovided('recover'),
    cancelRecoveryTimer: unprovided('cancelRecoveryTimer'),
    weigh: unprovided('weigh'),
    dispatch: unprovided('dispatch'),
    operate: unprovided('operate'),
    agree: unprovided('agree'),
    serveLoan: unprovided('serveLoan'),
    startTickTimer: unprovided('startTickTimer'),
    cancelTickTimer: unprovided('cancelTickTimer'),
    letGo: unprovided('letGo'),
    reportState: unprovided('reportState'),
  },
}).createMachine({
  id: 'siteMaster',
  description: 'One site master',
  context: ({ input }) => ({ ...input, epoch: 0, memory: emptyPlanMemory, why: null }),
  initial: 'standby',
  on: {
    'master.resign': { target: '.resigned', actions: 'noteWhy' },
  },
  states: {
    standby: {
      description: 'Follows the journal of the leader, if there is one, and asks for nothing',
      entry: { type: 'reportState', params: { state: 'standby' } },
      on: { 'master.lead': { target: 'campaigning', actions: 'campaign' } },
    },
    campaigning: {
      description: 'Asks the boards for their leases; those of a majority let it lead',
      entry: { type: 'reportState', params: { state: 'campaigning' } },
      on: {
        'lease.won': { target: 'recovering', actions: 'noteEpoch' },
        'lease.barred': { target: 'standby', actions: ['noteWhy', 'stopCampaign'] },
        'peer.leads': { target: 'standby', actions: ['noteWhy', 'stopCampaign'] },
      },
    },
    recovering: {
      description: 'Reads its journal, polls every board for what is, and goes on with the moves that were under way',
      entry: ['recover', { type: 'reportState', params: { state: 'recovering' } }],
      exit: 'cancelRecoveryTimer',
      on: {
        ...endings(),
        'master.recovery.due': { actions: 'recover' },
        'master.recovered': 'leading',
      },
    },
    leading: {
      description: 'Weighs requests, offers and failures at each tick, and dispatches moves',
      entry: ['startTickTimer', { type: 'reportState', params: { state: 'leading' } }],
      exit: 'cancelTickTimer',
      on: {
        ...endings(),
        'master.tick.due': { actions: ['weigh', 'startTickTimer'] },
        'master.weighed': { actions: 'noteMemory' },
        'master.dispatch': { actions: 'dispatch' },
        'master.operate': { actions: 'operate' },
        'master.agree': { actions: 'agree' },
        'loan.lend': { actions: 'serveLoan' },
        'loan.lent': { actions: 'serveLoan' },
        'loan.refused': { actions: 'serveLoan' },
        'loan.return': { actions: 'serveLoan' },
        'loan.returned': { actions: 'serveLoan' },
      },
    },
    resigned: {
      description: 'Leads no more and sends no command; the process ends, and the next life stands by',
      entry: ['letGo', { type: 'reportState', params: { state: 'resigned' } }],
      on: { 'master.resign': {} },
    },
  },
})

/** Of a leadership. */
function endings() {
  return {
    'lease.lost': { target: 'resigned', actions: 'noteWhy' },
    'master.deposed': { guard: 'isOutbid', target: 'resigned', actions: 'noteWhy' },
  } as const
}

function whyNot(event: SiteMasterEvent): string | undefined {
  switch (event.type) {
    case 'master.resign':
    case 'lease.lost':
      return event.why
    case 'lease.barred':
      return `it misses what was done after record ${event.index}`
    case 'peer.leads':
      return `its peer leads in epoch ${event.epoch}`
    case 'master.deposed':
      return `a gate has promised epoch ${event.epoch}`
    default:
      return undefined
  }
}
