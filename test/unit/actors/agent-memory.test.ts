import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boardWords, wordEntries, wordEntry } from '../../../src/actors/board-leases.ts'
import type { JournalEntry } from '../../../src/actors/effects.ts'
import { boardMemories, memoryEntries } from '../../../src/actors/implement-host-board.ts'
import { recordCountMax } from '../../../src/machines/host-board-gate.ts'
import { bladeId, nodeId } from '../../../src/protocol/ids.ts'

const boards = ['c01-s01', 'c01-s02', 'c01-s03'].map((id) => bladeId.parse(id))
const board = fc.constantFrom(...boards)
const count = fc.integer({ min: 0, max: 300 })

const memory = fc.record({ blade: board, epoch: count, index: count, key: fc.option(count), isDone: fc.boolean() }).map(
  ({ blade, epoch, index, key, isDone }): JournalEntry => ({
    type: 'board.memory',
    blade,
    word: {
      lastOrder: { epoch, index },
      formerGroup: isDone ? 'acme/web' : 'unknown',
      receipt: null,
    },
    record: key === null ? null : { key: `mv-${key}/scrub/1`, result: { outcome: isDone ? 'done' : 'running' } },
  }),
)
const word = fc.record({ board, promised: count, hasMark: fc.boolean() }).map(({ board, promised, hasMark }) =>
  wordEntry(board, {
    promised,
    promisedTo: nodeId.parse('m1'),
    leaseMs: 1_000,
    mark: hasMark ? { epoch: 3, number: 1, outOfSync: nodeId.parse('m2'), index: 7 } : null,
    voters: { version: 1, members: [board], former: null },
  }),
)

function fold(entries: readonly JournalEntry[]): JournalEntry[] {
  return [...wordEntries(boardWords(entries)), ...memoryEntries(boardMemories(entries))]
}

test('R42: a snapshot of what the boards must not forget amounts to the same, also with what comes after it', () => {
  const entries = fc.array(fc.oneof(memory, word), { maxLength: 400 })
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const kept: JournalEntry[] = fold(before).map((entry) => JSON.parse(JSON.stringify(entry)))
      expect(boardMemories([...kept, ...after])).toEqual(boardMemories([...before, ...after]))
      expect(boardWords([...kept, ...after])).toEqual(boardWords([...before, ...after]))
      expect(kept.length).toBeLessThanOrEqual(2 * boards.length)
    }),
    { seed: 5, numRuns: 60 },
  )
})

test('a memory that holds more than a board keeps, or a word that is none, is no snapshot', () => {
  const [blade] = boards
  const [whole] = memoryEntries(
    boardMemories([
      {
        type: 'board.memory',
        blade,
        word: { lastOrder: { epoch: 1, index: 1 }, formerGroup: null, receipt: null },
        record: null,
      },
    ]),
  )
  const records = Array.from({ length: recordCountMax + 1 }, (_, i) => ({
    key: `${i}`,
    result: { outcome: 'running' },
  }))
  const tooMany: JournalEntry = {
    ...whole,
    type: 'board.memory.whole',
    memory: { ...(whole?.memory as object), records },
  }
  expect(() => boardMemories([tooMany])).toThrow()
  expect(() => boardMemories([{ type: 'board.memory.whole', blade }])).toThrow()
})
