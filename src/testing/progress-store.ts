// A store for long runs in which nobody asks afterwards: it knows how far the journal was projected, and keeps no explanations.
import type { Store } from '../ports/store.ts'

/** @param kept tables that are kept; they hold one small value each */
export function createProgressStore(kept: readonly string[] = ['progress']): Store {
  const values = new Map<string, unknown>()
  const nameOf = (table: string, key: string) => `${table} ${key}`
  return {
    put(table, key, value) {
      if (kept.includes(table)) values.set(nameOf(table, key), value)
    },
    get: (table, key) => values.get(nameOf(table, key)),
    list: () => [],
    delete(table, key) {
      values.delete(nameOf(table, key))
    },
    transaction: (work) => work(),
    close() {},
  }
}
