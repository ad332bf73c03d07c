import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/ports/clock.ts'
import type { Disk } from '../../src/ports/disk.ts'
import type { Answer, Result } from '../../src/ports/result.ts'
import { type OpenedJournal, openJournal } from '../../src/store/journal.ts'
import type { JournalEntry } from '../../src/store/journal-record.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import type { DiskUnderTest } from './disk.ts'

export interface JournalUnderTest extends DiskUnderTest {
  readonly clock: Clock
}

const first = 'journal.000000000001'

/** On a real and on a simulated disk: the journal itself is one. */
export function journalContract(name: string, make: () => JournalUnderTest): void {
  describe(`the journal, on a ${name} disk`, () => {
    let under: JournalUnderTest | undefined

    afterEach(() => under?.close())

    function setUp(segmentBytesMax?: number) {
      under = make()
      const { disk, reopen, until, clock } = under
      const log = createArrayLog()
      async function call<T>(work: (answer: Answer<T>) => void): Promise<Result<T>> {
        let answered: Result<T> | undefined
        work((result) => {
          answered = result
        })
        await until(() => answered !== undefined)
        if (!answered) throw new Error('no answer')
        return answered
      }
      const open = (on: Disk) =>
        call<OpenedJournal>((answer) =>
          openJournal(on, { name: 'journal', clock, log, ...(segmentBytesMax ? { segmentBytesMax } : {}) }, answer),
        )
      async function openWhole(on: Disk): Promise<OpenedJournal> {
        const opened = await open(on)
        if (!opened.ok) throw new Error(opened.detail)
        return opened.value
      }
      async function append({ journal }: OpenedJournal, ...batches: JournalEntry[][]): Promise<Result<void>[]> {
        const answers: Result<void>[] = []
        for (const batch of batches) journal.append(batch, (result) => answers.push(result))
        await until(() => answers.length === batches.length)
        return answers
      }
      async function files(on: Disk): Promise<readonly string[]> {
        const listed = await call<readonly string[]>((answer) => on.list(answer))
        return listed.ok ? listed.value : []
      }
      return { disk, reopen, call, open, openWhole, append, files, log, until }
    }

    const entry = (number: number): JournalEntry => ({ type: 'test.happened', number, text: 'ünïcode "quoted"' })

    test('a new journal is empty, and no file', async () => {
      const { disk, openWhole, files, log } = setUp()
      const { journal, snapshot, records } = await openWhole(disk)
      expect([snapshot, records, journal.firstIndex(), journal.lastIndex(), journal.size()]).toEqual([
        null,
        [],
        1,
        0,
        0,
      ])
      expect(await files(disk)).toEqual([])
      expect(log.entries).toEqual([])
    })

    test('what was answered is there for the next process, numbered without gaps', async () => {
      const { disk, reopen, openWhole, append } = setUp()
      const opened = await openWhole(disk)
      const answers = await append(opened, [entry(1)], [entry(2), entry(3)], [])
      expect(answers).toEqual([1, 2, 3].map(() => ({ ok: true, value: undefined })))
      expect(opened.journal.lastIndex()).toBe(3)
      const next = await openWhole(reopen())
      expect(next.records.map(({ index, entry }) => [index, entry])).toEqual([1, 2, 3].map((i) => [i, entry(i)]))
      await append(next, [entry(4)])
      expect((await openWhole(reopen())).records.map(({ index }) => index)).toEqual([1, 2, 3, 4])
    })

    test('answers come in the order of the calls, and appends from inside an answer are taken', async () => {
      const { disk, openWhole, until } = setUp()
      const { journal } = await openWhole(disk)
      const order: string[] = []
      journal.append([], () => order.push('nothing'))
      journal.append([entry(1)], () => {
        order.push('first')
        journal.append([entry(3)], () => order.push('from inside'))
      })
      journal.append([entry(2)], () => order.push('second'))
      journal.append([], () => order.push('all before'))
      await until(() => order.length === 5)
      expect(order).toEqual(['nothing', 'first', 'second', 'all before', 'from inside'])
    })

    test('a full segment is followed by another, and all are read back as one', async () => {
      const { disk, reopen, openWhole, append, files } = setUp(400)
      const opened = await openWhole(disk)
      for (let i = 1; i <= 12; i += 1) await append(opened, [entry(i)])
      expect((await files(disk)).length).toBeGreaterThan(2)
      const next = await openWhole(reopen())
      expect(next.records.map((record) => record.entry.number)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
      expect(next.journal.size()).toBe(opened.journal.size())
    })

    test('records of another journal are kept as they are; what is cut is gone', async () => {
      const { disk, reopen, openWhole, append, call } = setUp()
      const opened = await openWhole(disk)
      opened.journal.setEpoch(3)
      await append(opened, [entry(1), entry(2), entry(3)])
      const theirs = [2, 3].map((index) => ({
        index,
        epoch: 4,
        at: 9_000_000_000_000 + index,
        entry: entry(10 + index),
      }))
      await call<void>((answer) => {
        opened.journal.cutAfter(1, () => {})
        opened.journal.accept(theirs, answer)
      })
      const next = await openWhole(reopen())
      expect(next.records.slice(1)).toEqual(theirs)
      expect(next.records).toHaveLength(3)
      expect([1, 2, 3, 4].map((index) => next.journal.epochAt(index))).toEqual([3, 4, 4, undefined])
      await append(next, [entry(4)])
      expect(next.journal.records(3, 9)).toMatchObject([{ index: 4, epoch: 4, at: 9_000_000_000_003 }])
    })

    test('a snapshot stands for the records up to it, and the files before it are removed', async () => {
      const { disk, reopen, openWhole, append, call, files } = setUp(400)
      const opened = await openWhole(disk)
      for (let i = 1; i <= 12; i += 1) await append(opened, [entry(i)])
      const at = opened.journal.records(9, 1)[0]?.at
      const compacted = await call<void>((answer) => opened.journal.compact(10, [entry(100)], answer))
      expect(compacted.ok).toBe(true)
      await append(opened, [entry(13)])
      const next = await openWhole(reopen())
      expect(next.snapshot).toEqual({ index: 10, epoch: 0, at, entries: [entry(100)] })
      expect(next.records.map((record) => record.entry.number)).toEqual([11, 12, 13])
      expect([next.journal.firstIndex(), next.journal.lastIndex(), next.journal.epochAt(9)]).toEqual([
        11,
        13,
        undefined,
      ])
      expect((await files(disk)).length).toBeLessThan(3)
    })

    test('another journal’s snapshot stands in the place of everything', async () => {
      const { disk, reopen, openWhole, append, call } = setUp()
      const opened = await openWhole(disk)
      await append(opened, [entry(1), entry(2)])
      const snapshot = { index: 40, epoch: 7, at: 9_000_000_000_000, entries: [entry(40), entry(41)] }
      await call<void>((answer) => opened.journal.install(snapshot, answer))
      await append(opened, [entry(42)])
      const next = await openWhole(reopen())
      expect([next.snapshot, next.records.map(({ index, epoch }) => [index, epoch])]).toEqual([snapshot, [[41, 7]]])
    })

    test('a torn end is cut and reported, and the journal goes on behind it', async () => {
      const { disk, reopen, openWhole, append, log, call } = setUp()
      const opened = await openWhole(disk)
      await append(opened, [entry(1)])
      await append(opened, [entry(2)])
      const size = opened.journal.size()
      await call<void>((answer) => disk.truncate(first, size - 3, () => disk.sync(first, answer)))
      const next = await openWhole(reopen())
      expect(next.records.map(({ index }) => index)).toEqual([1])
      expect(log.entries).toMatchObject([
        { event: 'journal.tail.cut', fields: { file: first, offset: next.journal.size() } },
      ])
      await append(next, [entry(22)])
      expect((await openWhole(reopen())).records.map((record) => record.entry)).toEqual([entry(1), entry(22)])
    })

    test('damage before the end refuses with file, offset and the way out, whichever bit of a frame it hit', async () => {
      const { disk, open, openWhole, append, call } = setUp()
      const opened = await openWhole(disk)
      await append(opened, [entry(1)])
      const offset = opened.journal.size()
      await append(opened, [entry(2)])
      const end = opened.journal.size()
      await append(opened, [entry(3)])
      const whole = await call<Uint8Array>((answer) => disk.read(first, answer))
      if (!whole.ok) throw new Error('unreadable')
      for (let at = offset; at < end; at += 5) {
        const damaged = whole.value.slice()
        damaged[at] = (damaged[at] ?? 0) ^ 0x41
        await call<void>((answer) => disk.replace(first, damaged, answer))
        const refused = await open(disk)
        expect(refused).toMatchObject({ ok: false, code: 'JOURNAL_CORRUPT' })
        expect(!refused.ok && refused.detail).toContain(`${first} at byte ${offset}: it is damaged. Set its files`)
        expect(!refused.ok && refused.detail).toContain('adopt --accept-loss')
      }
    })

    test('an entry that is no JSON throws to its owner and leaves no gap', async () => {
      const { disk, openWhole, append } = setUp()
      const opened = await openWhole(disk)
      expect(() => opened.journal.append([entry(1), { type: 'test.bad', count: 1n }], () => {})).toThrow()
      await append(opened, [entry(1)])
      expect([opened.journal.lastIndex(), opened.journal.lastWritten()]).toEqual([1, 1])
    })
  })
}
