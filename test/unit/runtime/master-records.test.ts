import { expect, test } from 'vitest'
import { numberedId } from '../../../src/protocol/ids.ts'
import { createMasterRecords } from '../../../src/runtime/master-records.ts'
import type { JournalEntry, JournalRecord } from '../../../src/store/journal-record.ts'
import { createMemoryStore } from '../../../src/store/memory-store.ts'

/** As a leader writes it when it decided to move one blade. */
function decisionMade(number: number): JournalEntry {
  const to = { kind: 'group', group: 'shop/web', role: 'front' }
  const why = [{ code: 'REQUESTED', text: 'slow', numbers: {} }]
  const what = { blade: 'c01-s01', from: null, fromRole: null, to, cause: 'request', why }
  const how = { steps: ['scrub', 'join'], rollback: ['scrub'], attemptMax: 3, decidedAt: number }
  const moves = [{ move: numberedId('mv', number), ...what, ...how }]
  const rest = { decidedIndex: number, moves, wished: [], turnedDown: [], reasons: [] }
  return { type: 'decision.made', decision: numberedId('d', number), ...rest }
}

/** The time of a record is its index. */
function written(entries: readonly JournalEntry[], after = 0): JournalRecord[] {
  return entries.map((entry, place) => ({ index: after + place + 1, epoch: 1, at: after + place + 1, entry }))
}

function recordsAfter(...numbers: readonly number[]) {
  const records = createMasterRecords(createMemoryStore())
  records.project(written(numbers.map(decisionMade)))
  return records
}

const step = { move: 'mv-000007', index: 0, attempt: 1, step: 'scrub' }
const moveOfSeven: JournalEntry[] = [
  { type: 'move.intent', ...step, isRollback: false },
  // After a takeover the step in hand is asked for again.
  { type: 'move.intent', ...step, isRollback: false },
  { type: 'move.answered', ...step, result: { outcome: 'done' } },
  { type: 'move.ended', move: 'mv-000007', outcome: 'done', trouble: null },
]

test('R36: a decision and a move are found by what people read, with each step and its time', () => {
  const records = recordsAfter(7)
  records.project(written(moveOfSeven, 1))
  expect(records.find('d-000007')).toMatchObject({ kind: 'decision', at: 1, isActed: true, input: null })
  const steps = [{ step: 'scrub', attempt: 1, isRollback: false, beganAt: 2, endedAt: 4, result: 'done' }]
  expect(records.find('mv-000007')).toMatchObject({ kind: 'move', decidedAt: 7, outcome: 'done', joinedAt: 5, steps })
  expect(records.projected()).toBe(5)
})

test('what a decision was made from is there where it was made', () => {
  const records = recordsAfter(7)
  records.noteInput('d-000007', { decidedIndex: 3 } as never, 17)
  expect(records.find('d-000007')).toMatchObject({ input: { decidedIndex: 3 } })
})

test('another life goes on where the former one stopped', () => {
  const store = createMemoryStore()
  createMasterRecords(store).project(written([decisionMade(7)]))
  const records = createMasterRecords(store)
  expect(records.projected()).toBe(1)
  expect(records.find('mv-000007')).toMatchObject({ outcome: null, steps: [] })
})

test.each(['mv-000008', 'd-8', 'mv-7x', 'mv-', 'd-1e5', ''])('nothing is found as %j', (id) => {
  expect(recordsAfter(7).find(id)).toBeUndefined()
})

test('the newest decisions come first, whatever the number of digits', () => {
  const listed = recordsAfter(999_999, 1_000_000, 1_000_001).decisions(2)
  expect(listed.map(({ decision }) => decision)).toEqual(['d-1000001', 'd-1000000'])
})

test('what is kept is bounded: the oldest records make way', () => {
  const records = recordsAfter(1, 2, 3, 10_001, 10_002)
  expect(records.find('d-000001')).toBeUndefined()
  expect(records.find('mv-000002')).toBeUndefined()
  expect(records.find('mv-000003')).toBeDefined()
})
