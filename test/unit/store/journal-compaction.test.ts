import { expect, test } from 'vitest'
import { createCompactor, entriesUpTo, isCompactionDue } from '../../../src/store/journal-compaction.ts'
import type { JournalEntry } from '../../../src/store/journal-record.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { journalOnDisk, viewOf } from './journal-on-disk.ts'

test.each([
  [4 * 1024 * 1024, 100, false],
  [4 * 1024 * 1024 + 1, 100, true],
  [8 * 1024 * 1024, 2 * 1024 * 1024, false],
  [8 * 1024 * 1024 + 1, 2 * 1024 * 1024, true],
])('of %i bytes of which %i are the last snapshot, compaction is due: %s', (size, base, due) => {
  expect(isCompactionDue({ size: () => size, baseBytes: () => base })).toBe(due)
})

/** Sums. */
const fold = (entries: readonly JournalEntry[]) => [
  { type: 'sum', number: entries.reduce((sum, { number }) => sum + Number(number), 0) },
]

function setUp() {
  const on = journalOnDisk(1)
  const { journal } = on.openWhole()
  const log = createArrayLog()
  const compactWhenDue = createCompactor({ journal, log, fold, bytesMin: 2_000 })
  function append(number: number): void {
    journal.append([{ type: 'n', number }], (kept) => {
      if (kept.ok) compactWhenDue()
    })
  }
  return { ...on, journal, log, append, compactWhenDue }
}

test('a journal that is appended to for ever stays short, and amounts to the same', () => {
  const { clock, journal, log, append, openWhole, files } = setUp()
  let sum = 0
  let sizeMax = 0
  for (let i = 1; i <= 1_000; i += 1) {
    append(i)
    sum += i
    // Now and then several wait together.
    if (i % 7 !== 0) clock.runUntilIdle(1_000)
    sizeMax = Math.max(sizeMax, journal.size())
  }
  clock.runUntilIdle(1_000)
  expect(sizeMax).toBeLessThan(2_600)
  expect(files().length).toBeLessThan(10)
  expect(log.entries.length).toBeGreaterThan(10)
  const next = openWhole().journal
  expect(viewOf(next)).toEqual(viewOf(journal))
  expect(next.lastIndex()).toBe(1_000)
  expect(fold(entriesUpTo(next, 1_000))).toEqual([{ type: 'sum', number: sum }])
})

test('one compaction at a time, of what is durable', () => {
  const { clock, journal, compactWhenDue, log } = setUp()
  journal.append([{ type: 'n', number: 1, text: 'x'.repeat(2_000) }], () => {})
  clock.runUntilIdle(1_000)
  // On its way when the first compaction is asked for, durable before that has begun.
  journal.append([{ type: 'n', number: 2 }], () => compactWhenDue())
  compactWhenDue()
  clock.runUntilIdle(1_000)
  expect(log.entries).toMatchObject([{ event: 'journal.compacted', fields: { index: 1 } }])
  expect(journal.records(1, 9)).toMatchObject([{ index: 2 }])
})

test('a caller that may fold less than what is durable keeps the rest as records', () => {
  const { clock, journal, append, compactWhenDue, openWhole } = setUp()
  for (let i = 1; i <= 10; i += 1) append(i)
  clock.runUntilIdle(1_000)
  expect(journal.snapshot()).toBeNull()
  journal.append([{ type: 'n', number: 0, text: 'x'.repeat(2_000) }], () => compactWhenDue(4))
  clock.runUntilIdle(1_000)
  const { snapshot, records } = viewOf(openWhole().journal)
  expect([snapshot?.index, snapshot?.entries, records.map(({ index }) => index)]).toEqual([
    4,
    [{ type: 'sum', number: 10 }],
    [5, 6, 7, 8, 9, 10, 11],
  ])
})

test('R45: a compaction that the disk refuses is logged, and nothing is lost', () => {
  const { clock, disk, append, journal, log, openWhole, compactWhenDue } = setUp()
  for (let i = 1; i <= 10; i += 1) append(i)
  journal.append([{ type: 'n', number: 11, text: 'x'.repeat(2_000) }], () => {
    disk.fill(true)
    compactWhenDue()
  })
  clock.runUntilIdle(1_000)
  disk.fill(false)
  expect(log.entries).toMatchObject([{ event: 'journal.compaction.failed', fields: { code: 'DISK_FULL' } }])
  expect(fold(entriesUpTo(openWhole().journal, 11))).toEqual([{ type: 'sum', number: 66 }])
})
