import type { GatewayModelEvent } from '../../models/gateway-model.ts'

const sides = ['cabinet', 'backbone'] as const

export const gatewayEvents: readonly GatewayModelEvent[] = [
  ...sides.flatMap((side): GatewayModelEvent[] => [
    { type: 'gateway.side.down', side },
    { type: 'gateway.side.up', side },
  ]),
  ...[99, 101].flatMap((number): GatewayModelEvent[] => [
    { type: 'gateway.peer.said', number, isForwarding: true },
    { type: 'gateway.peer.said', number, isForwarding: false },
  ]),
  { type: 'gateway.peer.silent' },
]

export const gatewayPlaces = [
  { number: 100, isPaired: true },
  { number: 100, isPaired: false },
] as const
