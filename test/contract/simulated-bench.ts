import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { HostBoard } from '../../src/ports/host-board.ts'
import type { Answer, Result } from '../../src/ports/result.ts'
import { createSimulatedHardware, type SimulatedHardware } from '../../src/testing/simulated-hardware.ts'
import { createVirtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { HardwareBench } from './hardware-bench.ts'

export interface SimulatedBench extends HardwareBench {
  readonly hardware: SimulatedHardware
  readonly clock: VirtualClock
}

const digests = { shop: `sha256:${'a'.repeat(64)}`, broken: `sha256:${'b'.repeat(64)}` }

export async function makeSimulatedBench(): Promise<SimulatedBench> {
  const blade = 'c01-s01'
  const clock = createVirtualClock()
  const hardware = createSimulatedHardware({
    clock,
    random: createSeededRandom(7),
    blades: [{ blade, boardType: 'small' }],
    images: { 'shop-web': { digest: digests.shop }, broken: { digest: digests.broken, healthy: false } },
    volumes: { 'shop/web': ['content', 'media'], 'news/web': ['content'] },
  })
  let board: HostBoard = hardware.board(blade)
  const pointers = { group: 'shop/web', role: 'front', healthPath: '/healthz' }

  return {
    hardware,
    clock,
    blade,
    board: () => board,
    networkSwitch: () => hardware.networkSwitch,
    storageSwitch: () => hardware.storageSwitch,
    shopPointers: { ...pointers, image: 'shop-web', imageDigest: digests.shop },
    brokenPointers: { ...pointers, image: 'broken', imageDigest: digests.broken },
    async kill() {
      hardware.kill(blade)
    },
    loseAgent() {
      hardware.loseAgent(blade)
      board = hardware.board(blade)
    },
    async ask<T>(call: (answer: Answer<T>) => void): Promise<Result<T>> {
      const answers: Result<T>[] = []
      call((result) => answers.push(result))
      // Others may have asked at the same moment: time moves only after they have.
      await Promise.resolve()
      while (answers.length === 0 && clock.runNext());
      const [result] = answers
      if (!result) throw new Error('there was no answer')
      return result
    },
    async pass(ms) {
      clock.advanceBy(ms)
    },
    async close() {},
  }
}
