// Cyphal nodes on two CAN buses in memory, on a virtual clock.
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import { type CyphalNode, createCyphalNode } from '../../../../src/transport/can/cyphal-node.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'

export function createCyphalBench({ isFd = false, busCount = 2 } = {}) {
  const clock = createVirtualClock()
  const random = createSeededRandom(3)
  const wires = Array.from({ length: busCount }, (_, index) =>
    createMemoryBus({ clock, random: random.fork(`${index}`), name: `can${index}`, bitRate: 1_000_000, isFd }),
  )
  const attach = (node: number): CyphalNode =>
    createCyphalNode({ node, buses: wires.map((wire) => wire.attach(`n${node}`)), clock, periodMs: 100 })
  const started = (node: number): CyphalNode => {
    const one = attach(node)
    one.start()
    return one
  }
  return { clock, wires, attach, started }
}

export const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
