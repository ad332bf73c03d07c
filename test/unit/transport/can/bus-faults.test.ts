// A bus after anything that can be done to it: once the faults are gone it must work, and while they last it must not run hot.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { canFrame, createBusFarm } from './bus-farm.ts'

const nodeCount = 4
const kinds = [
  'cut',
  'heal',
  'cutAll',
  'healAll',
  'hold',
  'release',
  'stop',
  'start',
  'errors',
  'clean',
  'send',
  'twin',
] as const
const fault = fc.record({
  kind: fc.constantFrom(...kinds),
  node: fc.integer({ min: 0, max: nodeCount - 1 }),
  afterBits: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 5_000 })),
})

describe('a bus to which anything was done', () => {
  test('works again once the faults are gone, and never needs more events than its bits allow', () => {
    const seen = { off: 0, passive: 0, errors: 0 }
    fc.assert(
      fc.property(fc.array(fault, { minLength: 10, maxLength: 60 }), fc.integer(), (faults, seed) => {
        const farm = createBusFarm(nodeCount, { random: createSeededRandom(seed), mailboxes: 3 })
        const { clock, bus, nodes, node } = farm
        farm.startAll()
        let events = 0
        const runFor = (ms: number) => {
          const untilMs = clock.monotonic() + ms
          let isOver = false
          clock.setTimer(ms, () => {
            isOver = true
          })
          while (!isOver && clock.monotonic() <= untilMs) events += clock.runNext() ? 1 : 0
        }
        for (const { kind, node: index, afterBits } of faults) {
          runFor(afterBits / 1000)
          const { name, controller } = node(index)
          if (kind === 'cut') bus.cut(name)
          else if (kind === 'heal') bus.heal(name)
          else if (kind === 'cutAll') bus.cutAll()
          else if (kind === 'healAll') bus.healAll()
          else if (kind === 'hold' || kind === 'release') bus.holdDominant(name, kind === 'hold')
          else if (kind === 'stop') controller.stop(() => {})
          else if (kind === 'start') node(index).start()
          else if (kind === 'errors' || kind === 'clean') bus.setBitErrorRate(kind === 'errors' ? 0.01 : 0)
          else controller.send(canFrame(kind === 'twin' ? 99 : index, [index]))
        }
        // A frame of at least 67 bits takes two events on its wire; each node may be on a wire of its own.
        expect(events).toBeLessThan(100 + 4 * faults.length + (nodeCount * 3 * clock.monotonic() * 1000) / 40)
        for (const { state } of nodes.flatMap(({ states }) => states)) if (state !== 'active') seen[state] += 1
        for (const { controller } of nodes) seen.errors += controller.counters().errors

        bus.setBitErrorRate(0)
        bus.healAll()
        for (const { name, controller, start } of nodes) {
          bus.heal(name)
          bus.holdDominant(name, false)
          if (controller.state() === 'off' && controller.counters().busOffs === 0) start()
        }
        runFor(60)
        for (const one of nodes) if (one.controller.state() === 'off') one.start()
        runFor(1)
        const before = nodes.map(({ received }) => received.length)
        for (const [i, { controller }] of nodes.entries()) expect(controller.send(canFrame(0x200 + i))).toBe('accepted')
        runFor(2)
        for (const [i, { received }] of nodes.entries()) {
          const others = [0, 1, 2, 3].filter((other) => other !== i).map((other) => 0x200 + other)
          expect(received.slice(before[i]).map(({ frame }) => frame.id)).toEqual(others)
        }
        expect(clock.runUntilIdle(1_000)).toBeLessThan(1_000)
      }),
      { seed: 11, numRuns: 500 },
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10)
  })
})
