// Whether a gateway of a cabinet forwards: when it has both sides, and the other gateway does not.
type Side = 'cabinet' | 'backbone'

export interface GatewayModel {
  readonly state: 'listening' | 'standingBy' | 'forwarding' | 'cut'
  readonly cabinetDown: boolean
  readonly backboneDown: boolean
  /** What the last event made it ask for. */
  readonly said: readonly string[]
}

export type GatewayModelEvent =
  | { type: 'gateway.side.down'; side: Side }
  | { type: 'gateway.side.up'; side: Side }
  | { type: 'gateway.peer.said'; number: number; isForwarding: boolean }
  | { type: 'gateway.peer.silent' }

export interface GatewayPlace {
  readonly number: number
  readonly isPaired: boolean
}

const entries = {
  listening: ['awaitPeer', 'reportGateway'],
  standingBy: ['awaitPeer', 'reportGateway'],
  forwarding: ['openRelay', 'reportGateway'],
  cut: ['reportGateway'],
} as const
const exits = { listening: ['stopWaiting'], standingBy: ['stopWaiting'], forwarding: ['closeRelay'], cut: [] } as const

export function gatewayModel({ number, isPaired }: GatewayPlace) {
  const begun: GatewayModel = {
    state: 'listening',
    cabinetDown: false,
    backboneDown: false,
    said: [...entries.listening],
  }

  /** Alone it need not listen to anybody. */
  function enter(model: GatewayModel, state: GatewayModel['state']): GatewayModel {
    const said = [...model.said, ...exits[model.state], ...entries[state]]
    return settle({ ...model, state, said })
  }

  function settle(model: GatewayModel): GatewayModel {
    return model.state === 'listening' && !isPaired ? enter(model, 'forwarding') : model
  }

  return {
    initial: settle(begun),
    step(before: GatewayModel, event: GatewayModelEvent): GatewayModel {
      const model: GatewayModel = { ...before, said: [] }
      if (event.type === 'gateway.side.down' || event.type === 'gateway.side.up') {
        if (event.type === 'gateway.side.up' && model.state !== 'cut') return model
        const isDown = event.type === 'gateway.side.down'
        const next = event.side === 'cabinet' ? { ...model, cabinetDown: isDown } : { ...model, backboneDown: isDown }
        const isCut = next.cabinetDown || next.backboneDown
        if (isCut) return model.state === 'cut' ? next : enter(next, 'cut')
        return enter(next, 'listening')
      }
      if (model.state === 'cut') return model
      const doesPeerForward = event.type === 'gateway.peer.said' && event.isForwarding
      if (model.state === 'forwarding')
        return isPaired && doesPeerForward && event.number < number ? enter(model, 'standingBy') : model
      if (!doesPeerForward) return enter(model, 'forwarding')
      return model.state === 'listening' ? enter(model, 'standingBy') : { ...model, said: ['awaitPeer'] }
    },
    invariants: {
      'who forwards has both sides': ({ state, cabinetDown, backboneDown }: GatewayModel) =>
        (state === 'cut') === (cabinetDown || backboneDown),
      'who is alone never waits': ({ state }: GatewayModel) => isPaired || state === 'forwarding' || state === 'cut',
    },
  }
}
