// Random offers to two queues on one bus that is cut, held dominant and healed at random.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { createCanQueue } from '../../../../src/transport/can/can-queue.ts'
import { createMemoryBus } from '../../../../src/transport/can/memory-bus.ts'

const framesMax = 20
const offer = fc.record({
  type: fc.constant('offer' as const),
  sender: fc.nat(1),
  priority: fc.nat(7),
  frames: fc.integer({ min: 1, max: 8 }),
  isStatus: fc.boolean(),
})
const step = fc.oneof(
  { weight: 6, arbitrary: offer },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0.05, 0.3, 2, 15) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cut' as const, 'heal' as const), sender: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('hold' as const, 'free' as const), sender: fc.nat(1) }) },
)

test('frames of one identifier arrive in order, a transfer never with a gap, nothing is forgotten, and no queue outgrows its bound', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 2, 3), (steps, mailboxes) => {
      const clock = createVirtualClock()
      const random = createSeededRandom(1)
      const wire = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, isFd: false, mailboxes })
      const heard = new Map<number, number[]>()
      wire.attach('listener').start({
        received: ({ id, data }) =>
          void heard.set(id, [...(heard.get(id) ?? []), ((data[0] ?? 0) << 8) | (data[1] ?? 0)]),
        sent() {},
        stateChanged() {},
      })
      const queues = ['n0', 'n1'].map((name) => {
        const bus = wire.attach(name)
        const queue = createCanQueue({ bus, clock, framesMax })
        bus.start({ received() {}, sent: queue.sent, stateChanged: queue.stateChanged })
        return queue
      })
      let transfers = 0
      for (const one of steps) {
        switch (one.type) {
          case 'wait':
            clock.advanceBy(one.ms)
            break
          case 'cut':
            wire.cut(`n${one.sender}`)
            break
          case 'heal':
            wire.heal(`n${one.sender}`)
            break
          case 'hold':
          case 'free':
            wire.holdDominant(`n${one.sender}`, one.type === 'hold')
            break
          case 'offer': {
            transfers += 1
            const { priority, frames, isStatus, sender } = one
            const all = Array.from({ length: frames }, (_, index) =>
              frame((priority << 26) | sender, transfers, index, frames),
            )
            const key = isStatus ? { key: `${priority}` } : {}
            queues[sender]?.offer(all, { priority, lifetimeMs: 1e6, ...key })
          }
        }
        for (const queue of queues) expect(queue.waiting).toBeLessThanOrEqual(framesMax)
      }
      for (const node of ['n0', 'n1']) {
        wire.holdDominant(node, false)
        wire.heal(node)
      }
      clock.advanceBy(500)
      expect(queues.map(({ waiting }) => waiting)).toEqual([0, 0])
      const counted = queues.flatMap(({ statistics }) => statistics)
      const ended = counted.reduce((sum, one) => sum + one.sent + one.replaced + one.refused + one.expired, 0)
      expect(ended).toBe(transfers)
      for (const marks of heard.values()) expect(withoutRepetitions(marks)).toEqual(expectedFrom(marks))
    }),
    { seed: 13, numRuns: 150 },
  )
})

/** Which transfer, and in the low byte which frame of how many. */
function frame(id: number, transfer: number, index: number, count: number): CanFrame {
  return {
    id,
    isExtended: true,
    isFd: false,
    isBitRateSwitched: false,
    data: Uint8Array.of(transfer, (index << 4) | count),
  }
}

/** A controller repeats a frame of which it did not hear the end: next to each other, on one identifier. */
function withoutRepetitions(marks: readonly number[]): number[] {
  return marks.filter((mark, index) => mark !== marks[index - 1])
}

/** Of the transfers that are there, each with all of its frames. */
function expectedFrom(marks: readonly number[]): number[] {
  const transfers = [...new Set(marks.map((mark) => mark >> 8))].sort((one, other) => one - other)
  return transfers.flatMap((transfer) => {
    const count = (marks.find((mark) => mark >> 8 === transfer) ?? 0) & 15
    return Array.from({ length: count }, (_, index) => (transfer << 8) | (index << 4) | count)
  })
}
