import { describe, expect, test } from 'vitest'
import type { Result } from '../../../src/ports/result.ts'
import type { Journal } from '../../../src/store/journal.ts'
import type { JournalEntry } from '../../../src/store/journal-record.ts'
import { journalOnDisk, viewOf } from './journal-on-disk.ts'

const n = (number: number): JournalEntry => ({ type: 'n', number })
const ignore = () => {}
const typesOf = (journal: Journal) => viewOf(journal).records.map(({ entry }) => entry.type)
const first = 'j.000000000001'

test('what is read back after a crash stays, even when the next crash comes at once', () => {
  for (let seed = 0; seed < 100; seed += 1) {
    const on = journalOnDisk(seed)
    const { journal } = on.openWhole()
    for (let i = 0; i < 3; i += 1) journal.append([n(i)], ignore)
    on.clock.runNext()
    on.crash()
    const found = viewOf(on.openWhole().journal)
    on.crash()
    expect(viewOf(on.openWhole().journal)).toEqual(found)
  }
})

test.each([
  ['whole', 0],
  ['torn at the end', 3],
])(
  'a process that finds bytes of a killed one, %s, makes durable what it reads: a power loss later takes nothing',
  (_what, cutBytes) => {
    const former = journalOnDisk(1, 10_000)
    const { journal } = former.openWhole()
    for (const type of ['a', 'b', 'c']) former.call<void>((answer) => journal.append([{ type }], answer))
    const bytes = former.bytesOf(first)
    const left = bytes.slice(0, bytes.byteLength - cutBytes)
    for (let seed = 0; seed < 30; seed += 1) {
      const on = journalOnDisk(seed)
      on.disk.append(first, left, ignore)
      on.clock.runUntilIdle(10)
      const found = viewOf(on.openWhole().journal)
      expect(found.records).toHaveLength(cutBytes === 0 ? 3 : 2)
      on.crash()
      expect(viewOf(on.openWhole().journal)).toEqual(found)
    }
  },
)

test('many appends share few syncs', () => {
  const { clock, openWhole } = journalOnDisk(1, 1_000_000)
  const { journal } = openWhole()
  let answers = 0
  const before = clock.monotonic()
  for (let i = 0; i < 1_000; i += 1) journal.append([n(i)], () => (answers += 1))
  clock.runUntilIdle(10_000)
  expect(answers).toBe(1_000)
  // The first makes the file (0.2 ms on this disk), the 999 that wait go together (0.25 ms).
  expect(clock.monotonic() - before).toBeCloseTo(0.45)
})

test('nothing to write costs no sync, and is answered behind what is on its way', () => {
  const { clock, disk, openWhole, call } = journalOnDisk(1)
  const { journal } = openWhole()
  call<void>((answer) => journal.append([n(1)], answer))
  disk.slow(100)
  const before = clock.monotonic()
  call<void>((answer) => journal.append([], answer))
  expect(clock.monotonic()).toBe(before)
})

describe('R45: a disk that fails', () => {
  function setUp() {
    const on = journalOnDisk(1)
    const { journal } = on.openWhole()
    const codes: string[] = []
    const note = (result: Result<void>) => codes.push(result.ok ? 'ok' : result.code)
    const idle = () => on.clock.runUntilIdle(100)
    return { ...on, journal, codes, note, idle }
  }

  test('fails what waits and all that follows, until the journal is opened anew', () => {
    const { disk, openWhole, journal, codes, note, idle } = setUp()
    journal.append([{ type: 'a' }], note)
    idle()
    disk.fill(true)
    journal.append([{ type: 'b' }], note)
    journal.append([{ type: 'c' }], note)
    idle()
    disk.fill(false)
    journal.append([{ type: 'd' }], note)
    journal.accept([], note)
    journal.cutAfter(99, note)
    journal.compact(99, [], note)
    journal.install({ index: 7, epoch: 1, at: 1, entries: [] }, note)
    idle()
    expect(codes).toEqual(['ok', ...Array<string>(7).fill('DISK_FULL')])
    expect(journal.lastIndex()).toBe(1)
    const next = openWhole().journal
    expect(typesOf(next)).toEqual(['a'])
    next.append([{ type: 'e' }], note)
    idle()
    expect(typesOf(openWhole().journal)).toEqual(['a', 'e'])
  })

  test('after a failed write nothing more is written, even when the disk has room again: no gap', () => {
    const { disk, openWhole, journal, codes, note, idle } = setUp()
    disk.fill(true)
    journal.append([{ type: 'b' }], (result) => {
      note(result)
      disk.fill(false)
    })
    journal.append([{ type: 'c' }], note)
    idle()
    expect(codes).toEqual(['DISK_FULL', 'DISK_FULL'])
    expect(typesOf(openWhole().journal)).toEqual([])
  })

  test('a snapshot that cannot be written leaves what it stands for', () => {
    const { disk, openWhole, journal, codes, note, idle } = setUp()
    journal.append([{ type: 'a' }, { type: 'b' }], note)
    idle()
    disk.fill(true)
    journal.compact(2, [{ type: 'ab' }], note)
    journal.append([{ type: 'c' }], note)
    idle()
    disk.fill(false)
    expect(codes).toEqual(['ok', 'DISK_FULL', 'DISK_FULL'])
    expect(typesOf(openWhole().journal)).toEqual(['a', 'b'])
  })

  test('fails to be opened with its code', () => {
    const { disk, open } = setUp()
    disk.failing(true)
    expect(open()).toMatchObject({ ok: false, code: 'DISK_FAILED' })
  })
})

describe('what a caller must not do throws, and nothing has happened', () => {
  const four = 4 * 1024 * 1024
  const record = (index: number, epoch = 5, at = 2_000_000) => ({ index, epoch, at, entry: n(index) })
  const calls: [what: string, call: (journal: Journal) => void][] = [
    ['a gap in what is accepted', (journal) => journal.accept([record(4)], ignore)],
    ['a record again', (journal) => journal.accept([record(2)], ignore)],
    ['a gap further on', (journal) => journal.accept([record(3), record(5)], ignore)],
    ['a lower epoch', (journal) => journal.accept([record(3, 4)], ignore)],
    ['an older time', (journal) => journal.accept([record(3, 5, 1)], ignore)],
    ['a time that is none', (journal) => journal.accept([record(3, 5, Number.NaN)], ignore)],
    ['a cut below the snapshot', (journal) => journal.cutAfter(0, ignore)],
    ['a cut after what is not there', (journal) => journal.cutAfter(3, ignore)],
    ['a cut between records', (journal) => journal.cutAfter(1.5, ignore)],
    ['a snapshot of what is to come', (journal) => journal.compact(3, [], ignore)],
    ['a snapshot of before the snapshot', (journal) => journal.compact(0, [], ignore)],
    ['a snapshot of nothing', (journal) => journal.install({ index: 0, epoch: 9, at: 0, entries: [] }, ignore)],
    ['a lower epoch to come', (journal) => journal.setEpoch(4)],
    [
      'an entry of more than 4 MiB',
      (journal) => journal.append([n(1), { type: 'large', text: 'x'.repeat(four) }], ignore),
    ],
    [
      'an entry without a type when it is JSON',
      (journal) => journal.append([n(1), { type: 'a', toJSON: () => 1 }], ignore),
    ],
  ]
  test.each(calls)('%s', (_what, call) => {
    const on = journalOnDisk(1)
    const { journal } = on.openWhole()
    journal.setEpoch(5)
    on.call<void>((answer) => journal.append([n(1), n(2)], answer))
    on.call<void>((answer) => journal.compact(1, [n(1)], answer))
    const before = viewOf(journal)
    expect(() => call(journal)).toThrow('INVARIANT_BROKEN')
    expect(viewOf(journal)).toEqual(before)
    on.call<void>((answer) => journal.append([n(3)], answer))
    expect(viewOf(on.openWhole().journal).records.map(({ index }) => index)).toEqual([2, 3])
  })

  test('an entry of just under 4 MiB is kept', () => {
    const on = journalOnDisk(1)
    const text = 'ü'.repeat(four - 100)
    on.call<void>((answer) => on.openWhole().journal.append([{ type: 'large', text }], answer))
    expect(viewOf(on.openWhole().journal).records[0]?.entry.text).toBe(text)
  })
})

test('journal time never goes back, not even over a restart or behind the records of another', () => {
  const on = journalOnDisk(1)
  const append = (journal: Journal) => on.call<void>((answer) => journal.append([n(0)], answer))
  const { journal } = on.openWhole()
  append(journal)
  on.clock.jumpWallClock(-60_000)
  append(journal)
  const next = on.openWhole().journal
  append(next)
  next.accept([{ index: 4, epoch: 1, at: 5_000_000, entry: n(4) }], ignore)
  append(next)
  const found = viewOf(on.openWhole().journal).records
  const times = found.map(({ at }) => at)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect([times[2], times[4], found[4]?.epoch]).toEqual([times[0], 5_000_000, 1])
})

test('an entry that its owner changes afterwards stays as it was', () => {
  const on = journalOnDisk(1)
  const { journal } = on.openWhole()
  const entry = { type: 'n', list: [1] }
  on.call<void>((answer) => journal.append([entry], answer))
  entry.list.push(2)
  expect(viewOf(journal)).toEqual(viewOf(on.openWhole().journal))
})

test('while records are taken back or replaced, none of them counts as durable', () => {
  const { clock, openWhole } = journalOnDisk(1, 10_000)
  const { journal } = openWhole()
  journal.append([n(1), n(2), n(3)], ignore)
  journal.cutAfter(1, ignore)
  journal.accept([{ index: 2, epoch: 0, at: 2_000_000, entry: n(22) }], ignore)
  const seen = [journal.lastIndex()]
  while (clock.runNext()) if (seen.at(-1) !== journal.lastIndex()) seen.push(journal.lastIndex())
  // The three are on the disk before the cut is; two of them count never.
  expect(seen).toEqual([0, 1, 2])
  journal.install({ index: 2, epoch: 1, at: 3_000_000, entries: [] }, ignore)
  expect([journal.lastIndex(), journal.lastWritten()]).toEqual([0, 2])
  clock.runUntilIdle(100)
  expect(journal.lastIndex()).toBe(2)
})

test('bytes written out of order by a power loss are cut: the later frame was never acknowledged', () => {
  const on = journalOnDisk(1, 10_000)
  const { journal } = on.openWhole()
  on.call<void>((answer) => journal.append([{ type: 'a' }], answer))
  const size = journal.size()
  for (const type of ['b', 'c', 'd']) journal.append([{ type }], ignore)
  on.clock.runUntilIdle(100)
  // b went alone; c and d in one batch: c's page was lost, d's was not.
  on.disk.corrupt(first, Math.floor(size + (journal.size() - size) / 3) + 30)
  expect(typesOf(on.openWhole().journal)).toEqual(['a', 'b'])
})

describe('the files of a journal that are not as they were left', () => {
  const file = (segment: number) => `j.${String(segment).padStart(12, '0')}`

  /** Segments 3 (with the snapshot) to 6, and the bytes of 1. */
  function setUp() {
    const on = journalOnDisk(1)
    const { journal } = on.openWhole()
    const append = () => on.call<void>((answer) => journal.append([n(0)], answer))
    append()
    const old = on.bytesOf(first)
    while (on.files().length < 2) append()
    on.call<void>((answer) => journal.compact(journal.lastIndex(), [n(99)], answer))
    while (on.files().length < 4) append()
    expect(on.files()).toEqual([3, 4, 5, 6].map(file))
    return { ...on, journal, old }
  }
  const remove = (on: ReturnType<typeof setUp>, segment: number) =>
    on.call<void>((answer) => on.disk.remove(file(segment), answer))

  test('older ones that a crash left are passed over and removed, whatever is in them', () => {
    const on = setUp()
    on.put(file(1), on.old)
    on.put(file(2), new Uint8Array(100))
    expect(viewOf(on.openWhole().journal)).toEqual(viewOf(on.journal))
    on.clock.runUntilIdle(100)
    expect(on.files()).toEqual([3, 4, 5, 6].map(file))
  })

  const damages: [what: string, damage: (on: ReturnType<typeof setUp>) => void, detail: string][] = [
    ['one is missing', (on) => remove(on, 4), `${file(4)} at byte 0: it is missing or empty`],
    ['the one with the snapshot is missing', (on) => remove(on, 3), `${file(3)} at byte 0: it is missing or empty`],
    ['the last is empty', (on) => on.disk.truncate(file(6), 0, ignore), `${file(6)} at byte 0: it is missing or empty`],
    [
      'two are the same',
      (on) => on.put(file(5), on.bytesOf(file(4))),
      `${file(5)} at byte 0: it says that it is segment 4`,
    ],
    [
      'one comes twice, at the end',
      (on) => on.put(file(7), on.bytesOf(file(6))),
      `${file(7)} at byte 0: it says that it is segment 6`,
    ],
    [
      'one lacks its last record',
      (on) => on.put(file(4), withoutLastFrame(on.bytesOf(file(4)))),
      `${file(4)} at byte `,
    ],
    [
      'one has more than it had',
      (on) => on.disk.append(file(5), on.bytesOf(file(5)).slice(0, 7), ignore),
      `${file(5)} at byte `,
    ],
    [
      'the last says that nothing need be before it',
      (on) => on.put(file(6), on.old),
      `${file(6)} at byte 0: it says that it is segment 1`,
    ],
  ]
  test.each(damages)('%s: refused, with the file', (_what, damage, detail) => {
    const on = setUp()
    const before = on.files().length
    damage(on)
    on.clock.runUntilIdle(100)
    const opened = on.open()
    expect(opened).toMatchObject({ ok: false, code: 'JOURNAL_CORRUPT' })
    expect(!opened.ok && opened.detail).toContain(detail)
    expect(on.log.entries).toMatchObject([{ level: 'error', event: 'journal.corrupt' }])
    expect(Math.abs(on.files().length - before)).toBeLessThan(2)
  })

  test('files of others, and other names, are left alone', () => {
    const on = setUp()
    const others = ['epoch', 'j', 'j.1', 'j.00000000000a', 'j.000000000001.aside', 'jj.000000000009']
    for (const other of others) on.put(other, new Uint8Array([1]))
    expect(viewOf(on.openWhole().journal)).toEqual(viewOf(on.journal))
    expect(on.files()).toEqual(expect.arrayContaining(others))
  })
})

function withoutLastFrame(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, Buffer.from(bytes).lastIndexOf('bwj2'))
}
