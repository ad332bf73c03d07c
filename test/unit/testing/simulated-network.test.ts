import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Lane } from '../../../src/protocol/envelope.ts'
import type { NetworkFaults } from '../../../src/testing/simulated-medium.ts'
import { createSimulatedNetwork } from '../../../src/testing/simulated-network.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type Ear, listen, numbered, numbersOf } from '../../contract/transport.ts'

const lanes: readonly Lane[] = ['control', 'normal', 'status', 'bulk']

function openPair(seed: string | number, faults: Partial<NetworkFaults> = {}) {
  const clock = createVirtualClock()
  const network = createSimulatedNetwork({ clock, random: createSeededRandom(seed) })
  network.setFaults(faults)
  const master = listen(network.attach('m1', 1))
  const board = listen(network.attach('c01-s01', 1))
  return { clock, network, master, board }
}

/** Sends one message a lane each 5 ms for that long, then lets things settle; returns what was accepted in each session. */
function converse({ clock, master }: ReturnType<typeof openPair>, forMs: number, disturb: (step: number) => void) {
  const accepted = Array.from({ length: 64 }, () => emptyLanes())
  for (let step = 0; step * 5 < forMs; step += 1) {
    disturb(step)
    for (const lane of lanes) {
      const envelope = { ...numbered('m1', 'c01-s01', lane, step), key: 'k' }
      if (master.transport.send('c01-s01', envelope) === 'accepted') accepted[master.count('up')]?.[lane].push(step)
    }
    clock.advanceBy(5)
  }
  clock.advanceBy(5_000)
  return accepted
}

function emptyLanes(): Record<Lane, number[]> {
  return { control: [], normal: [], status: [], bulk: [] }
}

const sessionsOf = (ear: Ear) => {
  const sessions: { numbers: Record<Lane, number[]>; endedBy: string | undefined }[] = []
  for (const entry of ear.heard) {
    if (entry.kind === 'up') sessions.push({ numbers: emptyLanes(), endedBy: undefined })
    const session = sessions.at(-1)
    if (!session || session.endedBy !== undefined) throw new Error('heard something outside of a session')
    if (entry.kind === 'lost') session.endedBy = entry.why
    if (entry.kind === 'received') session.numbers[entry.envelope.lane].push(...numbersOf([entry.envelope.body]))
  }
  return sessions
}

describe('promise 5 over a network with faults', () => {
  const faults = fc.record({
    dropRatio: fc.double({ min: 0, max: 0.3, noNaN: true }),
    duplicateRatio: fc.double({ min: 0, max: 0.5, noNaN: true }),
    reorderRatio: fc.double({ min: 0, max: 0.5, noNaN: true }),
    delayMs: fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 5, max: 150 })),
  })
  const cuts = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 250 }), direction: fc.constantFrom('both', 'aToB', 'bToA') }),
    {
      maxLength: 3,
    },
  )

  const provocations = fc.array(fc.integer({ min: 20, max: 250 }), { maxLength: 4 })

  test('each lane delivers at most once and in order; a gap only ever follows the end of a session', () => {
    fc.assert(
      fc.property(fc.integer(), faults, cuts, provocations, (seed, chosen, cutList, provoked) => {
        const pair = openPair(seed, chosen)
        const accepted = converse(pair, 2_000, (step) => {
          // Ends the session at once: what is still on its way then belongs to the past.
          if (provoked.includes(step)) pair.board.transport.send('m1', numbered('c01-s02', 'm1', 'control', 0))
          for (const { at, direction } of cutList) {
            if (at === step) pair.network.cut('m1', 'c01-s01', direction)
            if (at + 120 === step) pair.network.heal('m1', 'c01-s01')
          }
        })
        const sessions = sessionsOf(pair.board)
        for (const lane of lanes) {
          const delivered = sessions.flatMap(({ numbers }) => numbers[lane])
          expect(delivered).toEqual([...new Set(delivered)].sort((a, b) => a - b))
          const sent = new Set(accepted.flatMap((numbers) => numbers[lane]))
          expect(delivered.filter((number) => !sent.has(number))).toEqual([])
        }
        for (const lane of ['control', 'normal', 'bulk'] as const) {
          for (const { numbers, endedBy } of sessions) {
            const count = numbers[lane].length
            const sent = accepted.find((session) => session[lane][0] === numbers[lane][0])?.[lane] ?? []
            expect(numbers[lane]).toEqual(sent.slice(0, count))
            if (endedBy === undefined) expect(count).toBe(sent.length)
          }
        }
        expect(pair.master.transport.peers()).toEqual(['c01-s01'])
        expect(pair.board.transport.peers()).toEqual(['m1'])
      }),
      { seed: 7, numRuns: 100 },
    )
  })

  test('R25: 20 % loss over ten minutes ends no session', () => {
    const { clock, master, board } = openPair('loss', { dropRatio: 0.2 })
    clock.advanceBy(600_000)
    expect([master.count('lost'), board.count('lost')]).toEqual([0, 0])
  })

  test('the newest status arrives even when it was lost at first and nothing follows', () => {
    const { clock, master, board } = openPair('status', { dropRatio: 0.5 })
    clock.advanceBy(1_000)
    for (let i = 0; i < 20; i += 1)
      master.transport.send('c01-s01', { ...numbered('m1', 'c01-s01', 'status', i), key: 'k' })
    clock.advanceBy(2_000)
    expect(numbersOf(board.bodies('status')).at(-1)).toBe(19)
  })
})

test('a link that is cut one way only is lost at both ends within the deadline and a keep-alive', () => {
  for (const direction of ['aToB', 'bToA'] as const) {
    const { clock, network, master, board } = openPair(direction)
    clock.advanceBy(1_000)
    network.cut('m1', 'c01-s01', direction)
    clock.advanceBy(1_300)
    expect([master.count('lost'), board.count('lost')]).toEqual([1, 1])
    // While it lasts, neither end believes in a link.
    clock.advanceBy(20_000)
    expect([master.count('up'), board.count('up')]).toEqual([1, 1])
    network.heal('m1', 'c01-s01')
    clock.advanceBy(1_000)
    expect([master.count('up'), board.count('up')]).toEqual([2, 2])
  }
})

test('a dead node leaves no timer behind', () => {
  const { clock, network, master } = openPair('dead')
  clock.advanceBy(1_000)
  for (let i = 0; i < 100; i += 1) master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'control', i))
  network.detach('m1')
  network.detach('c01-s01')
  clock.advanceBy(1_000)
  expect(clock.pending()).toBe(0)
})

test('an incarnation that is not later than the last is refused', () => {
  const { network } = openPair('lives')
  expect(() => network.attach('m1', 1)).toThrow('INVARIANT_BROKEN')
})

test('R62: the same seed gives the same run, another seed another', () => {
  const run = (seed: number) => {
    const pair = openPair(seed, { dropRatio: 0.2, duplicateRatio: 0.2, reorderRatio: 0.2, delayMs: [1, 20] })
    const trace: string[] = []
    converse(pair, 1_000, (step) => trace.push(`${step} ${pair.master.heard.length} ${pair.board.heard.length}`))
    return JSON.stringify([trace, pair.master.heard, pair.board.heard, pair.network.counters()])
  }
  expect(run(3)).toBe(run(3))
  expect(run(3)).not.toBe(run(4))
})
