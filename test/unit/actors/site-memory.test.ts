import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JournalEntry } from '../../../src/actors/effects.ts'
import { brakeOf, foldedEntries, lossEpochOf, siteMemory, votersOf } from '../../../src/actors/site-memory.ts'
import { numberedId } from '../../../src/protocol/ids.ts'

const to = { kind: 'cold' }
const decided = (number: number): JournalEntry => ({
  type: 'decision.made',
  decision: numberedId('d', number),
  decidedIndex: 0,
  moves: [
    {
      ...{ move: numberedId('mv', number), blade: 'c01-s01', from: null, fromRole: null, to, cause: 'operator' },
      ...{ steps: ['scrub', 'verifyScrub'], rollback: [], attemptMax: 3, decidedAt: 1, why: [] },
    },
  ],
  wished: [],
  turnedDown: [],
  reasons: [],
})

const move = fc.integer({ min: 1, max: 6 }).map((number) => numberedId('mv', number))
const step = { index: 0, attempt: 1, step: 'scrub' }
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map(decided),
  move.map((one) => ({ type: 'move.intent', move: one, ...step, isRollback: false })),
  move.map((one) => ({ type: 'move.answered', move: one, ...step, result: { outcome: 'done' } })),
  move.map((one) => ({ type: 'move.rollback', move: one })),
  move.map((one) => ({ type: 'move.ended', move: one, outcome: 'done', trouble: null })),
  fc
    .tuple(fc.constantFrom('hold', 'cordon'), fc.constantFrom('a/b', 'c01-s01'), fc.boolean())
    .map(([operation, subject, on]) => ({ type: 'master.operated', operation, subject, on })),
  fc
    .constantFrom('l1', 'l2')
    .chain((loan) =>
      fc.constantFrom<JournalEntry>(
        { type: 'loan.kept', loan, group: 'a/b', role: 'front', blades: ['c01-s01'], isReturning: false },
        { type: 'loan.closed', loan },
      ),
    ),
  fc.constant({ type: 'role.initialised', role: 'a/b/front' }),
  fc
    .constantFrom(2, 3)
    .map((version) => ({ type: 'voters.kept', voters: { version, members: ['c01-s01'], former: null } })),
  fc.constantFrom<JournalEntry>(
    { type: 'redundancy.lost', since: 3 },
    { type: 'redundancy.restored', at: 9 },
    { type: 'master.placed', master: 'm1', blade: 'c01-s01' },
    { type: 'master.placed', master: 'm1', blade: 'c02-s01' },
    { type: 'blade.trusted', blade: 'c01-s01', why: 'it failed too often' },
    { type: 'blade.trusted', blade: 'c01-s01', why: null },
    { type: 'master.operated', operation: 'release', subject: 'c01-s01', on: true },
    { type: 'storm.began', at: 5, lost: ['c01-s01'] },
    { type: 'storm.ended' },
    { type: 'storm.accepted', at: 7, lost: ['c01-s01'] },
  ),
  fc.constantFrom('file', 'operator').map((origin) => ({ type: 'rules.set', version: 1, origin, text: origin })),
  fc.constantFrom(null, null, null, 7).map((lostAfter) => ({ type: 'epoch.began', epoch: 1, lostAfter })),
)

function toldBy(entries: readonly JournalEntry[]) {
  const memory = siteMemory(entries)
  const { openMoves, lent, held, cordoned, quarantines, initialised } = memory
  const sorted = (set: Set<string>) => [...set].sort()
  return {
    openMoves,
    lent: [...lent].map(({ loan, blades }) => [loan, blades]).sort(),
    marks: [sorted(held), sorted(cordoned), sorted(initialised)],
    given: [memory.given(), lossEpochOf(entries)],
    voters: votersOf(entries),
    redundancy: memory.redundancy,
    placed: [...memory.placed],
    quarantines: [...quarantines].sort(),
    rules: memory.rules,
    brake: brakeOf(memory.storm, 10),
  }
}

test('R46: folded, a journal gives the same memory, also with what is written after it; folded twice, it gets no shorter', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.array(entry, { maxLength: 10 }), (past, later) => {
      const folded = foldedEntries(past)
      expect(toldBy(folded)).toEqual(toldBy(past))
      expect(toldBy([...folded, ...later])).toEqual(toldBy([...past, ...later]))
      expect(foldedEntries(folded)).toEqual(folded)
    }),
    { seed: 20_261_123, numRuns: 300 },
  )
})

test('R43: after a loss was accepted no id is given again that may have been given in what is lost', () => {
  const memory = siteMemory([decided(3), { type: 'epoch.began', epoch: 4, lostAfter: 1 }])
  expect(memory.openMoves).toEqual([])
  expect(memory.nextMove()).toBe('mv-1000004')
})
