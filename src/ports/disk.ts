import type { Answer } from './result.ts'

/** A leader whose disk takes longer over a record that its peer has already is not the one to lead. Above what a busy disk takes. */
export const diskSlowMs = 1_000

/**
 * Files of one owner, by flat name (`[a-z0-9.-]`, ≤ 64 characters). Durable means: survives kill -9 and power loss.
 * Calls on one file are performed in call order. Errors: DISK_FULL, DISK_FAILED, DISK_NAME_INVALID.
 */
export interface Disk {
  /** Adds bytes at the end; not durable before `sync` answers. A torn append may leave any prefix. */
  append(file: string, bytes: Uint8Array, answer: Answer<void>): void
  /** Everything appended before is durable once it answers. */
  sync(file: string, answer: Answer<void>): void
  /** The whole file; an empty array when there is none. */
  read(file: string, answer: Answer<Uint8Array>): void
  truncate(file: string, size: number, answer: Answer<void>): void
  /** Atomic and durable: afterwards the file holds either the old bytes or the new ones, whole. */
  replace(file: string, bytes: Uint8Array, answer: Answer<void>): void
  list(answer: Answer<readonly string[]>): void
  remove(file: string, answer: Answer<void>): void
}
