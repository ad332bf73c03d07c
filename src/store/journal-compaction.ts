// When a journal is made shorter. Each compaction waits until the files are several times what the last one left: so what is written
// for compaction in the long run is a fixed share of what is written anyway, and opening never reads much more than is needed.
import type { Log } from '../ports/log.ts'
import type { Journal } from './journal.ts'
import type { JournalEntry } from './journal-record.ts'

/** Higher: rarer compactions; lower: less to read when a process starts, and less disk. */
const compactionBytesMin = 4 * 1024 * 1024
const growthMax = 4

export function isCompactionDue(journal: Pick<Journal, 'size' | 'baseBytes'>, bytesMin = compactionBytesMin): boolean {
  return journal.size() > Math.max(bytesMin, growthMax * journal.baseBytes())
}

/** What the journal amounts to up to this index: the snapshot's entries and those of the records after it. */
export function entriesUpTo(journal: Pick<Journal, 'snapshot' | 'records'>, index: number): readonly JournalEntry[] {
  const { index: base = 0, entries = [] } = journal.snapshot() ?? {}
  return [...entries, ...journal.records(base, Math.max(0, index - base)).map(({ entry }) => entry)]
}

export interface CompactorParts {
  readonly journal: Journal
  readonly log: Log
  /** The fewest entries that amount to the same. */
  fold(entries: readonly JournalEntry[]): readonly JournalEntry[]
  /** Default 4 MiB. */
  readonly bytesMin?: number
}

/**
 * To be called after every append that was answered. Compacts when it is due, up to `upTo` (default: everything durable), and one at a
 * time. A compaction that fails is logged; so does everything after it fail, and whoever appends next is told.
 */
export function createCompactor({ journal, log, fold, bytesMin }: CompactorParts): (upTo?: number) => void {
  let isCompacting = false
  return (upTo = journal.lastIndex()) => {
    if (isCompacting || upTo < journal.firstIndex() || !isCompactionDue(journal, bytesMin)) return
    isCompacting = true
    const before = journal.size()
    journal.compact(upTo, fold(entriesUpTo(journal, upTo)), (done) => {
      isCompacting = false
      if (done.ok) log.info('journal.compacted', { index: upTo, before, bytes: journal.size() })
      else log.error('journal.compaction.failed', { code: done.code, detail: done.detail })
    })
  }
}
