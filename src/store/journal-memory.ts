// What a journal holds, in memory: a snapshot and the records after it. The same rules when it is written and when it is read back:
// what would not be read back is never written.
import type { JournalRecord, Position, Snapshot } from './journal-record.ts'

export class JournalMemory {
  private base: Snapshot | null
  /** Those after the snapshot, in order. */
  private list: JournalRecord[]

  constructor(base: Snapshot | null = null, list: readonly JournalRecord[] = []) {
    this.base = base
    this.list = [...list]
  }

  snapshot(): Snapshot | null {
    return this.base
  }

  baseIndex(): number {
    return this.base?.index ?? 0
  }

  last(): Position {
    return this.list.at(-1) ?? this.base ?? beginning
  }

  records(after: number, limit: number): readonly JournalRecord[] {
    const from = Math.max(0, after - this.baseIndex())
    return this.list.slice(from, from + limit)
  }

  /** Of the snapshot, or of a record after it. */
  positionAt(index: number): Position | undefined {
    const {
      index: found,
      epoch,
      at,
    } = index === this.baseIndex() ? (this.base ?? beginning) : (this.list[index - this.baseIndex() - 1] ?? nowhere)
    return found === index ? { index, epoch, at } : undefined
  }

  add(record: JournalRecord): void {
    this.list.push(record)
  }

  canCutAfter(index: number): boolean {
    return Number.isSafeInteger(index) && index >= this.baseIndex() && index <= this.last().index
  }

  cutAfter(index: number): void {
    this.list.length = index - this.baseIndex()
  }

  /** Of what it holds, up to `index`, the snapshot is another form. */
  compact(snapshot: Snapshot): void {
    this.list = this.list.slice(snapshot.index - this.baseIndex())
    this.base = snapshot
  }

  install(snapshot: Snapshot): void {
    this.list = []
    this.base = snapshot
  }
}

const beginning: Position = { index: 0, epoch: 0, at: 0 }
const nowhere: Position = { index: -1, epoch: 0, at: 0 }

/** Why this record cannot be the next one. */
export function problemAfter(last: Position, { index, epoch, at }: JournalRecord): string | undefined {
  if (index !== last.index + 1) return `record ${index} after ${last.index}`
  if (epoch < last.epoch) return `record ${index} of epoch ${epoch} after one of ${last.epoch}`
  return at < last.at ? `record ${index}, older than the one before it` : undefined
}
