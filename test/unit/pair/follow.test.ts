import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JournalView, type Position, shipNext, takeShipment, takeSnapshot } from '../../../src/pair/follow.ts'

/** Of these epochs, from index 1 on; up to `baseIndex` only a snapshot is held. */
function journal(epochs: readonly number[], baseIndex = 0): JournalView {
  const all = [0, ...epochs]
  return {
    lastIndex: epochs.length,
    baseIndex,
    epochAt: (index) => (index < baseIndex ? null : (all[index] ?? null)),
  }
}

const at = (index: number, epoch: number): Position => ({ index, epoch })

describe('a standby', () => {
  test('appends what follows on its own', () => {
    const shipment = { epoch: 1, after: at(1, 1), records: [at(2, 1), at(3, 1)] }
    expect(takeShipment(journal([1]), 1, shipment)).toEqual({
      kind: 'taken',
      cutFrom: null,
      append: [at(2, 1), at(3, 1)],
      answer: { epoch: 1, isSame: true, has: at(3, 1), last: at(3, 1), baseIndex: 0 },
    })
  })

  test('R43: cuts what conflicts and all that follows it, and keeps what is the same', () => {
    const shipment = { epoch: 3, after: at(1, 1), records: [at(2, 1), at(3, 3)] }
    expect(takeShipment(journal([1, 1, 2, 2]), 0, shipment)).toMatchObject({ cutFrom: 3, append: [at(3, 3)] })
  })

  test('R43: loses nothing by a shipment that comes again, or late', () => {
    const shipment = { epoch: 1, after: at(0, 0), records: [at(1, 1)] }
    const taken = takeShipment(journal([1, 1, 1]), 1, shipment)
    expect(taken).toMatchObject({ kind: 'taken', cutFrom: null, append: [], answer: { has: at(1, 1), last: at(3, 1) } })
  })

  test('says where it may be common when it lacks what the shipment comes after', () => {
    const shipment = { epoch: 4, after: at(6, 4), records: [] }
    expect(takeShipment(journal([1, 1]), 1, shipment)).toMatchObject({ kind: 'differs', answer: { has: at(2, 1) } })
    expect(takeShipment(journal([1, 1, 3, 3]), 3, { epoch: 4, after: at(3, 2), records: [] })).toMatchObject({
      kind: 'differs',
      answer: { isSame: false, has: at(2, 1) },
    })
  })

  test('R42: takes nothing from a leader of the past', () => {
    const shipment = { epoch: 3, after: at(1, 1), records: [at(2, 3)] }
    expect(takeShipment(journal([1]), 4, shipment).kind).toBe('refused')
    expect(takeShipment(journal([1, 4]), 0, shipment).kind).toBe('refused')
  })

  test('takes nothing without sense: gaps, epochs that fall or that are to come', () => {
    const senseless = [
      { epoch: 3, after: at(1, 1), records: [at(3, 1)] },
      { epoch: 3, after: at(1, 1), records: [at(2, 3), at(3, 2)] },
      { epoch: 3, after: at(1, 1), records: [at(2, 4)] },
      { epoch: 3, after: at(1, 4), records: [] },
    ]
    for (const shipment of senseless) expect(takeShipment(journal([1]), 1, shipment).kind).toBe('refused')
  })

  test('takes a snapshot in the place of its journal, but not when it has moved on since it asked', () => {
    const snapshot = { epoch: 3, at: at(9, 2), replaces: at(2, 1) }
    expect(takeSnapshot(journal([1, 1]), 1, snapshot)).toMatchObject({ kind: 'replaces', answer: { has: at(9, 2) } })
    expect(takeSnapshot(journal([1, 1, 3]), 1, snapshot)).toMatchObject({ kind: 'kept', answer: { isSame: false } })
    expect(takeSnapshot(journal([1, 1]), 4, snapshot).kind).toBe('refused')
  })
})

describe('a leader', () => {
  const answer = { epoch: 3, isSame: false, last: at(9, 2), baseIndex: 0 }

  test('ships on from where the two agree', () => {
    expect(shipNext(journal([1, 1, 3]), { ...answer, has: at(2, 1) })).toEqual({
      kind: 'ship',
      after: at(2, 1),
      peerHas: 2,
    })
  })

  test('goes back to where they may agree', () => {
    expect(shipNext(journal([1, 1, 3, 3]), { ...answer, has: at(4, 2) })).toEqual({
      kind: 'ship',
      after: at(2, 1),
      peerHas: null,
    })
  })

  test('ships a snapshot when it holds no longer what the standby needs', () => {
    const next = shipNext(journal([1, 1, 1, 3], 3), { ...answer, isSame: true, has: at(1, 1) })
    expect(next).toEqual({ kind: 'snapshot', replaces: at(9, 2) })
  })

  test('ships a snapshot when the standby cannot go back so far', () => {
    expect(shipNext(journal([1, 3]), { ...answer, has: at(5, 2), baseIndex: 5 }).kind).toBe('snapshot')
  })
})

describe('any two journals', () => {
  /** What two masters can hold: the same up to somewhere, epochs that never fall, then each its own. */
  const pairs = fc.record({
    common: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 }),
    ofLeader: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }),
    ofStandby: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }),
    leaderBase: fc.nat(14),
    standbyBase: fc.nat(14),
  })
  const rising = (from: number, steps: readonly number[], parity: number) => {
    let epoch = from
    return steps.map((by) => {
      epoch += by
      while (epoch % 2 !== parity) epoch += 1
      return epoch
    })
  }

  test('R43: become one in few rounds, and nothing common is cut', () => {
    fc.assert(
      fc.property(pairs, ({ common, ofLeader, ofStandby, leaderBase, standbyBase }) => {
        const shared = rising(1, common, 1)
        const from = shared.at(-1) ?? 1
        // An epoch has one writer: from here on they have none in common.
        const leader = [...shared, ...rising(from + 2, ofLeader, 1)]
        let standby = [...shared, ...rising(from + 1, ofStandby, 0)]
        const epoch = 100
        const own = journal([...leader, epoch], Math.min(leaderBase, leader.length))
        let base = Math.min(standbyBase, standby.length)
        let after = at(own.lastIndex, epoch)
        for (let round = 0; round < 20; round += 1) {
          const records: Position[] = []
          for (let index = after.index + 1; index <= own.lastIndex; index += 1)
            records.push(at(index, own.epochAt(index) ?? 0))
          const taken = takeShipment(journal(standby, base), 0, { epoch, after, records })
          if (taken.kind === 'refused') throw new Error('refused')
          if (taken.kind === 'taken') {
            if (taken.cutFrom !== null) {
              expect(taken.cutFrom).toBeGreaterThan(shared.length)
              standby = standby.slice(0, taken.cutFrom - 1)
            }
            standby.push(...taken.append.map((record) => record.epoch))
          }
          const next = shipNext(own, taken.answer)
          if (next.kind === 'snapshot') {
            const snapshot = { epoch, at: at(own.lastIndex, epoch), replaces: next.replaces }
            expect(takeSnapshot(journal(standby, base), 0, snapshot).kind).toBe('replaces')
            standby = [...leader, epoch]
            base = own.lastIndex
            after = snapshot.at
          } else {
            if (next.peerHas !== null)
              expect(standby.slice(0, next.peerHas)).toEqual([...leader, epoch].slice(0, next.peerHas))
            after = next.after
          }
          if (standby.length === own.lastIndex && standby.every((one, i) => one === [...leader, epoch][i])) return
        }
        throw new Error(`never the same: ${leader} and ${standby}`)
      }),
      { seed: 42, numRuns: 2_000 },
    )
  })
})
