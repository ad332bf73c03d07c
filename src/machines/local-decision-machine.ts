// The local decision of one group's role (R20-R24), on the agent of the blade that is designated for it. It reads the balancer's
// reports, predicts, infers, and says what the group wishes; what it says stands at the group until it says something else.
import { assign, setup } from 'xstate'
import {
  emptyMind,
  type LocalMind,
  learnFrom,
  type Mandate,
  type Opinion,
  type Report,
  reconsider,
} from './local-mind.ts'
import { unprovided } from './unprovided.ts'

/** An unchanged wish is said again after this long: the group's cell may have lost it with its master. */
export const repeatMs = 1_000

export interface LocalDecisionContext {
  /** For whom, and by which numbers; null while nobody designated this cell. */
  readonly mandate: Mandate | null
  readonly mind: LocalMind
  /** What the last report led to; null while too little is known. */
  readonly opinion: Opinion | null
  /** What was said last, and when. */
  readonly said: { readonly opinion: Opinion; readonly at: number } | null
}

export type LocalDecisionEvent =
  | ({ type: 'decision.designate'; on: boolean; at: number } & Mandate)
  /** `at` is our own time, not the balancer's. */
  | Report

export const localDecisionMachine = setup({
  types: { context: {} as LocalDecisionContext, events: {} as LocalDecisionEvent },
  guards: {
    isOff: ({ event }) => event.type === 'decision.designate' && !event.on,
    isOwnEnd: ({ context, event }) => event.type === 'decision.designate' && !event.on && isOwn(context, event),
    /** Another group or role: what was learnt is somebody else's. */
    isOther: ({ context, event }) => event.type === 'decision.designate' && !isOwn(context, event),
    isOwnReport: ({ context, event }) => event.type === 'balancer.report' && event.group === context.mandate?.group,
    hasOpinion: ({ context }, params: { kind: Opinion['kind'] }) => context.opinion?.kind === params.kind,
    isWorthSaying: ({ context, event }) => event.type === 'balancer.report' && isWorthSaying(context, event.at),
  },
  actions: {
    noteMandate: assign({
      mandate: ({ context, event }) => (event.type === 'decision.designate' ? mandateOf(event) : context.mandate),
    }),
    forget: assign({ mandate: null, mind: emptyMind, opinion: null, said: null }),
    learn: assign(({ context, event }) => {
      if (event.type !== 'balancer.report' || context.mandate === null) return context
      const mind = learnFrom(context.mind, event, context.mandate, event.at)
      return { ...context, ...reconsider(mind, context.mandate, event.at) }
    }),
    noteSaid: assign(({ context, event }) =>
      event.type === 'balancer.report' && context.opinion !== null
        ? { ...context, said: { opinion: context.opinion, at: event.at } }
        : context,
    ),
    // effects
    sayWish: unprovided('sayWish'),
  },
}).createMachine({
  id: 'localDecision',
  description: 'What one role of a group wishes, from what is measured',
  context: { mandate: null, mind: emptyMind, opinion: null, said: null },
  initial: 'idle',
  states: {
    idle: {
      description: 'Designated for nobody; what is reported is not its business',
      on: {
        'decision.designate': [{ guard: 'isOff' }, { target: 'designated', actions: 'noteMandate' }],
      },
    },
    designated: {
      description: 'Decides for one role of one group',
      initial: 'learning',
      on: {
        'decision.designate': [
          { guard: 'isOwnEnd', target: 'idle', actions: 'forget' },
          // Late, or for somebody else: this mandate stands.
          { guard: 'isOff' },
          { guard: 'isOther', target: 'designated', reenter: true, actions: ['forget', 'noteMandate'] },
          { actions: 'noteMandate' },
        ],
        'balancer.report': { guard: 'isOwnReport', target: '.judging', actions: 'learn' },
      },
      states: {
        judging: {
          description: 'A report is weighed; left at once',
          always: [
            { guard: 'isWorthSaying', target: 'saying' },
            { guard: { type: 'hasOpinion', params: { kind: 'request' } }, target: 'requesting' },
            { guard: { type: 'hasOpinion', params: { kind: 'offer' } }, target: 'offering' },
            { guard: { type: 'hasOpinion', params: { kind: 'steady' } }, target: 'steady' },
            { target: 'learning' },
          ],
        },
        saying: {
          description: 'The wish is new, or was said too long ago; left at once',
          entry: ['sayWish', 'noteSaid'],
          always: [
            { guard: { type: 'hasOpinion', params: { kind: 'request' } }, target: 'requesting' },
            { guard: { type: 'hasOpinion', params: { kind: 'offer' } }, target: 'offering' },
            { target: 'steady' },
          ],
        },
        learning: { description: 'Too little is known to have an opinion' },
        steady: { description: 'Nothing asks for a change' },
        requesting: { description: 'Blades are asked for' },
        offering: { description: 'Blades are offered' },
      },
    },
  },
})

function mandateOf(event: { type: string; on: boolean; at: number } & Mandate): Mandate {
  const { type: _type, on: _on, at: _at, ...mandate } = event
  return mandate
}

function isOwn({ mandate }: LocalDecisionContext, { group, role }: Pick<Mandate, 'group' | 'role'>): boolean {
  return mandate?.group === group && mandate.role === role
}

function isWorthSaying({ opinion, said }: LocalDecisionContext, at: number): boolean {
  if (opinion === null) return false
  if (said === null || at - said.at >= repeatMs) return true
  if (opinion.kind !== said.opinion.kind) return true
  return opinion.kind !== 'steady' && (opinion.desired !== said.opinion.desired || opinion.urgent > said.opinion.urgent)
}
