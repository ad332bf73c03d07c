// The Store port in memory: for simulations, and for whoever does not want a file. Values are copied as JSON, as the file's are,
// and keys are in the order of their UTF-8 bytes, as SQLite's are.
import type { Store } from '../ports/store.ts'
import { checkKey, createTransactionGuard, listedCount, textOf } from './store-record.ts'

interface Table {
  readonly texts: Map<string, string>
  /** Undefined when a key came or went since it was sorted. */
  sortedKeys: readonly string[] | undefined
}

export function createMemoryStore(): Store {
  const tables = new Map<string, Table>()
  const inTransaction = createTransactionGuard()
  /** Of the running transaction, oldest first; a copy of all tables would cost what they hold, not what is changed. */
  let undo: (() => void)[] | undefined

  function tableOf(name: string): Table {
    const found = tables.get(name) ?? { texts: new Map(), sortedKeys: undefined }
    tables.set(name, found)
    return found
  }

  function set(table: string, key: string, text: string | undefined): void {
    checkKey(table, key)
    const { texts } = tableOf(table)
    const former = texts.get(key)
    if (text === undefined) texts.delete(key)
    else texts.set(key, text)
    if ((text === undefined) !== (former === undefined)) tableOf(table).sortedKeys = undefined
    undo?.push(() => set(table, key, former))
  }

  function sortedKeysOf(table: Table): readonly string[] {
    table.sortedKeys ??= [...table.texts.keys()].sort(compareBytes)
    return table.sortedKeys
  }

  return {
    put: (table, key, value) => set(table, key, textOf(value)),
    get(table, key) {
      checkKey(table, key)
      const text = tables.get(table)?.texts.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    list(name, { after, limit, reverse = false } = {}) {
      const table = tableOf(name)
      const keys = reverse ? sortedKeysOf(table).toReversed() : sortedKeysOf(table)
      const isPast = (key: string) => after === undefined || compareBytes(key, after) * (reverse ? -1 : 1) > 0
      const from = keys.findIndex(isPast)
      if (from < 0) return []
      return keys
        .slice(from, from + listedCount(limit))
        .map((key) => ({ key, value: JSON.parse(table.texts.get(key) ?? 'null') }))
    },
    delete: (table, key) => set(table, key, undefined),
    transaction(work) {
      inTransaction(() => {
        const changes: (() => void)[] = []
        undo = changes
        try {
          work()
        } catch (error) {
          undo = undefined
          for (const change of changes.reverse()) change()
          throw error
        } finally {
          undo = undefined
        }
      })
    },
    close() {},
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
