// The ledger of a site master: a fold over what is committed in its journal, kept by the one that leads and by the one that follows, with its
// lines in the store beside the records that `explain` shows.
import { Ledger, type LedgerLine, type LedgerState } from '../accounts/ledger.ts'
import type { JournalEntry } from '../actors/effects.ts'
import type { Store } from '../ports/store.ts'
import type { Journal } from '../store/journal.ts'
import type { JournalRecord } from '../store/journal-record.ts'

const table = 'ledger'
/** The newest lines; their chain stands for those before them. */
const linesKept = 1_000_000
const pageSize = 1_000

export interface AccountRecords {
  ledger(): Ledger
  /** The next committed record; inside the store's transaction. */
  take(record: JournalRecord): void
  /** What a snapshot of the journal needs to go on from. */
  kept(): JournalEntry
  /** What the journal starts from, and what came after it. */
  sources(): { readonly base: LedgerState; readonly records: readonly JournalRecord[] }
  /** Those that are kept, after a line. */
  lines(after: number): readonly LedgerLine[]
}

export function createAccountRecords(
  store: Store,
  journal: Pick<Journal, 'snapshot' | 'records'>,
  projected: number,
): AccountRecords {
  let ledger = read(projected)

  function baseState(): LedgerState | undefined {
    const kept = journal.snapshot()?.entries.find(({ type }) => type === 'ledger.kept')
    return kept?.state as LedgerState | undefined
  }

  /** As of this record: from what the journal starts from, and what it holds after that. */
  function read(upTo: number): Ledger {
    const state = baseState()
    const fresh = new Ledger(state)
    for (const record of journal.records(fresh.upTo(), Math.max(0, upTo - fresh.upTo()))) fresh.take(record)
    return fresh
  }

  return {
    ledger: () => ledger,
    take(record) {
      // A snapshot took the place of what was missed.
      if (record.index !== ledger.upTo() + 1) ledger = read(record.index - 1)
      for (const { line, text } of ledger.take(record)) {
        store.put(table, keyOf(line), text)
        if (line > linesKept) store.delete(table, keyOf(line - linesKept))
      }
    },
    kept: () => ({ type: 'ledger.kept', state: ledger.state() }),
    sources() {
      const base = new Ledger(baseState()).state()
      return { base, records: journal.records(base.index, ledger.upTo() - base.index) }
    },
    lines(after) {
      const found = store.list(table, { after: keyOf(after), limit: pageSize })
      return found.map(({ key, value }) => ({ line: Number(key), text: String(value) }))
    },
  }
}

function keyOf(line: number): string {
  return String(line).padStart(12, '0')
}
