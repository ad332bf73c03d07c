// The Store port in memory: for simulations, and for whoever does not want a file. Values are copied as JSON, as the file's are.
import type { Store } from '../ports/store.ts'

type Table = Map<string, string>

const limitDefault = 100
const limitMax = 1000

export function createMemoryStore(): Store {
  let tables = new Map<string, Table>()

  const tableOf = (name: string): Table => {
    const found = tables.get(name) ?? new Map<string, string>()
    tables.set(name, found)
    return found
  }

  return {
    put(table, key, value) {
      tableOf(table).set(key, JSON.stringify(value))
    },
    get(table, key) {
      const text = tableOf(table).get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    list(table, { after, limit = limitDefault, reverse = false } = {}) {
      const keys = [...tableOf(table).keys()].sort()
      if (reverse) keys.reverse()
      const isAfter = (key: string) => after === undefined || (reverse ? key < after : key > after)
      return keys
        .filter(isAfter)
        .slice(0, Math.min(Math.max(1, limit), limitMax))
        .map((key) => ({ key, value: JSON.parse(tableOf(table).get(key) ?? 'null') }))
    },
    delete(table, key) {
      tableOf(table).delete(key)
    },
    transaction(work) {
      const before = new Map([...tables].map(([name, table]) => [name, new Map(table)]))
      try {
        work()
      } catch (error) {
        tables = before
        throw error
      }
    },
    close() {},
  }
}
