// A journal as an array, and what of it is on disk: a crash takes back what was not synced, a cut as well as an append.
import type { JournalView, Position } from '../../../src/pair/follow.ts'
import type { Rec } from './reducers.ts'

export interface JournalState {
  readonly records: readonly Rec[]
  readonly disk: readonly Rec[]
  readonly dirtyFrom: number
}

const beginning: Rec = { index: 0, epoch: 0, id: 0 }

export class PaperJournal implements JournalView {
  readonly baseIndex = 0
  records: Rec[] = [beginning]
  disk: Rec[] = [beginning]
  /** First index that is not on disk as it is here. */
  private dirtyFrom = 1

  get lastIndex(): number {
    return this.records.length - 1
  }

  get durableIndex(): number {
    return this.dirtyFrom - 1
  }

  epochAt(index: number): number | null {
    return this.records[index]?.epoch ?? null
  }

  last(): Position {
    return this.records.at(-1) ?? beginning
  }

  has({ index, id }: Rec): boolean {
    return this.records[index]?.id === id
  }

  hasOnDisk({ index, id }: Rec): boolean {
    return this.disk[index]?.id === id
  }

  append(record: Rec): void {
    this.records.push(record)
  }

  cut(from: number): void {
    this.records.length = from
    this.dirtyFrom = Math.min(this.dirtyFrom, from)
  }

  sync(): void {
    this.disk.length = this.dirtyFrom
    for (let index = this.dirtyFrom; index < this.records.length; index += 1)
      this.disk.push(this.records[index] ?? beginning)
    this.dirtyFrom = this.records.length
  }

  save(): JournalState {
    const { records, disk, dirtyFrom } = this
    return { records: records.slice(), disk: disk.slice(), dirtyFrom }
  }

  load({ records, disk, dirtyFrom }: JournalState): void {
    this.records = records.slice()
    this.disk = disk.slice()
    this.dirtyFrom = dirtyFrom
  }

  /** @param kept how many of the unsynced records reached the disk all the same; none when a cut had not */
  crash(kept: number): void {
    const isCut = this.dirtyFrom < this.disk.length
    if (!isCut) this.disk.push(...this.records.slice(this.dirtyFrom, this.dirtyFrom + kept))
    this.records = this.disk.slice()
    this.dirtyFrom = this.records.length
  }
}
