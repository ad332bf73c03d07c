import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src/ports/clock.ts'
import type { Disk } from '../../src/ports/disk.ts'
import type { Result } from '../../src/ports/result.ts'
import { type OpenedJournal, openJournal } from '../../src/store/journal.ts'
import type { JournalEntry } from '../../src/store/journal-frame.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import type { DiskUnderTest } from './disk.ts'

export interface JournalUnderTest extends DiskUnderTest {
  readonly clock: Clock
}

/** On a real and on a simulated disk: the journal itself is one. */
export function journalContract(name: string, make: () => JournalUnderTest): void {
  describe(`the journal, on a ${name} disk`, () => {
    let under: JournalUnderTest | undefined

    afterEach(() => under?.close())

    function setUp() {
      under = make()
      const { disk, reopen, until, clock } = under
      const log = createArrayLog()
      async function open(on: Disk): Promise<Result<OpenedJournal>> {
        let opened: Result<OpenedJournal> | undefined
        openJournal(on, { name: 'journal', clock, log }, (result) => {
          opened = result
        })
        await until(() => opened !== undefined)
        if (!opened) throw new Error('no answer')
        return opened
      }
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
      return { disk, reopen, open, openWhole, append, log, until }
    }

    const entry = (number: number): JournalEntry => ({ type: 'test.happened', number, text: 'ünïcode "quoted"' })

    test('a new journal is empty', async () => {
      const { disk, openWhole, log } = setUp()
      const { journal, entries } = await openWhole(disk)
      expect([entries, journal.lastIndex(), journal.size()]).toEqual([[], 0, 0])
      expect(log.entries).toEqual([])
    })

    test('what was answered is there for the next process, numbered without gaps', async () => {
      const { disk, reopen, openWhole, append } = setUp()
      const opened = await openWhole(disk)
      const answers = await append(opened, [entry(1)], [entry(2), entry(3)], [])
      expect(answers).toEqual([1, 2, 3].map(() => ({ ok: true, value: undefined })))
      expect(opened.journal.lastIndex()).toBe(3)
      const next = await openWhole(reopen())
      expect(next.entries.map(({ index, entry }) => [index, entry])).toEqual([1, 2, 3].map((i) => [i, entry(i)]))
      await append(next, [entry(4)])
      expect((await openWhole(reopen())).entries.map(({ index }) => index)).toEqual([1, 2, 3, 4])
    })

    test('answers come in the order of the calls, and appends from inside an answer are taken', async () => {
      const { disk, openWhole, until } = setUp()
      const { journal } = await openWhole(disk)
      const order: string[] = []
      journal.append([entry(1)], () => {
        order.push('first')
        journal.append([entry(3)], () => order.push('from inside'))
      })
      journal.append([entry(2)], () => order.push('second'))
      await until(() => order.length === 3)
      expect(order).toEqual(['first', 'second', 'from inside'])
    })

    test('a torn end is cut and reported, and the journal goes on behind it', async () => {
      const { disk, reopen, openWhole, append, log, until } = setUp()
      const opened = await openWhole(disk)
      await append(opened, [entry(1)], [entry(2)])
      const size = opened.journal.size()
      let torn = false
      disk.truncate('journal', size - 3, () => disk.sync('journal', () => (torn = true)))
      await until(() => torn)
      const next = await openWhole(reopen())
      expect(next.entries.map(({ index }) => index)).toEqual([1])
      expect(log.entries).toMatchObject([
        { event: 'journal.tail.cut', fields: { file: 'journal', bytes: expect.any(Number) } },
      ])
      await append(next, [entry(22)])
      expect((await openWhole(reopen())).entries.map((record) => record.entry)).toEqual([entry(1), entry(22)])
    })

    test('damage before the end refuses with the offset, whichever bit of a frame it hit', async () => {
      const { disk, open, openWhole, append, until } = setUp()
      const opened = await openWhole(disk)
      await append(opened, [entry(1)])
      const offset = opened.journal.size()
      await append(opened, [entry(2)])
      const end = opened.journal.size()
      await append(opened, [entry(3)])
      let whole: Result<Uint8Array> | undefined
      disk.read('journal', (result) => {
        whole = result
      })
      await until(() => whole !== undefined)
      if (!whole?.ok) throw new Error('unreadable')
      for (let at = offset; at < end; at += 5) {
        const damaged = whole.value.slice()
        damaged[at] = (damaged[at] ?? 0) ^ 0x41
        let replaced = false
        disk.replace('journal', damaged, () => (replaced = true))
        await until(() => replaced)
        expect(await open(disk)).toEqual({ ok: false, code: 'JOURNAL_CORRUPT', detail: `journal at byte ${offset}` })
      }
    })

    test('an entry that is no JSON throws to its owner and leaves no gap', async () => {
      const { disk, openWhole, append } = setUp()
      const opened = await openWhole(disk)
      expect(() => opened.journal.append([entry(1), { type: 'test.bad', count: 1n }], () => {})).toThrow()
      await append(opened, [entry(1)])
      expect(opened.journal.lastIndex()).toBe(1)
    })
  })
}
