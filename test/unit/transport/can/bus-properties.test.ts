// What must hold of every run of a bus, whoever sends what and when. The oracle sees only what nodes are told: a frame ended at a
// time, so it began its own length before.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from '../../../../src/transport/can/frame-bits.ts'
import { arbitrationKey } from '../../../../src/transport/can/memory-controller.ts'
import { createBusFarm, type Heard } from './bus-farm.ts'

const nodeCount = 4
const dataBitRate = 4_000_000
const epsilonMs = 1e-7

interface Order {
  readonly node: number
  readonly atBit: number
  readonly id: number
  readonly isExtended: boolean
  readonly bytes: number
}
interface Accepted {
  readonly node: number
  /** In the frame's first two bytes as well. */
  readonly serial: number
  readonly frame: CanFrame
  readonly atMs: number
}

const order: fc.Arbitrary<Order> = fc.record({
  node: fc.integer({ min: 0, max: nodeCount - 1 }),
  atBit: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  id: fc.integer({ min: 0, max: 3 }),
  isExtended: fc.boolean(),
  bytes: fc.constantFrom(2, 3, 8, 12, 20, 64),
})

const serialOf = ({ data }: CanFrame) => (data[0] ?? 0) * 256 + (data[1] ?? 0)

/** Plays orders until the bus has been idle for long. Each node sends with identifiers of its own, as every real bus must. */
function play(orders: readonly Order[], bitErrorRate = 0, seed = 1) {
  const random = createSeededRandom(seed)
  const farm = createBusFarm(nodeCount + 1, { isFd: true, dataBitRate, mailboxes: 8, bitErrorRate, random })
  const { clock, nodes } = farm
  farm.startAll()
  const accepted: Accepted[] = []
  for (const [serial, { node, atBit, id, isExtended, bytes }] of orders.entries()) {
    const data = new Uint8Array(bytes).fill(serial)
    data[0] = serial >>> 8
    data[1] = serial & 0xff
    const own = id * nodeCount + node
    // Base and extended share their first bits, so that they meet in arbitration.
    const isFd = bytes > 8
    const frame = { id: isExtended ? own << 18 : own, isExtended, isFd, isBitRateSwitched: isFd, data }
    clock.setTimer(atBit / 1000, () => {
      if (nodes[node]?.controller.send(frame) === 'accepted')
        accepted.push({ node, serial, frame, atMs: clock.monotonic() })
    })
  }
  clock.runUntilIdle(200_000)
  return { ...farm, accepted, ear: farm.node(nodeCount) }
}

const startOf = ({ frame, atMs }: Heard) => atMs - bitsMs(frameBits(frame), 1_000_000, dataBitRate)

describe('on a bus without errors', () => {
  const runs = { seed: 5, numRuns: 300 }
  const orders = fc.array(order, { maxLength: 40 })

  test('there are never two frames at once, and three bits lie between two', () => {
    fc.assert(
      fc.property(orders, (all) => {
        const { received } = play(all).ear
        for (const [i, heard] of received.entries()) {
          const before = received[i - 1]
          if (before) expect(startOf(heard)).toBeGreaterThan(before.atMs + intermissionBits / 1000 - epsilonMs)
        }
      }),
      runs,
    )
  })

  test('whenever one starts, nothing that was ready by then has a lower identifier', () => {
    fc.assert(
      fc.property(orders, (all) => {
        const { accepted, ear } = play(all)
        const endOf = new Map(ear.received.map((heard) => [serialOf(heard.frame), heard.atMs]))
        for (const heard of ear.received) {
          const startMs = startOf(heard)
          const ready = accepted.filter(
            ({ serial, atMs }) => atMs < startMs - epsilonMs && (endOf.get(serial) ?? 0) > startMs,
          )
          const lowest = Math.min(...ready.map(({ frame }) => arbitrationKey(frame)))
          expect(arbitrationKey(heard.frame)).toBeLessThanOrEqual(lowest)
        }
      }),
      runs,
    )
  })

  test('it is never idle while something is ready', () => {
    fc.assert(
      fc.property(orders, (all) => {
        const { accepted, ear } = play(all)
        for (const [i, heard] of ear.received.entries()) {
          const freeFromMs = (ear.received[i - 1]?.atMs ?? -1) + intermissionBits / 1000
          const own = accepted.find(({ serial }) => serial === serialOf(heard.frame))
          expect(startOf(heard)).toBeLessThanOrEqual(Math.max(freeFromMs, (own?.atMs ?? 0) + 0.001) + epsilonMs)
        }
      }),
      runs,
    )
  })

  test('every frame that was taken reaches every other node once, in its order among those of its identifier', () => {
    fc.assert(
      fc.property(orders, (all) => {
        const { accepted, nodes } = play(all)
        for (const [who, node] of nodes.entries()) {
          const byId = (frames: readonly CanFrame[]) => {
            const queues: Record<string, number[]> = {}
            for (const frame of frames) {
              const key = String(arbitrationKey(frame))
              queues[key] = [...(queues[key] ?? []), serialOf(frame)]
            }
            return queues
          }
          const inOrder = accepted.toSorted((x, y) => x.atMs - y.atMs)
          const others = inOrder.filter((one) => one.node !== who).map(({ frame }) => frame)
          const own = inOrder.filter((one) => one.node === who).map(({ frame }) => frame)
          expect(byId(node.received.map(({ frame }) => frame))).toEqual(byId(others))
          expect(byId(node.sent.map(({ frame }) => frame))).toEqual(byId(own))
          expect(node.controller.counters()).toMatchObject({ sent: own.length, received: others.length, errors: 0 })
        }
      }),
      runs,
    )
  })
})

describe('on a bus with bit errors', () => {
  const orders = fc.array(order, { minLength: 20, maxLength: 60 })
  const rates = fc.constantFrom(1e-4, 1e-3, 5e-3, 2e-2)

  test('a frame that was taken is sent or its sender went off; all who stayed active have it, and only its repeats twice', () => {
    const seen = { errors: 0, doubled: 0, wentOff: 0, passive: 0, sent: 0, missed: 0 }
    fc.assert(
      fc.property(orders, rates, fc.integer(), (all, rate, seed) => {
        const { accepted, nodes } = play(all, rate, seed)
        for (const { node, serial, atMs } of accepted) {
          const sender = nodes[node]
          const sent = sender?.sent.find(({ frame }) => serialOf(frame) === serial)
          const off = sender?.states.find((change) => change.state === 'off' && change.atMs >= atMs)
          expect(sent !== undefined || off !== undefined).toBe(true)
          if (!sent) continue
          seen.sent += 1
          for (const receiver of nodes) {
            if (receiver === sender || receiver.states.some(({ state }) => state === 'off')) continue
            const isHeard = receiver.received.some(({ frame }) => serialOf(frame) === serial)
            if (stayedActive(receiver.states, sent.atMs)) expect(isHeard).toBe(true)
            else if (!isHeard) seen.missed += 1
          }
        }
        for (const { received, states, controller } of nodes) {
          // Who hears a frame again hears it before anything else of that identifier.
          const last = new Map<number, number>()
          for (const { frame } of received) {
            const key = arbitrationKey(frame)
            const serial = serialOf(frame)
            if (last.get(key) === serial) seen.doubled += 1
            else
              expect(
                [...received].filter((heard) => serialOf(heard.frame) === serial && heard.frame !== frame),
              ).toEqual([])
            last.set(key, serial)
          }
          seen.errors += controller.counters().errors
          seen.wentOff += states.filter(({ state }) => state === 'off').length
          seen.passive += states.filter(({ state }) => state === 'passive').length
        }
      }),
      { seed: 8, numRuns: 150 },
    )
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5)
  })

  test('a seed gives one run', () => {
    const all = fc.sample(orders, { seed: 1, numRuns: 1 })[0] ?? []
    const trace = (seed: number) =>
      JSON.stringify(play(all, 5e-3, seed).nodes.map(({ received, states }) => [received, states]))
    expect(trace(4)).toBe(trace(4))
    expect(trace(5)).not.toBe(trace(4))
  })
})

function stayedActive(states: readonly { state: string; atMs: number }[], untilMs: number): boolean {
  return states.every(({ atMs }) => atMs > untilMs)
}
