// Files of one directory behind the Disk port. Calls on one file are queued and performed one after the other.
// A file is made durable by fsync of the file, and its name, when new or replaced, by fsync of the directory: without the
// second a file can be gone after a power loss although its bytes had been synced.
import { constants, mkdirSync } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '../../errors.ts'
import type { Disk } from '../../ports/disk.ts'
import type { Answer } from '../../ports/result.ts'
import { isDiskFileName, temporarySuffix } from '../disk-file-name.ts'

/** Makes the directory (mode 0700) when it is missing; throws when that fails. One owner at a time. */
export function createFileDisk(directory: string): Disk {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const lastCalls = new Map<string, Promise<void>>()
  // Whether the name itself is durable.
  const syncedNames = new Set<string>()

  function inTurn<T>(file: string, work: (path: string) => Promise<T>, answer: Answer<T>): void {
    if (!isDiskFileName(file)) {
      process.nextTick(answer, { ok: false, code: 'DISK_NAME_INVALID', detail: file })
      return
    }
    const turn = (lastCalls.get(file) ?? Promise.resolve())
      .then(() => work(join(directory, file)))
      .then(
        (value) => () => answer({ ok: true, value }),
        (error: NodeJS.ErrnoException) => () => answer({ ok: false, code: codeOf(error), detail: error.message }),
      )
      .then((say) => {
        if (lastCalls.get(file) === turn) lastCalls.delete(file)
        // Out of the promise, or a throw of the caller's would look like the disk's.
        process.nextTick(say)
      })
    lastCalls.set(file, turn)
  }

  async function syncName(file: string): Promise<void> {
    if (syncedNames.has(file)) return
    await withFile(directory, constants.O_RDONLY, (handle) => handle.sync())
    syncedNames.add(file)
  }

  return {
    append(file, bytes, answer) {
      const copy = bytes.slice()
      inTurn(file, (path) => withFile(path, appending, (handle) => writeAll(handle, copy)), answer)
    },
    sync: (file, answer) =>
      inTurn(
        file,
        async (path) => {
          await withFile(path, appending, (handle) => handle.datasync())
          await syncName(file)
        },
        answer,
      ),
    read: (file, answer) => inTurn(file, readOrEmpty, answer),
    truncate: (file, size, answer) =>
      inTurn(file, (path) => withFile(path, appending, (handle) => handle.truncate(size)), answer),
    replace(file, bytes, answer) {
      const copy = bytes.slice()
      inTurn(
        file,
        async (path) => {
          const temporary = path + temporarySuffix
          await withFile(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, async (handle) => {
            await writeAll(handle, copy)
            await handle.sync()
          })
          await rename(temporary, path)
          syncedNames.delete(file)
          await syncName(file)
        },
        answer,
      )
    },
    list(answer) {
      readdir(directory).then(
        (names) => process.nextTick(answer, { ok: true, value: names.filter(isDiskFileName).sort() }),
        (error: NodeJS.ErrnoException) =>
          process.nextTick(answer, { ok: false, code: codeOf(error), detail: error.message }),
      )
    },
    remove: (file, answer) =>
      inTurn(
        file,
        async (path) => {
          await rm(path, { force: true })
          syncedNames.delete(file)
          await syncName(file)
          syncedNames.delete(file)
        },
        answer,
      ),
  }
}

const appending = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND

async function withFile<T>(path: string, flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, flags, 0o600)
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}

/** `write` may take a part only. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.byteLength - written)
    written += bytesWritten
  }
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Uint8Array()
    throw error
  }
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'DISK_FULL' : 'DISK_FAILED'
}
