import { assign } from 'xstate'
import { type GatewayEvent, gatewayMachine } from '../../src/machines/gateway-machine.ts'
import { type Mutant, mutant } from './drive.ts'

export const gatewayMutants: readonly Mutant[] = [
  mutant('both gateways go on forwarding', gatewayMachine, { guards: { givesWay: () => false } }),
  mutant('each gateway gives way to the other', gatewayMachine, {
    guards: {
      givesWay: ({ event }: { event: GatewayEvent }) => event.type === 'gateway.peer.said' && event.isForwarding,
    },
  }),
  mutant('one that stands by does not begin when the other stops', gatewayMachine, {
    guards: { doesPeerForward: ({ event }: { event: GatewayEvent }) => event.type === 'gateway.peer.said' },
  }),
  mutant('one side is enough', gatewayMachine, { guards: { isWhole: () => true } }),
  mutant('a side that is down is forgotten', gatewayMachine, { actions: { noteSide: assign({ down: [] }) } }),
  mutant('a gateway that is alone waits for another', gatewayMachine, { guards: { isAlone: () => false } }),
  mutant('a relay is never closed', gatewayMachine, { actions: { closeRelay() {} } }),
  mutant('nobody waits for the other gateway', gatewayMachine, { actions: { awaitPeer() {} } }),
]
