// Files of one directory behind the Disk port. Calls on one file are queued and performed one after the other.
// A file is made durable by fsync of the file, and its name, when new or replaced, by fsync of the directory: without the
// second a file can be gone after a power loss although its bytes had been synced.
// A file that is appended to stays open, by its number: an append and its sync are two calls, not six, and an error of the kernel's
// own writing is told to the descriptor that wrote.
import { close, constants, fdatasync, ftruncate, mkdirSync, open as openNumber, write } from 'node:fs'
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

  const descriptors = new Map<string, number>()

  async function descriptorOf(file: string): Promise<number> {
    const known = descriptors.get(file)
    if (known !== undefined) return known
    const opened = await openAs(join(directory, file), appending, 0o600)
    descriptors.set(file, opened)
    return opened
  }

  /** The name is about to mean another file. */
  async function forget(file: string): Promise<void> {
    const known = descriptors.get(file)
    descriptors.delete(file)
    if (known !== undefined) await closeOf(known)
  }

  function inTurn<T>(file: string, work: (path: string) => Promise<T>, answer: Answer<T>): void {
    if (!isDiskFileName(file)) {
      process.nextTick(answer, { ok: false, code: 'DISK_NAME_INVALID', detail: file })
      return
    }
    const turn = (lastCalls.get(file) ?? Promise.resolve())
      .then(() => work(join(directory, file)))
      .then(
        (value) => () => answer({ ok: true, value }),
        (error: NodeJS.ErrnoException) => () =>
          answer({ ok: false, code: diskErrorCode(error), detail: error.message }),
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
      // Not `slice`: that of a Buffer is no copy.
      const copy = new Uint8Array(bytes)
      inTurn(file, async () => appendAll(await descriptorOf(file), copy), answer)
    },
    sync: (file, answer) =>
      inTurn(
        file,
        async () => {
          await syncOf(await descriptorOf(file))
          await syncName(file)
        },
        answer,
      ),
    read: (file, answer) => inTurn(file, readOrEmpty, answer),
    truncate: (file, size, answer) => inTurn(file, async () => truncateTo(await descriptorOf(file), size), answer),
    replace(file, bytes, answer) {
      const copy = new Uint8Array(bytes)
      inTurn(
        file,
        async (path) => {
          const temporary = path + temporarySuffix
          await withFile(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, async (handle) => {
            await writeAll(handle, copy)
            await handle.sync()
          })
          await forget(file)
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
          process.nextTick(answer, { ok: false, code: diskErrorCode(error), detail: error.message }),
      )
    },
    remove: (file, answer) =>
      inTurn(
        file,
        async (path) => {
          await forget(file)
          await rm(path, { force: true })
          syncedNames.delete(file)
          await syncName(file)
          syncedNames.delete(file)
        },
        answer,
      ),
  }
}

const openAs = promisify(openNumber)
const closeOf = promisify(close)
const syncOf = promisify(fdatasync)
const truncateTo = promisify(ftruncate)
const writeTo = promisify(write)

async function appendAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const { bytesWritten } = await writeTo(descriptor, bytes, written, bytes.byteLength - written, null)
    written += bytesWritten
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

/** No room on the device, in the quota, or below the process's limit on file sizes. */
const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

export function diskErrorCode(error: NodeJS.ErrnoException): ErrorCode {
  return fullCodes.has(error.code ?? '') ? 'DISK_FULL' : 'DISK_FAILED'
}
