// The Store port on node:sqlite: one file, one table, values as JSON. It is a projection: a damaged file is set aside under another
// name and a new one begun, which is reported and loses nothing that the journal does not hold.
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'

const limitDefault = 100
const limitMax = 1000

export interface SqliteStoreOptions {
  /** Its folder must exist. */
  readonly path: string
  readonly log: Log
}

export function openSqliteStore({ path, log }: SqliteStoreOptions): Store {
  const database = openOrReplace(path, log)
  const put = database.prepare(
    'INSERT INTO records (name, key, value) VALUES (?, ?, ?) ON CONFLICT (name, key) DO UPDATE SET value = excluded.value',
  )
  const get = database.prepare('SELECT value FROM records WHERE name = ? AND key = ?')
  const remove = database.prepare('DELETE FROM records WHERE name = ? AND key = ?')
  const lists = {
    all: database.prepare('SELECT key, value FROM records WHERE name = ? ORDER BY key LIMIT ?'),
    after: database.prepare('SELECT key, value FROM records WHERE name = ? AND key > ? ORDER BY key LIMIT ?'),
    allReverse: database.prepare('SELECT key, value FROM records WHERE name = ? ORDER BY key DESC LIMIT ?'),
    afterReverse: database.prepare(
      'SELECT key, value FROM records WHERE name = ? AND key < ? ORDER BY key DESC LIMIT ?',
    ),
  }

  return {
    put(table, key, value) {
      put.run(table, key, JSON.stringify(value))
    },
    get(table, key) {
      const row = get.get(table, key)
      return row === undefined ? undefined : JSON.parse(String(row.value))
    },
    list(table, { after, limit = limitDefault, reverse = false } = {}) {
      const most = Math.min(Math.max(1, limit), limitMax)
      const rows =
        after === undefined
          ? (reverse ? lists.allReverse : lists.all).all(table, most)
          : (reverse ? lists.afterReverse : lists.after).all(table, after, most)
      return rows.map(({ key, value }) => ({ key: String(key), value: JSON.parse(String(value)) }))
    },
    delete(table, key) {
      remove.run(table, key)
    },
    transaction(work) {
      database.exec('BEGIN')
      try {
        work()
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    close: () => database.close(),
  }
}

function openOrReplace(path: string, log: Log): DatabaseSync {
  try {
    return open(path)
  } catch (error) {
    const aside = `${path}.damaged`
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    log.error('store.damaged', { path, aside, detail: String(error) })
    return open(path)
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
    if (found !== 'ok') throw new Error(`quick_check: ${String(found)}`)
    database.exec(
      'CREATE TABLE IF NOT EXISTS records (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID',
    )
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
