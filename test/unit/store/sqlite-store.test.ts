import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InvariantError } from '../../../src/errors.ts'
import type { Store } from '../../../src/ports/store.ts'
import { openSqliteStore } from '../../../src/store/sqlite-store.ts'
import { type ArrayLog, createArrayLog } from '../../../src/testing/array-log.ts'

let directory: string
let path: string
let log: ArrayLog
let open: Store[]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bladewright-sqlite-'))
  path = join(directory, 'records.sqlite')
  log = createArrayLog()
  open = []
})

afterEach(() => {
  for (const store of open) store.close()
  rmSync(directory, { recursive: true, force: true })
})

function openStore(): Store {
  const store = openSqliteStore({ path, log })
  open.push(store)
  return store
}

function fill(store: Store): void {
  store.transaction(() => {
    for (let i = 0; i < 500; i += 1) store.put('moves', `mv-${i}`, { text: 'x'.repeat(200), i })
  })
}

const events = () => log.entries.map(({ event }) => event)

test('what was put is there for the next process, also when this one does not close it', () => {
  fill(openStore())
  const next = openStore()
  expect(next.get('moves', 'mv-499')).toMatchObject({ i: 499 })
  expect(events()).toEqual([])
})

test('nobody else may read the file or its logs, whatever the mask was or the file had', () => {
  const former = process.umask(0)
  try {
    writeFileSync(path, '', { mode: 0o644 })
    openStore().put('moves', 'mv-1', 1)
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600)
  } finally {
    process.umask(former)
  }
})

test.each<[string, () => void]>([
  ['is no database', () => writeFileSync(path, 'a log of another program, long enough to be looked at\n'.repeat(100))],
  ['has lost its end', () => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['has zeros in its middle', () => overwrite(path, 8_192, Buffer.alloc(16_384))],
  ['is of a later version', () => edit('PRAGMA user_version = 2')],
  ['has the tables of another program', () => edit('PRAGMA user_version = 0')],
])('a file that %s is set aside and reported, and a new one begun', (_what, damage) => {
  const store = openStore()
  fill(store)
  store.close()
  damage()
  const bytes = readFileSync(path)
  const next = openStore()
  expect(next.list('moves')).toEqual([])
  next.put('moves', 'mv-1', 'new')
  expect(log.entries).toMatchObject([
    { level: 'error', event: 'store.set.aside', fields: { path, aside: `${path}.damaged`, why: expect.any(String) } },
  ])
  expect(readFileSync(`${path}.damaged`).equals(bytes)).toBe(true)
  next.close()
  expect(openStore().get('moves', 'mv-1')).toBe('new')
  expect(events()).toEqual(['store.set.aside'])
})

test('a second damaged file takes the place of the first, with nothing of its logs', () => {
  writeFileSync(`${path}.damaged-wal`, 'of the first')
  writeFileSync(path, 'second '.repeat(1_000))
  openStore()
  expect(existsSync(`${path}.damaged-wal`)).toBe(false)
  expect(readFileSync(`${path}.damaged`, 'utf8')).toMatch(/^second /)
})

test('a file that another process holds is left alone: opening it throws', () => {
  const store = openStore()
  fill(store)
  store.close()
  const other = new DatabaseSync(path)
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; DELETE FROM records WHERE key = 'mv-0'; COMMIT")
  try {
    expect(openStore).toThrow(InvariantError)
    expect(openStore).toThrow('DISK_FAILED')
    expect([existsSync(`${path}.damaged`), events()]).toEqual([false, []])
  } finally {
    other.close()
  }
  expect(openStore().list('moves')).toHaveLength(100)
})

test('a folder that is not there throws with its path, and is not reported as damage', () => {
  path = join(directory, 'none', 'records.sqlite')
  expect(openStore).toThrow(`DISK_FAILED at ${path}`)
  expect(events()).toEqual([])
})

test('R45: a full disk throws DISK_FULL, undoes the transaction and serves what is there', () => {
  const store = openStore()
  store.put('moves', 'mv-1', 'kept')
  store.close()
  const bounded = openSqliteStore({ path, log, bytesMax: 64 * 1024 })
  open.push(bounded)
  expect(() => fill(bounded)).toThrow('DISK_FULL')
  expect(bounded.list('moves')).toEqual([{ key: 'mv-1', value: 'kept' }])
  expect(() => bounded.put('moves', 'mv-2', 'x'.repeat(64 * 1024))).toThrow('DISK_FULL')
  bounded.put('moves', 'mv-2', 'small')
  expect(bounded.list('moves')).toHaveLength(2)
})

function edit(sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

function overwrite(file: string, offset: number, bytes: Buffer): void {
  const whole = readFileSync(file)
  bytes.copy(whole, offset)
  writeFileSync(file, whole)
}
