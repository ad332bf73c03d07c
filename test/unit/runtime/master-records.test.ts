import { expect, test } from 'vitest'
import { numberedId } from '../../../src/protocol/ids.ts'
import { createMasterRecords } from '../../../src/runtime/master-records.ts'
import { createMemoryStore } from '../../../src/store/memory-store.ts'

/** What a master publishes when it decided to move one blade. */
function decisionMade(number: number) {
  const to = { kind: 'group', group: 'shop/web', role: 'front' }
  const why = [{ code: 'REQUESTED', text: 'slow' }]
  const planned = {
    move: numberedId('mv', number),
    blade: 'c01-s01',
    from: null,
    fromRole: null,
    to,
    cause: 'request',
    why,
  }
  const what = { isActed: true, moves: [planned], turnedDown: [], reasons: [], input: { decidedIndex: number } }
  return { type: 'decision.made', at: number, decision: numberedId('d', number), ...what }
}

function recordsAfter(...numbers: readonly number[]) {
  const records = createMasterRecords(createMemoryStore())
  for (const number of numbers) records.note(decisionMade(number))
  return records
}

test('R36: a decision and a move are found by what people read, with each step and its time', () => {
  const records = recordsAfter(7)
  const step = { move: 'mv-000007', step: 'scrub', attempt: 1 }
  records.note({ type: 'move.step.began', at: 8, ...step })
  records.note({ type: 'move.step.ended', at: 9, ...step })
  records.note({ type: 'move.ended', at: 10, move: 'mv-000007', outcome: 'done', trouble: null })
  expect(records.find('d-000007')).toMatchObject({ kind: 'decision', at: 7, input: { decidedIndex: 7 } })
  const steps = [{ step: 'scrub', attempt: 1, isRollback: false, beganAt: 8, endedAt: 9, result: 'done' }]
  expect(records.find('mv-000007')).toMatchObject({ kind: 'move', outcome: 'done', joinedAt: 10, steps })
})

test.each(['mv-000008', 'd-8', 'mv-7x', 'mv-', 'd-1e5', ''])('nothing is found as %j', (id) => {
  expect(recordsAfter(7).find(id)).toBeUndefined()
})

test('the newest decisions come first, whatever the number of digits', () => {
  const listed = recordsAfter(999_999, 1_000_000, 1_000_001).decisions(2)
  expect(listed.map(({ decision }) => decision)).toEqual(['d-1000001', 'd-1000000'])
})

test('what is kept is bounded: the oldest records make way', () => {
  const numbers = Array.from({ length: 1_100 }, (_, index) => index + 1)
  const records = recordsAfter(...numbers)
  expect(records.find('d-000100')).toBeUndefined()
  expect(records.find('d-000101')).toBeDefined()
  expect(records.find('mv-000001')).toBeDefined()
  records.note(decisionMade(10_005))
  expect(records.find('mv-000002')).toBeUndefined()
  expect(records.find('mv-000006')).toBeDefined()
})
