import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createMessageNetwork } from '../../src/testing/message-network.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { transportContract } from './transport.ts'

transportContract('message by message', async () => {
  const clock = createVirtualClock()
  const network = createMessageNetwork({
    clock,
    random: createSeededRandom('transport contract'),
    linked: (a, b) => a === 'm1' || b === 'm1',
    isRelay: (node) => node === 'm1',
  })
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
})
