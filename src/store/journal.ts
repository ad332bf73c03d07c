// The memory of a process on disk: what was answered is durable, in order, without gaps.
//
//   group commit  While one batch is being synced, what comes waits and becomes the next batch: many small records cost one sync.
//   segments      The files (journal-segment.ts). Records are only ever appended, and so is a cut, which takes records back: nothing
//                 that is written is written over. read-journal.ts says what a crash may leave and how that is read.
//   snapshot      Stands for the records up to its own, in a new segment that needs none before it. A crash leaves the old segments
//                 or the new one, never a half.
//
// What is said of the journal (records, snapshot, lastWritten) is as of the last call; lastIndex alone waits for the disk. After a
// failed write nothing more is written: what the files hold is unknown until they are read anew (after a failed fsync the kernel may
// have dropped the pages and call them clean).
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer } from '../ports/result.ts'
import { payloadBytesMax } from './journal-frame.ts'
import { type JournalMemory, problemAfter } from './journal-memory.ts'
import {
  cutPayload,
  entryOf,
  isRecord,
  isSnapshot,
  type JournalEntry,
  type JournalRecord,
  type Position,
  recordPayload,
  type Snapshot,
} from './journal-record.ts'
import { readJournal } from './read-journal.ts'
import { Segments } from './segments.ts'
import { type Write, WriteQueue } from './write-queue.ts'

/**
 * Every answer comes when what was asked for, and everything before it, is durable; in the order of the calls. Errors: DISK_FULL,
 * DISK_FAILED, for this and every later call: open the journal anew. What cannot be (a gap, an entry that is no JSON or longer than
 * 4 MiB, a cut below the snapshot) is a bug of the caller: it throws INVARIANT_BROKEN, and nothing has happened.
 */
export interface Journal {
  /** Numbers them, of the present epoch. Without entries it answers when everything before is durable. */
  append(entries: readonly JournalEntry[], answer: Answer<void>): void
  /** Records appended from now on carry it. Never lower than that of the newest record. */
  setEpoch(epoch: number): void
  /** Exactly these records, of another journal: the first comes right after the last written. */
  accept(records: readonly JournalRecord[], answer: Answer<void>): void
  /** Takes back the records after this one: nobody acted on them. */
  cutAfter(index: number, answer: Answer<void>): void
  /**
   * The entries, which amount to the same as all records up to the durable one of this index, stand in their place from now on. Older
   * files are removed.
   */
  compact(upTo: number, entries: readonly JournalEntry[], answer: Answer<void>): void
  /** The snapshot of another journal stands in the place of everything in this one. */
  install(snapshot: Snapshot, answer: Answer<void>): void
  snapshot(): Snapshot | null
  /** Records after this index, from the snapshot on; also those that are not durable yet. */
  records(after: number, limit: number): readonly JournalRecord[]
  /** Of a record after the snapshot, or of the snapshot's last; 0 for index 0 when that is the beginning. */
  epochAt(index: number): number | undefined
  /** Index of the first record after the snapshot, whether or not there is one yet. */
  firstIndex(): number
  /** Index of the newest durable record; 0 when there is none, or while a snapshot is being installed. */
  lastIndex(): number
  /** Index of the newest record, which may not be durable yet. */
  lastWritten(): number
  /** Durable bytes of all files that are needed. */
  size(): number
  /** Of these, what the last compaction or installation left; 0 before the first. */
  baseBytes(): number
}

export interface JournalOptions {
  /** Of its files, before their numbers: at most 51 characters of those that a disk allows. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
  /** A file that has reached this is followed by another. Higher: fewer files; lower: less to read where one is damaged. Default 4 MiB. */
  readonly segmentBytesMax?: number
}

export interface OpenedJournal {
  readonly journal: Journal
  readonly snapshot: Snapshot | null
  /** Those after the snapshot. */
  readonly records: readonly JournalRecord[]
}

/**
 * Reads everything back. A torn end is cut and logged (`journal.tail.cut`). One owner at a time.
 * Errors: JOURNAL_CORRUPT (the detail names file, offset and the way out), DISK_FULL, DISK_FAILED, DISK_NAME_INVALID.
 */
export function openJournal(disk: Disk, options: JournalOptions, answer: Answer<OpenedJournal>): void {
  const { name, clock, log, segmentBytesMax = 4 * 1024 * 1024 } = options
  readJournal({ disk, name, log }, (read) => {
    if (!read.ok) {
      answer(read)
      return
    }
    const { memory, found } = read.value
    const journal = new SegmentedJournal(memory, new Segments({ disk, name, log, segmentBytesMax }, found), clock)
    const [snapshot, records] = [memory.snapshot(), memory.records(0, Number.POSITIVE_INFINITY)]
    answer({ ok: true, value: { journal, snapshot, records } })
  })
}

class SegmentedJournal implements Journal {
  private readonly memory: JournalMemory
  private readonly segments: Segments
  private readonly queue: WriteQueue
  private readonly clock: Clock
  private epoch: number

  constructor(memory: JournalMemory, segments: Segments, clock: Clock) {
    const { index, epoch } = memory.last()
    this.memory = memory
    this.segments = segments
    this.queue = new WriteQueue(segments, clock, index)
    this.clock = clock
    this.epoch = epoch
  }

  append(entries: readonly JournalEntry[], answer: Answer<void>): void {
    if (this.queue.isRefused(answer)) return
    // All before the first is numbered: a throw must leave no gap.
    const payloads = entries.map(keptForm).map((kept) => {
      const { index, at } = this.memory.last()
      return this.add({ index: index + 1, at: Math.max(at, this.clock.now()), epoch: this.epoch }, kept)
    })
    this.write({ payloads, answer })
  }

  setEpoch(epoch: number): void {
    const last = this.memory.last()
    if (!Number.isSafeInteger(epoch) || epoch < last.epoch) throw broken(`epoch ${epoch} after one of ${last.epoch}`)
    this.epoch = epoch
  }

  accept(records: readonly JournalRecord[], answer: Answer<void>): void {
    if (this.queue.isRefused(answer)) return
    this.requireSequence(records)
    const kept = records.map((record) => ({ record, kept: keptForm(record.entry) }))
    const payloads = kept.map(({ record, kept }) => this.add(record, kept))
    this.epoch = Math.max(this.epoch, this.memory.last().epoch)
    this.write({ payloads, answer })
  }

  cutAfter(index: number, answer: Answer<void>): void {
    if (this.queue.isRefused(answer)) return
    const { memory } = this
    if (!memory.canCutAfter(index))
      throw broken(`a cut after ${index}; there are ${memory.baseIndex()} to ${memory.last().index}`)
    const payloads = index === memory.last().index ? [] : [cutPayload(index)]
    memory.cutAfter(index)
    this.write({ payloads, takesBackAfter: index, answer })
  }

  compact(upTo: number, entries: readonly JournalEntry[], answer: Answer<void>): void {
    if (this.queue.isRefused(answer)) return
    const { memory } = this
    const position = memory.positionAt(upTo)
    if (position === undefined || upTo === 0 || upTo > this.lastIndex())
      throw broken(`a snapshot at ${upTo}; durable are ${memory.baseIndex()} to ${this.lastIndex()}`)
    const kept = entries.map(keptForm)
    memory.compact({ ...position, entries: kept.map(({ entry }) => entry) })
    // Also what is on its way to the older file: it is durable there before this is written.
    const later = memory.records(upTo, Number.POSITIVE_INFINITY)
    const payloads = later.map((record) => recordPayload(record, keptForm(record.entry).text))
    this.write({ anew: { ...position, entryTexts: kept.map(({ text }) => text) }, payloads, answer })
  }

  install(snapshot: Snapshot, answer: Answer<void>): void {
    if (this.queue.isRefused(answer)) return
    if (!isSnapshot(snapshot) || snapshot.index === 0) throw broken('a snapshot that is none')
    const { index, epoch, at } = snapshot
    const kept = snapshot.entries.map(keptForm)
    this.memory.install({ index, epoch, at, entries: kept.map(({ entry }) => entry) })
    this.epoch = Math.max(this.epoch, epoch)
    const entryTexts = kept.map(({ text }) => text)
    this.write({ anew: { index, epoch, at, entryTexts }, payloads: [], takesBackAfter: 0, answer })
  }

  snapshot(): Snapshot | null {
    return this.memory.snapshot()
  }

  records(after: number, limit: number): readonly JournalRecord[] {
    return this.memory.records(after, limit)
  }

  epochAt(index: number): number | undefined {
    return this.memory.positionAt(index)?.epoch
  }

  firstIndex(): number {
    return this.memory.baseIndex() + 1
  }

  lastIndex(): number {
    return this.queue.durableIndex()
  }

  lastWritten(): number {
    return this.memory.last().index
  }

  size(): number {
    return this.segments.size()
  }

  baseBytes(): number {
    return this.segments.baseBytes()
  }

  private requireSequence(records: readonly JournalRecord[]): void {
    let last = this.memory.last()
    for (const record of records) {
      const problem = isRecord(record) ? problemAfter(last, record) : 'what is no record'
      if (problem !== undefined) throw broken(problem)
      last = record
    }
  }

  private add({ index, at, epoch }: Position, { entry, text }: Kept): Buffer {
    this.memory.add({ index, at, epoch, entry })
    return recordPayload({ index, at, epoch }, text)
  }

  private write({ anew = null, takesBackAfter = null, payloads, answer }: PartOfWrite): void {
    this.queue.push({ anew, payloads, lastIndex: this.lastWritten(), takesBackAfter, answer })
  }
}

type PartOfWrite = Pick<Write, 'payloads' | 'answer'> & Partial<Pick<Write, 'anew' | 'takesBackAfter'>>

interface Kept {
  readonly text: string
  /** What a later life will read, whatever becomes of the caller's object. */
  readonly entry: JournalEntry
}

/** An entry that is no JSON, or too large, is a bug of its cell, which crashes. */
function keptForm(entry: JournalEntry): Kept {
  const text = JSON.stringify(entry)
  const kept = entryOf(text)
  if (kept === undefined) throw broken('an entry that reads back as none')
  // A character may take three bytes, and the record has more than the entry.
  if (text.length > payloadBytesMax / 4)
    throw new InvariantError('INVARIANT_BROKEN', 'a journal entry is too large', entry.type)
  return { text, entry: kept }
}

function broken(what: string): InvariantError {
  return new InvariantError('INVARIANT_BROKEN', `the journal was given ${what}`)
}
