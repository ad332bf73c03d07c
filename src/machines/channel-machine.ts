// The state of the channel to one peer, as edges: what is reported to people and to those who must ask again.
// The transport says that a link is up or lost; the machine says whether it can be relied on.
import { assign, setup } from 'xstate'
import type { NodeId } from '../protocol/ids.ts'
import { unprovided } from './unprovided.ts'

/** This many losses… */
export const lossCountMax = 3
/** …within this time make a channel that is up a degraded one. */
export const lossPeriodMs = 60_000

export interface ChannelInput {
  readonly peer: NodeId
}

export interface ChannelContext extends ChannelInput {
  /** Life of the peer that the present or last link joins; null before the first. */
  readonly incarnation: number | null
  /** Times of the last losses, newest last, at most lossCountMax. */
  readonly losses: readonly number[]
  /** Why the last link ended. */
  readonly why: string | null
}

export type ChannelEvent =
  | { type: 'channel.linkUp'; incarnation: number; at: number }
  | { type: 'channel.linkLost'; why: string; at: number }
  /** The calm timer: so long no trouble. */
  | { type: 'channel.calm' }

export const channelMachine = setup({
  types: { input: {} as ChannelInput, context: {} as ChannelContext, events: {} as ChannelEvent },
  guards: {
    isFlapping: ({ context, event }) =>
      event.type === 'channel.linkUp' && recentLosses(context.losses, event.at).length >= lossCountMax,
  },
  actions: {
    noteLink: assign({
      incarnation: ({ context, event }) => (event.type === 'channel.linkUp' ? event.incarnation : context.incarnation),
    }),
    noteLoss: assign(({ context, event }) =>
      event.type === 'channel.linkLost'
        ? {
            ...context,
            why: event.why,
            losses: [...recentLosses(context.losses, event.at), event.at].slice(-lossCountMax),
          }
        : context,
    ),
    // effects
    reportChannel: unprovided('reportChannel'),
    startCalmTimer: unprovided('startCalmTimer'),
    cancelCalmTimer: unprovided('cancelCalmTimer'),
  },
}).createMachine({
  id: 'channel',
  description: 'The channel to one peer',
  context: ({ input }) => ({ ...input, incarnation: null, losses: [], why: null }),
  initial: 'down',
  states: {
    down: {
      description: 'No link: nothing reaches the peer',
      entry: 'reportChannel',
      on: {
        'channel.linkUp': [
          { guard: 'isFlapping', target: 'degraded', actions: 'noteLink' },
          { target: 'up', actions: 'noteLink' },
        ],
      },
    },
    up: {
      description: 'A link that has been reliable',
      entry: 'reportChannel',
      on: {
        'channel.linkUp': { actions: ['noteLink', 'reportChannel'] },
        'channel.linkLost': { target: 'down', actions: 'noteLoss' },
      },
    },
    degraded: {
      description: 'A link that was lost too often lately; up again after a calm time',
      entry: ['reportChannel', 'startCalmTimer'],
      exit: 'cancelCalmTimer',
      on: {
        'channel.linkUp': { actions: ['noteLink', 'reportChannel'] },
        'channel.linkLost': { target: 'down', actions: 'noteLoss' },
        'channel.calm': 'up',
      },
    },
  },
})

function recentLosses(losses: readonly number[], at: number): readonly number[] {
  return losses.filter((time) => at - time < lossPeriodMs)
}
