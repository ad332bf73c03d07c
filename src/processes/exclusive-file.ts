// One holder a file. The kernel holds the lock for its process (through SQLite: Node has no lock of its own), so that it is free as
// soon as the holder is gone, however it went: there is no stale lock to judge, and no moment between looking and taking.
import { closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** A database that is collected as garbage lets its lock go. */
const held = new Set<DatabaseSync>()
const sqliteBusy = 5

/** Returns how to let go; undefined when another process, or this one, holds it. The file stays, and must not be opened by others. */
export function holdFile(path: string): (() => void) | undefined {
  // Only where it is new: closing any descriptor of it would free the lock of a holder in this process.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return undefined
    throw error
  }
  held.add(database)
  return () => {
    if (held.delete(database)) database.close()
  }
}
