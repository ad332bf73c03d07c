import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createSimulatedNetwork } from '../../src/testing/simulated-network.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import type { ChannelKind } from '../../src/transport/redundant/datagram-channel.ts'
import { type TransportsUnderTest, transportContract } from './transport.ts'

const both = [
  { name: 'can0', kind: 'can' },
  { name: 'can1', kind: 'can' },
] as const
const socket = { name: 'ws', kind: 'websocket' } as const

/** @param cut a channel that carries nothing from the start on */
async function site(
  channels: readonly { readonly name: string; readonly kind: ChannelKind }[],
  cut = '',
): Promise<TransportsUnderTest> {
  const clock = createVirtualClock()
  const network = createSimulatedNetwork({
    clock,
    random: createSeededRandom('transport contract'),
    linked: (a, b) => a === 'm1' || b === 'm1',
    isRelay: (node) => node === 'm1',
    channels,
  })
  network.cutChannel(cut)
  return {
    attach: network.attach,
    kill: network.detach,
    cut: (node) => network.cut(node, 'm1'),
    heal: (node) => network.heal(node, 'm1'),
    async until(condition) {
      for (let timers = 0; !condition(); timers += 1) {
        if (timers > 200_000 || !clock.runNext()) throw new Error('this never happens')
      }
    },
    async close() {},
  }
}

transportContract('redundant, one channel', () => site([socket]))
transportContract('redundant, CAN, CAN and WebSocket', () => site([...both, socket]))
transportContract('redundant, WebSocket cut', () => site([...both, socket], 'ws'))
transportContract('redundant, both CAN buses gone but for WebSocket', () =>
  site([{ ...socket, name: 'other' }, socket], 'other'),
)
