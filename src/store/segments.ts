// The files of a journal that is being written: which one is written to, when the next one begins, which are superseded.
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import { encodeFrame } from './journal-frame.ts'
import { encodeSegment, type SnapshotToKeep, segmentFile } from './journal-segment.ts'

/** What is on the disk, all of it durable. `last` is 0 when there is nothing. */
export interface SegmentsFound {
  readonly first: number
  readonly last: number
  readonly lastBytes: number
  /** Of those before the last. */
  readonly olderBytes: number
  /** Of the snapshot that the first starts with, and what came into the file with it; 0 without one. */
  readonly baseBytes: number
}

export const nothingFound: SegmentsFound = { first: 1, last: 0, lastBytes: 0, olderBytes: 0, baseBytes: 0 }

export interface SegmentsOptions {
  readonly disk: Disk
  readonly name: string
  readonly log: Log
  readonly segmentBytesMax: number
}

/** One call at a time; none after one that failed. */
export class Segments {
  private readonly options: SegmentsOptions
  private found: SegmentsFound

  constructor(options: SegmentsOptions, found: SegmentsFound) {
    this.options = options
    this.found = found
  }

  /** Durable bytes of all of them. */
  size(): number {
    return this.found.olderBytes + this.found.lastBytes
  }

  baseBytes(): number {
    return this.found.baseBytes
  }

  /** Answers when they are durable. */
  write(payloads: readonly Buffer[], answer: Answer<void>): void {
    const { last, lastBytes } = this.found
    if (last === 0 || lastBytes >= this.options.segmentBytesMax) this.beginNext(payloads, answer)
    else this.append(payloads, answer)
  }

  /** A segment that needs none before it. The others are removed once it is durable. */
  beginAnew(snapshot: SnapshotToKeep, payloads: readonly Buffer[], answer: Answer<void>): void {
    const { first, last } = this.found
    const bytes = encodeSegment({ segment: last + 1, formerBytes: null }, snapshot, payloads)
    this.replace(bytes, answer, () => {
      this.found = {
        first: last + 1,
        last: last + 1,
        lastBytes: bytes.byteLength,
        olderBytes: 0,
        baseBytes: bytes.byteLength,
      }
      const superseded = Array.from({ length: last + 1 - first }, (_, place) => first + place)
      removeSegments(this.options, superseded)
    })
  }

  private beginNext(payloads: readonly Buffer[], answer: Answer<void>): void {
    const { last, lastBytes } = this.found
    const formerBytes = last === 0 ? null : lastBytes
    const bytes = encodeSegment({ segment: last + 1, formerBytes }, null, payloads)
    this.replace(bytes, answer, () => {
      this.found = { ...this.found, last: last + 1, lastBytes: bytes.byteLength, olderBytes: this.size() }
    })
  }

  private append(payloads: readonly Buffer[], answer: Answer<void>): void {
    const { disk, name } = this.options
    const { last, lastBytes } = this.found
    const file = segmentFile(name, last)
    const bytes = Buffer.concat(payloads.map((payload) => encodeFrame(payload, lastBytes)))
    let appended: Result<void> | undefined
    disk.append(file, bytes, (result) => {
      appended = result
    })
    // Right behind it: the disk performs the calls on one file in order.
    disk.sync(file, (synced) => {
      if (appended?.ok === false) answer(appended)
      else if (!synced.ok) answer(synced)
      else {
        this.found = { ...this.found, lastBytes: lastBytes + bytes.byteLength }
        answer(synced)
      }
    })
  }

  private replace(bytes: Buffer, answer: Answer<void>, durable: () => void): void {
    const { disk, name } = this.options
    disk.replace(segmentFile(name, this.found.last + 1), bytes, (replaced) => {
      if (replaced.ok) durable()
      answer(replaced)
    })
  }
}

/** Nobody waits for it: a segment that stays is passed over, and removed when the journal is opened again. */
export function removeSegments(
  { disk, name, log }: Omit<SegmentsOptions, 'segmentBytesMax'>,
  segments: readonly number[],
) {
  for (const segment of segments) {
    const file = segmentFile(name, segment)
    disk.remove(file, (removed) => {
      if (!removed.ok) log.warn('journal.segment.left', { file, code: removed.code, detail: removed.detail })
    })
  }
}
