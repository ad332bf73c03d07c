// The Store port on node:sqlite: one file, one table, values as JSON. It is a projection, so it may be behind after a power loss
// (nothing is waited for), but never half-written. A damaged file, or one of another version, is set aside under another name
// and a new one begun, which is reported. A file that cannot be opened for any other reason is left alone: it may be well, and
// another process's.
import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type ErrorCode, InvariantError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { checkKey, createTransactionGuard, listedCount, textOf } from './store-record.ts'

/** Raised when the table changes. */
const schemaVersion = 1
/** SQLite's default. */
const pageBytes = 4096

export interface SqliteStoreOptions {
  /** Its folder must exist. */
  readonly path: string
  readonly log: Log
  /** Beyond it writes throw DISK_FULL. Default: what the disk has. */
  readonly bytesMax?: number
}

/**
 * Logs `store.set.aside` when it had to begin anew; the former file is `<path>.damaged` then (the newest one is kept).
 * Throws InvariantError when the file cannot be opened or begun, and from every call that the disk fails: DISK_FULL, DISK_FAILED.
 */
export function openSqliteStore({ path, log, bytesMax }: SqliteStoreOptions): Store {
  const database = coded(path, () => openOrReplace(path, log))
  if (bytesMax !== undefined) database.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / pageBytes)}`)
  const put = database.prepare(
    'INSERT INTO records (name, key, value) VALUES (?, ?, ?) ON CONFLICT (name, key) DO UPDATE SET value = excluded.value',
  )
  const get = database.prepare('SELECT value FROM records WHERE name = ? AND key = ?')
  const remove = database.prepare('DELETE FROM records WHERE name = ? AND key = ?')
  const list = database.prepare('SELECT key, value FROM records WHERE name = ? AND key > ? ORDER BY key LIMIT ?')
  const listAll = database.prepare('SELECT key, value FROM records WHERE name = ? ORDER BY key LIMIT ?')
  const listBack = database.prepare(
    'SELECT key, value FROM records WHERE name = ? AND key < ? ORDER BY key DESC LIMIT ?',
  )
  const listAllBack = database.prepare('SELECT key, value FROM records WHERE name = ? ORDER BY key DESC LIMIT ?')
  const inTransaction = createTransactionGuard()

  return {
    put(table, key, value) {
      checkKey(table, key)
      const text = textOf(value)
      coded(path, () => put.run(table, key, text))
    },
    get(table, key) {
      checkKey(table, key)
      const row = coded(path, () => get.get(table, key))
      return row === undefined ? undefined : JSON.parse(String(row.value))
    },
    list(table, { after, limit, reverse = false } = {}) {
      const count = listedCount(limit)
      const rows = coded(path, () =>
        after === undefined
          ? (reverse ? listAllBack : listAll).all(table, count)
          : (reverse ? listBack : list).all(table, after, count),
      )
      return rows.map(({ key, value }) => ({ key: String(key), value: JSON.parse(String(value)) }))
    },
    delete(table, key) {
      checkKey(table, key)
      coded(path, () => remove.run(table, key))
    },
    transaction: (work) => inTransaction(() => transact(database, path, work)),
    close() {
      if (database.isOpen) database.close()
    },
  }
}

function transact(database: DatabaseSync, path: string, work: () => void): void {
  coded(path, () => database.exec('BEGIN IMMEDIATE'))
  try {
    work()
    coded(path, () => database.exec('COMMIT'))
  } catch (error) {
    // A full disk may have rolled back by itself.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function openOrReplace(path: string, log: Log): DatabaseSync {
  const opened = openOrFindDamage(path)
  if (opened instanceof DatabaseSync) return opened
  const aside = `${path}.damaged`
  for (const suffix of ['', '-wal', '-shm']) {
    // A log that belongs to an older damaged file would be replayed into this one.
    rmSync(aside + suffix, { force: true })
    renameIfThere(path + suffix, aside + suffix)
  }
  log.error('store.set.aside', { path, aside, why: opened.damage })
  const anew = openOrFindDamage(path)
  if (anew instanceof DatabaseSync) return anew
  throw new InvariantError('DISK_FAILED', anew.damage, path)
}

function openOrFindDamage(path: string): DatabaseSync | { readonly damage: string } {
  // SQLite would make it readable by others for a moment; its `-wal` and `-shm` take the mode of this file.
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const database = new DatabaseSync(path)
  try {
    const damage = prepare(database)
    if (damage === undefined) return database
    database.close()
    return { damage }
  } catch (error) {
    database.close()
    if (isDamage(error)) return { damage: error.message }
    throw error
  }
}

/** What is wrong with it, if anything. */
function prepare(database: DatabaseSync): string | undefined {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
  if (found !== 'ok') return String(found)
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {}
  if (version === schemaVersion) return undefined
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {}
  if (version !== 0 || tables !== 0) return `version ${String(version)}, where this program keeps ${schemaVersion}`
  database.exec(`BEGIN;
    CREATE TABLE records (
      name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)
    ) STRICT, WITHOUT ROWID;
    PRAGMA user_version = ${schemaVersion};
    COMMIT`)
  return undefined
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

// — what SQLite says (sqlite.org/rescode.html), primary result codes ————————————————————————————

const full = 13
const corrupt = 11
const notDatabase = 26

interface SqliteError extends Error {
  readonly errcode: number
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

function isDamage(error: unknown): error is SqliteError {
  return isSqliteError(error) && [corrupt, notDatabase].includes(error.errcode & 0xff)
}

function coded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isSystemError(error) ? new InvariantError(codeOf(error), error.message, path) : error
  }
}

function isSystemError(error: unknown): error is Error {
  return isSqliteError(error) || (error instanceof Error && 'syscall' in error)
}

function codeOf(error: Error): ErrorCode {
  const isFull = isSqliteError(error) ? (error.errcode & 0xff) === full : 'code' in error && error.code === 'ENOSPC'
  return isFull ? 'DISK_FULL' : 'DISK_FAILED'
}
