// The journal beside its model, with the power failing whenever it likes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Result } from '../../../src/ports/result.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { journalOnDisk, type View, viewOf } from './journal-on-disk.ts'
import { PaperJournal } from './paper-journal.ts'

type Step = readonly [
  kind: 'append' | 'accept' | 'epoch' | 'cut' | 'compact' | 'install' | 'pass' | 'crash' | 'full' | 'reopen',
  /** 0 to 1: of what there is to choose from. */
  share: number,
]

const share = fc.double({ min: 0, max: 1, noNaN: true })
const of = (weight: number, kind: Step[0]) => ({ weight, arbitrary: fc.tuple(fc.constant(kind), share) })
const step: fc.Arbitrary<Step> = fc.oneof(
  of(10, 'append'),
  of(4, 'accept'),
  of(1, 'epoch'),
  of(3, 'cut'),
  of(2, 'compact'),
  of(1, 'install'),
  of(14, 'pass'),
  of(2, 'crash'),
  of(1, 'full'),
  of(1, 'reopen'),
)

/** Small segments, or two files would never be seen together. */
function createRun(seed: number) {
  const on = journalOnDisk(seed)
  const paper = new PaperJournal()
  let { journal } = on.openWhole()
  let number = 0
  let failed = false
  const nextEntry = () => ({ type: 'n', number: number++ })

  function answer(): (result: Result<void>) => void {
    const answered = paper.answers()
    const { states } = paper
    return (result) => {
      if (result.ok) {
        // In the order of the calls: none is answered after one that failed.
        expect(failed && paper.states === states).toBe(false)
        answered()
      } else failed = true
    }
  }

  /** After a failure the journal takes nothing more: then the model does not either. */
  function change(apply: () => void): void {
    if (!failed) apply()
  }

  const perform: Record<Step[0], (share: number) => void> = {
    append(share) {
      const entries = Array.from({ length: Math.floor(share * 4) }, nextEntry)
      const from = journal.lastWritten()
      const before = failed
      if (before) return journal.append(entries, answer())
      // Numbered before it can be answered.
      const { at, epoch } = paper.last()
      for (const [place, entry] of entries.entries()) {
        paper.add({ index: from + 1 + place, epoch: Math.max(epoch, set), at: Math.max(at, on.clock.now()), entry })
      }
      return journal.append(entries, answer())
    },
    epoch() {
      set = Math.max(set, paper.last().epoch) + 1
      journal.setEpoch(set)
    },
    accept(share) {
      const { index, epoch, at } = paper.last()
      const records = Array.from({ length: 1 + Math.floor(share * 3) }, (_, place) => ({
        index: index + 1 + place,
        epoch: epoch + Math.round(share),
        at: at + place,
        entry: nextEntry(),
      }))
      change(() => {
        for (const record of records) paper.add(record)
        set = Math.max(set, paper.last().epoch)
      })
      journal.accept(records, answer())
    },
    cut(share) {
      const after = paper.base() + Math.floor(share * (paper.last().index - paper.base() + 1))
      const index = Math.min(after, paper.last().index)
      change(() => paper.cutAfter(index))
      journal.cutAfter(index, answer())
    },
    compact(share) {
      const [base, durable] = [Math.max(1, paper.base()), journal.lastIndex()]
      if (durable < base) return
      const index = Math.min(durable, base + Math.floor(share * (durable - base + 1)))
      const entries = Array.from({ length: Math.floor(share * 5) }, nextEntry)
      change(() => paper.compact(index, entries))
      journal.compact(index, entries, answer())
    },
    install(share) {
      const { index, epoch, at } = paper.last()
      const snapshot = {
        index: 1 + Math.floor(share * 2 * (index + 1)),
        epoch: epoch + 1,
        at: at + 1,
        entries: [nextEntry(), nextEntry()],
      }
      change(() => {
        paper.install(snapshot)
        set = Math.max(set, snapshot.epoch)
      })
      journal.install(snapshot, answer())
    },
    pass(share) {
      for (let i = 0; i < 1 + share * 5; i += 1) on.clock.runNext()
    },
    crash() {
      beginAnew(true)
    },
    full(share) {
      on.disk.fill(true)
      for (let i = 0; i < share * 5; i += 1) on.clock.runNext()
      on.disk.fill(false)
      if (failed) beginAnew(false)
    },
    reopen() {
      on.clock.runUntilIdle(10_000)
      const [hasFailed, bytes] = [failed, [journal.size(), journal.baseBytes()]]
      if (!hasFailed) expect(paper.answered).toBe(paper.states.length - 1)
      beginAnew(false)
      if (!hasFailed) expect([journal.size(), journal.baseBytes()]).toEqual(bytes)
    },
  }
  let set = 0

  function beginAnew(isCrash: boolean): void {
    if (isCrash) on.crash()
    else on.clock.runUntilIdle(10_000)
    const [promised, before] = [journal.lastIndex(), journal]
    journal = on.openWhole().journal
    const found = viewOf(journal)
    expect(paper.possible()).toContainEqual(found)
    for (let index = journal.firstIndex() - 1; index <= promised; index += 1)
      expect(journal.epochAt(index)).toBe(before.epochAt(index) ?? journal.epochAt(index))
    expect(journal.lastWritten()).toBeGreaterThanOrEqual(promised)
    expect(journal.lastIndex()).toBe(journal.lastWritten())
    paper.begin(found)
    failed = false
    set = paper.last().epoch
  }

  function check(): void {
    if (!failed) expect(viewOf(journal)).toEqual(paper.now())
    expect(journal.lastIndex()).toBeLessThanOrEqual(Math.max(journal.lastWritten(), 0))
  }

  return {
    on,
    paper,
    journal: (): Journal => journal,
    step([kind, share]: Step) {
      perform[kind](share)
      check()
    },
    end: () => beginAnew(true),
  }
}

test('whenever the power fails: what was answered is there, whole and in order, and nothing is there that never was', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), (seed, steps) => {
      const run = createRun(seed)
      for (const each of steps) run.step(each)
      run.end()
    }),
    { seed: 5, numRuns: 1_500 },
  )
})

/** All that there is, in an order in which each meets the others on their way to the disk. */
const script: readonly Step[] = [
  ['append', 0.9],
  ['epoch', 0],
  ['append', 0.9],
  ['pass', 1],
  ['append', 0.9],
  ['cut', 0.5],
  ['accept', 0.9],
  ['append', 0.9],
  ['pass', 1],
  ['compact', 0.6],
  ['append', 0.6],
  ['cut', 0.7],
  ['accept', 0.3],
  ['pass', 1],
  ['append', 0.9],
  ['install', 0.8],
  ['accept', 0.9],
  ['pass', 1],
  ['compact', 1],
  ['append', 0.9],
  ['cut', 0],
  ['append', 0.9],
]

test('a crash between any two things that the disk does, and another while the journal is read back', () => {
  for (let seed = 0; seed < 8; seed += 1) {
    for (let crashAfter = 0, hasMore = true; hasMore; crashAfter += 1) {
      const run = createRun(seed)
      let left = crashAfter
      const { clock } = run.on
      for (const each of script) {
        if (each[0] !== 'pass') run.step(each)
        else for (let i = 0; i < 6 && left > 0; i += 1, left -= 1) clock.runNext()
      }
      while (left > 0 && clock.pending() > 0) {
        clock.runNext()
        left -= 1
      }
      hasMore = left === 0 && clock.pending() > 0
      run.on.crash()
      // The second life dies while it reads.
      run.on.start(() => {})
      for (let i = 0; i < (crashAfter * 7 + seed) % 9; i += 1) clock.runNext()
      run.end()
    }
  }
})

test('a byte that changes anywhere: never a record that was not there, never a gap, and no failure without its code', () => {
  const run = createRun(1)
  const states: View[] = []
  for (const each of script) {
    run.step(each)
    run.on.clock.runUntilIdle(1_000)
    states.push(viewOf(run.journal()))
  }
  for (let i = 0; i < 12; i += 1) {
    run.step(['append', 0.3])
    run.on.clock.runUntilIdle(1_000)
    states.push(viewOf(run.journal()))
  }
  const whole = run.on.files().map((file) => [file, run.on.bytesOf(file)] as const)
  expect(whole.length).toBeGreaterThan(2)
  const found = { corrupt: 0, cut: 0 }
  for (const [file, bytes] of whole)
    for (let offset = 0; offset < bytes.byteLength; offset += 1) {
      run.on.disk.corrupt(file, offset)
      const opened = run.on.open()
      if (opened.ok) {
        // Taken for the torn end of the last write: it lacks no more than that.
        expect([states.at(-2)]).toContainEqual(viewOf(opened.value.journal))
        expect(file).toBe(whole.at(-1)?.[0])
        found.cut += 1
      } else {
        expect(opened.code).toBe('JOURNAL_CORRUPT')
        expect(opened.detail).toContain(file)
        found.corrupt += 1
      }
      run.on.put(file, bytes)
    }
  expect(found.cut).toBeGreaterThan(0)
  expect(found.cut).toBeLessThan(found.corrupt / 5)
})

test('what came into a file with its start was never torn: whatever changes in it, nothing is cut', () => {
  const on = journalOnDisk(1, 10_000)
  const { journal } = on.openWhole()
  const entries = Array.from({ length: 6 }, (_, number) => ({ type: 'n', number }))
  on.call<void>((answer) => journal.append(entries, answer))
  on.call<void>((answer) => journal.compact(3, entries.slice(0, 2), answer))
  const [file = '', ...others] = on.files()
  expect(others).toEqual([])
  const bytes = on.bytesOf(file)
  for (let offset = 0; offset < bytes.byteLength; offset += 1) {
    on.disk.corrupt(file, offset)
    expect(on.open()).toMatchObject({ ok: false, code: 'JOURNAL_CORRUPT' })
    on.put(file, bytes)
  }
  expect(viewOf(on.openWhole().journal)).toEqual(viewOf(journal))
})
