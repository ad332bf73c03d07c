// The model of the journal: every state that it has been in, one a record, cut, snapshot. A crash may leave any of them from the last
// that was answered on.
import type { JournalEntry, JournalRecord, Snapshot } from '../../../src/store/journal-record.ts'
import type { View } from './journal-on-disk.ts'

export class PaperJournal {
  states: View[] = [{ snapshot: null, records: [] }]
  /** Number of the state that the disk answered for. */
  answered = 0

  now(): View {
    return this.states.at(-1) ?? { snapshot: null, records: [] }
  }

  last(): { readonly index: number; readonly epoch: number; readonly at: number } {
    const { snapshot, records } = this.now()
    return records.at(-1) ?? snapshot ?? { index: 0, epoch: 0, at: 0 }
  }

  base(): number {
    return this.now().snapshot?.index ?? 0
  }

  add(record: JournalRecord): void {
    const { snapshot, records } = this.now()
    this.states.push({ snapshot, records: [...records, record] })
  }

  cutAfter(index: number): void {
    const { snapshot, records } = this.now()
    this.states.push({ snapshot, records: records.filter((record) => record.index <= index) })
  }

  compact(index: number, entries: readonly JournalEntry[]): void {
    const { snapshot, records } = this.now()
    const { epoch = 0, at = 0 } = [snapshot, ...records].find((one) => one?.index === index) ?? {}
    this.states.push({
      snapshot: { index, epoch, at, entries },
      records: records.filter((record) => record.index > index),
    })
  }

  install(snapshot: Snapshot): void {
    this.states.push({ snapshot, records: [] })
  }

  /** To be called when the last call is answered. */
  answers(): () => void {
    const state = this.states.length - 1
    const { states } = this
    return () => {
      if (this.states === states) this.answered = Math.max(this.answered, state)
    }
  }

  /** What may be found after a crash. */
  possible(): readonly View[] {
    return this.states.slice(this.answered)
  }

  /** A later life begins with what it found. */
  begin(found: View): void {
    this.states = [found]
    this.answered = 0
  }
}
