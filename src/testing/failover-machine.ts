// Failover as a machine: who of the pair leads, what else is broken, and where the move stands. It is the model, not the runtime: it says
// which failures can follow which, and what must be seen after them. Every event is either something that is done to the farm, or, where
// its name begins with `await`, something that must come true within a time. A trial (failover-trial.ts) carries them out.
//
// Failures are counted and bounded, and strike only while the move is under way, so that paths through the machine are finite and each
// of them is about the move. What is broken may be left so: a trial mends everything in the end.
import { assign, setup } from 'xstate'
import { type MoveStep, moveStep } from '../protocol/board.ts'

/** Of a step: it is journalled; its driver has been called; its driver has answered, and nobody has heard it. */
export const failoverMoments = ['announced', 'asked', 'acted'] as const
export type FailoverMoment = (typeof failoverMoments)[number]

export interface FailoverPlace {
  readonly step: MoveStep
  readonly moment: FailoverMoment
}

export type FailoverEvent =
  /** An operator moves a blade from one group to another. */
  | { readonly type: 'move.begin' }
  /** Time passes until the move is there. */
  | ({ readonly type: 'move.reach' } & FailoverPlace)
  /** Its process dies, and its launcher sees it; its machine is gone; its event loop stands still. */
  | { readonly type: 'leader.kill' | 'leader.vanish' | 'leader.stall' }
  /** An operator has the other one lead. */
  | { readonly type: 'leader.handOver' }
  /** The masters that are gone begin anew; one that stood still goes on, and believes that it leads. */
  | { readonly type: 'peer.return' }
  | { readonly type: 'awaitLeader' | 'awaitPair' }
  /** The process that serves the blade's board dies, with its drivers; it begins anew. */
  | { readonly type: 'agent.kill' | 'agent.return' }
  /** What is asked of the hardware happens, and its answers are lost. */
  | { readonly type: 'answers.lose' | 'answers.return' }
  /** Between the leader and the blade's agent: nothing arrives; or late, twice and in another order. */
  | { readonly type: 'channel.cut' | 'channel.garble' | 'channel.heal' }
  /** The blade stops by itself. */
  | { readonly type: 'blade.kill' }

export interface FailoverModelInput {
  /** Failures in one run, at most. */
  readonly failuresMax: number
  /** Where they strike, in the order of a move. */
  readonly places: readonly FailoverPlace[]
}

interface FailoverContext extends FailoverModelInput {
  readonly failures: number
  /** The last of them: what comes back from it is not the same after each. */
  readonly last: FailoverEvent['type'] | null
  /** Index into `places`; -1 before the first. */
  readonly place: number
  /** Only masters failed, or the order of what they say: then the move has to end as it was decided. */
  readonly isOfMasters: boolean
}

export type FailoverMachine = typeof failoverMachine

export const failoverMachine = setup({
  types: {
    input: {} as FailoverModelInput,
    context: {} as FailoverContext,
    events: {} as FailoverEvent,
  },
  guards: {
    mayFail: ({ context }, _: undefined) => context.place >= 0 && context.failures < context.failuresMax,
    isAhead: ({ context, event }) =>
      event.type === 'move.reach' && context.failures < context.failuresMax && indexOf(context, event) > context.place,
  },
  actions: {
    countFailure: assign({ failures: ({ context }) => context.failures + 1, last: ({ event }) => event.type }),
    touchBlade: assign({ isOfMasters: false }),
    goToPlace: assign({
      place: ({ context, event }) => (event.type === 'move.reach' ? indexOf(context, event) : context.place),
    }),
  },
}).createMachine({
  id: 'failover',
  description: 'A move of a blade between two groups, and what fails meanwhile',
  type: 'parallel',
  context: ({ input }) => ({ ...input, failures: 0, last: null, place: -1, isOfMasters: true }),
  states: {
    move: {
      initial: 'none',
      states: {
        none: { description: 'Nobody has asked for it', on: { 'move.begin': 'underWay' } },
        underWay: {
          description: 'Decided and durable: it must end, whatever fails',
          on: { 'move.reach': { guard: 'isAhead', actions: 'goToPlace' } },
        },
      },
    },
    pair: {
      initial: 'paired',
      states: {
        paired: {
          description: 'One leads, the other has everything that it acts on',
          on: {
            'leader.kill': { guard: 'mayFail', target: 'killed', actions: 'countFailure' },
            'leader.vanish': { guard: 'mayFail', target: 'vanished', actions: 'countFailure' },
            'leader.stall': { guard: 'mayFail', target: 'stalled', actions: 'countFailure' },
            'leader.handOver': { guard: 'mayFail', target: 'handingOver', actions: 'countFailure' },
          },
        },
        killed: leaderless('It died, and the other one hears of it'),
        vanished: leaderless('It is gone, and its lease has to run out'),
        stalled: leaderless('It stands still, and does not know it'),
        handingOver: {
          description: 'Both live, and the lead goes from one to the other',
          on: { awaitPair: 'paired' },
        },
        alone: {
          description: 'The other one leads, by a higher epoch, and has nobody',
          on: {
            'leader.kill': { guard: 'mayFail', target: 'nobody', actions: 'countFailure' },
            'peer.return': 'returning',
          },
        },
        nobody: { description: 'Nobody leads: what serves goes on serving', on: { 'peer.return': 'returning' } },
        returning: {
          description: 'Both live; one of them has to lead, and the other has to catch up',
          on: { awaitPair: 'paired' },
        },
      },
    },
    agent: {
      initial: 'up',
      states: {
        up: {
          description: 'It serves the board',
          on: { 'agent.kill': { guard: 'mayFail', target: 'down', actions: ['countFailure', 'touchBlade'] } },
        },
        down: { description: 'What its drivers had in memory is lost', on: { 'agent.return': 'up' } },
      },
    },
    hardware: {
      initial: 'well',
      states: {
        well: {
          description: 'It does what is asked, and says so',
          on: {
            'answers.lose': { guard: 'mayFail', target: 'unheard', actions: ['countFailure', 'touchBlade'] },
            'blade.kill': { guard: 'mayFail', target: 'dead', actions: ['countFailure', 'touchBlade'] },
          },
        },
        unheard: { description: 'It does what is asked, and its answers are lost', on: { 'answers.return': 'well' } },
        dead: { description: 'The blade stopped by itself' },
      },
    },
    channel: {
      initial: 'whole',
      states: {
        whole: {
          description: 'Each message arrives once and soon',
          on: {
            'channel.cut': { guard: 'mayFail', target: 'cut', actions: ['countFailure', 'touchBlade'] },
            'channel.garble': { guard: 'mayFail', target: 'garbled', actions: 'countFailure' },
          },
        },
        cut: { description: 'The leader does not reach the board', on: { 'channel.heal': 'whole' } },
        garbled: { description: 'Late, twice and in another order', on: { 'channel.heal': 'whole' } },
      },
    },
  },
})

function leaderless(description: string) {
  return { description, on: { awaitLeader: 'alone', 'peer.return': 'returning' } } as const
}

function indexOf({ places }: Pick<FailoverContext, 'places'>, { step, moment }: FailoverPlace): number {
  return places.findIndex((one) => one.step === step && one.moment === moment)
}

/** In the order of a move. */
export function placesOf(steps: readonly MoveStep[], moments: readonly FailoverMoment[]): FailoverPlace[] {
  return moveStep.options
    .filter((step) => steps.includes(step))
    .flatMap((step) => failoverMoments.filter((one) => moments.includes(one)).map((moment) => ({ step, moment })))
}

export function failoverEvents(places: readonly FailoverPlace[]): FailoverEvent[] {
  const simple = [
    'move.begin',
    'leader.kill',
    'leader.vanish',
    'leader.stall',
    'leader.handOver',
    'peer.return',
    'awaitLeader',
    'awaitPair',
    'agent.kill',
    'agent.return',
    'answers.lose',
    'answers.return',
    'channel.cut',
    'channel.garble',
    'channel.heal',
    'blade.kill',
  ] as const
  return [...simple.map((type) => ({ type })), ...places.map((place) => ({ type: 'move.reach' as const, ...place }))]
}

/** As it is printed: `reach connectNetwork acted`, `agent.kill`. */
export function formatFailoverEvent(event: FailoverEvent): string {
  return event.type === 'move.reach' ? `reach ${event.step} ${event.moment}` : event.type
}
