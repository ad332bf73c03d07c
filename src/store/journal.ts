// The append-only memory of a process: what was answered is durable, in order, without gaps.
// Group commit: while one batch is being synced, what is appended waits and becomes the next batch, so that many small
// records cost one sync. After a failed write nothing more is written: what the file holds is unknown until it is opened anew
// (after a failed fsync the kernel may have dropped the pages and call them clean).
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import { encodeFrame, type JournalEntry, type JournalRecord, payloadBytesMax, readFrames } from './journal-frame.ts'

export interface Journal {
  /**
   * Answers when all of them are durable, in the order of the calls. Without entries it answers when everything before is.
   * Errors: DISK_FULL, DISK_FAILED, for this and every later call: open the journal anew.
   */
  append(entries: readonly JournalEntry[], answer: Answer<void>): void
  /** Index of the newest durable record; 0 when there is none. */
  lastIndex(): number
  /** Bytes that are durable. */
  size(): number
}

export interface JournalOptions {
  /** File name on the disk. */
  readonly name: string
  readonly clock: Clock
  readonly log: Log
}

export interface OpenedJournal {
  readonly journal: Journal
  readonly entries: readonly JournalRecord[]
}

type Failure = Extract<Result<never>, { ok: false }>

interface Waiting {
  /** Records as JSON text. */
  readonly payloads: readonly Buffer[]
  readonly answer: Answer<void>
}

/**
 * Reads everything back. A torn end is cut and logged (`journal.tail.cut`).
 * Errors: JOURNAL_CORRUPT (the detail names the offset), DISK_FULL, DISK_FAILED, DISK_NAME_INVALID.
 */
export function openJournal(disk: Disk, options: JournalOptions, answer: Answer<OpenedJournal>): void {
  const { name, log } = options

  disk.read(name, (read) => {
    if (!read.ok) {
      answer(read)
      return
    }
    const content = readFrames(Buffer.from(read.value))
    if (content.kind === 'corrupt') {
      log.error('journal.corrupt', { file: name, offset: content.offset })
      answer({ ok: false, code: 'JOURNAL_CORRUPT', detail: `${name} at byte ${content.offset}` })
      return
    }
    const { records, validBytes } = content
    const opened: Answer<void> = (result) => {
      if (!result.ok) answer(result)
      else answer({ ok: true, value: { journal: createJournal(disk, options, records, validBytes), entries: records } })
    }
    if (content.kind === 'torn') {
      log.warn('journal.tail.cut', { file: name, offset: validBytes, bytes: read.value.byteLength - validBytes })
      disk.truncate(name, validBytes, (cut) => (cut.ok ? disk.sync(name, opened) : opened(cut)))
    } else if (validBytes > 0) {
      // Readable is not durable: the process may have died between the write and its sync.
      disk.sync(name, opened)
    } else opened({ ok: true, value: undefined })
  })
}

function createJournal(
  disk: Disk,
  { name, clock }: JournalOptions,
  past: readonly JournalRecord[],
  size: number,
): Journal {
  let durableBytes = size
  let durableIndex = past.length
  let nextIndex = past.length + 1
  let lastAt = past.at(-1)?.at ?? 0
  let waiting: Waiting[] = []
  let isWriting = false
  let failure: Failure | undefined

  function number(entryText: string): Buffer {
    lastAt = Math.max(lastAt, clock.now())
    const payload = Buffer.from(`{"index":${nextIndex},"at":${lastAt},"entry":${entryText}}`)
    nextIndex += 1
    return payload
  }

  function writeBatch(): void {
    if (isWriting || waiting.length === 0) return
    isWriting = true
    const batch = waiting
    waiting = []
    const payloads = batch.flatMap((each) => each.payloads)
    const bytes = Buffer.concat(payloads.map((payload) => encodeFrame(payload, durableBytes)))
    disk.append(name, bytes, (appended) => {
      if (!appended.ok) failure = appended
    })
    // Right behind it: the disk performs the calls on one file in order.
    disk.sync(name, (synced) => {
      isWriting = false
      if (!synced.ok) failure ??= synced
      if (!failure) {
        durableBytes += bytes.byteLength
        durableIndex += payloads.length
      }
      answerAll(batch, failure ?? { ok: true, value: undefined })
      if (failure) answerAll(waiting.splice(0), failure)
      else writeBatch()
    })
  }

  return {
    append(entries, answer) {
      // All before the first is numbered: a throw must leave no gap.
      const texts = entries.map(textOf)
      if (failure) {
        const { code, detail } = failure
        clock.setTimer(0, () => answer({ ok: false, code, detail }))
        return
      }
      waiting.push({ payloads: texts.map(number), answer })
      writeBatch()
    },
    lastIndex: () => durableIndex,
    size: () => durableBytes,
  }
}

function answerAll(batch: readonly Waiting[], result: Result<void>): void {
  for (const { answer } of batch) answer(result)
}

/** An entry that is no JSON, or too large, is a bug of its cell, which crashes. */
function textOf(entry: JournalEntry): string {
  const text = JSON.stringify(entry)
  if (text.length > payloadBytesMax / 4)
    throw new InvariantError('INVARIANT_BROKEN', 'a journal entry is too large', entry.type)
  return text
}
