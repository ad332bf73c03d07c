// A disk on a virtual clock that keeps the two truths of a real one apart: what was written, and what would survive.
// A crash keeps what was synced, and of the rest what chance leaves: any prefix of the unsynced bytes of each file, so that
// the last frame may be torn anywhere. Answers to calls from before a crash never come: the process that asked is dead.

import { isDiskFileName } from '../drivers/disk-file-name.ts'
import type { ErrorCode } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Random } from '../ports/random.ts'
import type { Answer, Result } from '../ports/result.ts'

export interface SimulatedDisk extends Disk {
  /** Power loss, or the death of the process: unsynced bytes are torn or lost. The disk can be used again at once. */
  crash(): void
  /** While on, appends and replacements answer DISK_FULL; what is written and synced stays readable. */
  fill(on: boolean): void
  /** Each call takes this long (default 0.05 ms; a sync four times as long). */
  slow(callMs: number): void
  /** Flips one bit of a byte, of what was written and of what would survive. */
  corrupt(file: string, offset: number): void
  /** While on, a sync answers and makes nothing durable. */
  forgetsSync(on: boolean): void
  /** Flips one bit, anywhere; false when the disk is empty. */
  corruptSomewhere(): boolean
  /** Another disk in its place, empty. */
  replaceDisk(): void
  /** While on, every call answers DISK_FAILED. */
  failing(on: boolean): void
}

interface File {
  /** Written: the first `size` bytes. Grows by doubling, or a long journal would copy itself at each append. */
  buffer: Uint8Array
  size: number
  /** What was written at the last sync: the first `syncedSize` bytes. */
  synced: Uint8Array
  syncedSize: number
  /** So many bytes at the front are the same in both: a truncation lowers it, the next sync raises it. */
  sameBytes: number
}

/** Of a disk that is well. */
export const defaultCallMs = 0.05

export function createSimulatedDisk({ clock, random }: { clock: Clock; random: Random }): SimulatedDisk {
  const files = new Map<string, File>()
  const freeFromMs = new Map<string, number>()
  let life = 0
  let callMs = defaultCallMs
  let isFull = false
  let isFailing = false
  let isForgetful = false

  /** One after the other for each file; the effect happens when the call is done, not when it is made. */
  function inTurn<T>(file: string, weight: number, work: () => Result<T>, answer: Answer<T>): void {
    const asked = life
    const doneMs = Math.max(clock.monotonic(), freeFromMs.get(file) ?? 0) + callMs * weight
    freeFromMs.set(file, doneMs)
    clock.setTimer(doneMs - clock.monotonic(), () => {
      if (asked !== life) return
      if (file !== allFiles && !isDiskFileName(file)) answer(failed('DISK_NAME_INVALID', file))
      else if (isFailing) answer(failed('DISK_FAILED', 'simulated input/output error'))
      else answer(work())
    })
  }

  function fileOf(name: string): File {
    const found = files.get(name) ?? fileWith(new Uint8Array())
    files.set(name, found)
    return found
  }

  function crashFile(name: string, file: File): void {
    const [undone, kept] = [random.next() < 0.5, random.next()]
    const unsyncedBytes = file.size - file.sameBytes
    // A truncation that was not synced may be undone; then nothing written after it is there.
    const survivors =
      file.syncedSize > file.sameBytes && undone
        ? file.synced.slice(0, file.syncedSize)
        : file.buffer.slice(0, file.sameBytes + Math.floor(kept * (unsyncedBytes + 1)))
    if (survivors.byteLength === 0) files.delete(name)
    else files.set(name, fileWith(survivors))
  }

  return {
    append(name, bytes, answer) {
      const copy = new Uint8Array(bytes)
      inTurn(
        name,
        1,
        () => {
          if (isFull) return full
          append(fileOf(name), copy)
          return done(undefined)
        },
        answer,
      )
    },
    sync: (name, answer) =>
      inTurn(
        name,
        4,
        () => {
          const file = fileOf(name)
          if (isForgetful) return done(undefined)
          file.synced = roomFor(file.synced, file.size)
          file.synced.set(file.buffer.subarray(file.sameBytes, file.size), file.sameBytes)
          file.syncedSize = file.size
          file.sameBytes = file.size
          return done(undefined)
        },
        answer,
      ),
    read: (name, answer) => inTurn(name, 1, () => done(contentOf(files.get(name))), answer),
    truncate: (name, size, answer) =>
      inTurn(
        name,
        1,
        () => {
          const file = fileOf(name)
          file.size = Math.min(file.size, size)
          file.sameBytes = Math.min(file.sameBytes, size)
          return done(undefined)
        },
        answer,
      ),
    replace(name, bytes, answer) {
      const copy = new Uint8Array(bytes)
      inTurn(
        name,
        4,
        () => {
          if (isFull) return full
          files.set(name, fileWith(copy))
          return done(undefined)
        },
        answer,
      )
    },
    list: (answer) => inTurn(allFiles, 1, () => done([...files.keys()].sort()), answer),
    remove: (name, answer) =>
      inTurn(
        name,
        1,
        () => {
          files.delete(name)
          return done(undefined)
        },
        answer,
      ),
    crash() {
      life += 1
      freeFromMs.clear()
      for (const [name, file] of [...files]) crashFile(name, file)
    },
    fill(on) {
      isFull = on
    },
    slow(ms) {
      callMs = ms
    },
    corrupt(name, offset) {
      const { buffer, synced } = fileOf(name)
      for (const bytes of [buffer, synced]) bytes[offset] = (bytes[offset] ?? 0) ^ 0x10
    },
    forgetsSync(on) {
      isForgetful = on
    },
    corruptSomewhere() {
      const names = [...files.keys()].filter((name) => (files.get(name)?.size ?? 0) > 0).sort()
      const name = names[Math.floor(random.next() * names.length)]
      if (name === undefined) return false
      this.corrupt(name, Math.floor(random.next() * fileOf(name).size))
      return true
    },
    replaceDisk() {
      life += 1
      freeFromMs.clear()
      files.clear()
    },
    failing(on) {
      isFailing = on
    },
  }
}

/** The turn of calls that are on no file; no file can have this name. */
const allFiles = '*'

const full = failed('DISK_FULL', 'simulated: no space left')

function done<T>(value: T): Result<T> {
  return { ok: true, value }
}

function failed(code: ErrorCode, detail: string): { ok: false; code: ErrorCode; detail: string } {
  return { ok: false, code, detail }
}

function fileWith(bytes: Uint8Array): File {
  // Not `slice`: that of a Buffer is no copy.
  const [buffer, synced] = [new Uint8Array(bytes), new Uint8Array(bytes)]
  const size = bytes.byteLength
  return { buffer, size, synced, syncedSize: size, sameBytes: size }
}

function contentOf(file: File | undefined): Uint8Array {
  return file ? file.buffer.slice(0, file.size) : new Uint8Array()
}

function append(file: File, bytes: Uint8Array): void {
  const size = file.size + bytes.byteLength
  file.buffer = roomFor(file.buffer, size)
  file.buffer.set(bytes, file.size)
  file.size = size
}

/** The same bytes, with room for so many. */
function roomFor(buffer: Uint8Array, size: number): Uint8Array {
  if (size <= buffer.byteLength) return buffer
  const larger = new Uint8Array(Math.max(size, 2 * buffer.byteLength, 1024))
  larger.set(buffer)
  return larger
}
