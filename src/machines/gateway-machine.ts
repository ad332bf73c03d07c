// One gateway between the bus of a cabinet and the backbone: whether it forwards. Of two gateways of a cabinet one forwards and the
// other stands by; each says often whether it does. Both forwarding for a moment harms nobody (sessions drop what comes twice), none
// forwarding cuts a cabinet off: so silence, and a gateway that says it does not forward, is enough to begin, and of two that both
// forward the one with the higher number gives way. Forwarding itself is not here: frames pass at wire speed, in plain code.
import { assign, setup } from 'xstate'
import { unprovided } from './unprovided.ts'

export type GatewaySide = 'cabinet' | 'backbone'

export interface GatewayInput {
  readonly cabinet: string
  /** Cyphal node number, the same on both sides. */
  readonly number: number
  /** The cabinet has two. */
  readonly isPaired: boolean
}

export interface GatewayContext extends GatewayInput {
  /** Sides that are cut off, or whose controller is bus-off. */
  readonly down: readonly GatewaySide[]
}

export type GatewayEvent =
  | { type: 'gateway.side.down'; side: GatewaySide }
  | { type: 'gateway.side.up'; side: GatewaySide }
  /** The other one of the cabinet said what it does. */
  | { type: 'gateway.peer.said'; number: number; isForwarding: boolean }
  /** It said nothing for three periods. */
  | { type: 'gateway.peer.silent' }

export const gatewayMachine = setup({
  types: { input: {} as GatewayInput, context: {} as GatewayContext, events: {} as GatewayEvent },
  guards: {
    isAlone: ({ context }) => !context.isPaired,
    isWhole: ({ context, event }) => downAfter(context, event).length === 0,
    doesPeerForward: ({ event }) => event.type === 'gateway.peer.said' && event.isForwarding,
    givesWay: ({ context, event }) =>
      context.isPaired && event.type === 'gateway.peer.said' && event.isForwarding && event.number < context.number,
  },
  actions: {
    noteSide: assign({ down: ({ context, event }) => downAfter(context, event) }),
    // effects
    awaitPeer: unprovided('awaitPeer'),
    stopWaiting: unprovided('stopWaiting'),
    openRelay: unprovided('openRelay'),
    closeRelay: unprovided('closeRelay'),
    reportGateway: unprovided('reportGateway'),
  },
}).createMachine({
  id: 'gateway',
  description: 'One gateway between the bus of a cabinet and the backbone',
  context: ({ input }) => ({ ...input, down: [] }),
  initial: 'listening',
  states: {
    listening: {
      description: 'Has both sides; waits to hear whether the other gateway of the cabinet forwards',
      entry: ['awaitPeer', 'reportGateway'],
      exit: 'stopWaiting',
      always: { guard: 'isAlone', target: 'forwarding' },
      on: {
        'gateway.side.down': { target: 'cut', actions: 'noteSide' },
        'gateway.peer.said': [{ guard: 'doesPeerForward', target: 'standingBy' }, { target: 'forwarding' }],
        'gateway.peer.silent': 'forwarding',
      },
    },
    standingBy: {
      description: 'The other gateway forwards; begins as soon as that one is silent or says that it does not',
      entry: ['awaitPeer', 'reportGateway'],
      exit: 'stopWaiting',
      on: {
        'gateway.side.down': { target: 'cut', actions: 'noteSide' },
        'gateway.peer.said': [{ guard: 'doesPeerForward', actions: 'awaitPeer' }, { target: 'forwarding' }],
        'gateway.peer.silent': 'forwarding',
      },
    },
    forwarding: {
      description: 'Passes on what comes from one side to the other, and says in digests how the cabinet is',
      entry: ['openRelay', 'reportGateway'],
      exit: 'closeRelay',
      on: {
        'gateway.side.down': { target: 'cut', actions: 'noteSide' },
        'gateway.peer.said': { guard: 'givesWay', target: 'standingBy' },
      },
    },
    cut: {
      description: 'A side is down: it can forward nothing, and says so',
      entry: 'reportGateway',
      on: {
        'gateway.side.down': { actions: 'noteSide' },
        'gateway.side.up': [{ guard: 'isWhole', target: 'listening', actions: 'noteSide' }, { actions: 'noteSide' }],
      },
    },
  },
})

function downAfter({ down }: GatewayContext, event: GatewayEvent): readonly GatewaySide[] {
  if (event.type === 'gateway.side.up') return down.filter((side) => side !== event.side)
  if (event.type !== 'gateway.side.down' || down.includes(event.side)) return down
  return [...down, event.side]
}
