// The actor of one gateway between the bus of a cabinet and the backbone: opens and closes the relay, and listens for the other gateway.
import { gatewayMachine } from '../machines/gateway-machine.ts'
import type { Effects } from './effects.ts'

/** Between two words of a gateway to the other one. */
export const gatewayPeriodMs = 250
const silentPeriodsMax = 3

export interface GatewayRelay {
  open(): void
  close(): void
}

export function implementGateway(effects: Effects, relay: GatewayRelay) {
  return gatewayMachine.provide({
    actions: {
      awaitPeer() {
        effects.setTimer('peer', silentPeriodsMax * gatewayPeriodMs, { type: 'gateway.peer.silent' })
      },
      stopWaiting() {
        effects.cancelTimer('peer')
      },
      openRelay() {
        effects.call('openRelay', () => relay.open())
      },
      closeRelay() {
        effects.call('closeRelay', () => relay.close())
      },
      reportGateway({ context: { cabinet, number, down } }) {
        effects.publish({ type: 'gateway.changed', at: effects.now, cabinet, number, down })
      },
    },
  })
}
