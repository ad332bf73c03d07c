// The image store of an agent: one directory an image, `<images>/<name>/server.js` and whatever it needs beside it.
// The digest names the files and what is in them, not their modes, owners or times: the same image has the same digest on
// every machine and after every copy. A blade gets a copy, and the digest is taken of the *copy*, so what was checked is what runs.
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../../ports/result.ts'
import { listTree, readPlainFile, type TreeBounds, TreeError } from './plain-tree.ts'

/** Hashing is synchronous and so is bounded: the largest image holds the agent up for about 0.1 s. */
export const imageBounds: TreeBounds = { filesMax: 4096, bytesMax: 32 * 1024 * 1024 }

const nameOfImage = /^[a-z0-9][a-z0-9._-]{0,127}$/

/**
 * `sha256:<hex>` over (path, size, contents) of all files in path order.
 * Errors: IMAGE_UNKNOWN (no such directory), IMAGE_HAS_SYMLINK (a link or other special file), IMAGE_UNUSABLE (no server.js, too large).
 */
export function digestImage(directory: string): Result<string> {
  try {
    return digestFiles(directory, listTree(directory, imageBounds))
  } catch (error) {
    return imageProblem(directory, error)
  }
}

function digestFiles(directory: string, files: readonly string[]): Result<string> {
  if (!files.includes('server.js')) return unusable(directory, 'it has no server.js')
  const hash = createHash('sha256')
  let bytesLeft = imageBounds.bytesMax
  for (const path of files) {
    const bytes = readPlainFile(directory, path, bytesLeft)
    bytesLeft -= bytes.length
    // Lengths first: no choice of names and contents can look like another one.
    hash.update(`${Buffer.byteLength(path)}:${path}:${bytes.length}:`).update(bytes)
  }
  return { ok: true, value: `sha256:${hash.digest('hex')}` }
}

/** What reading or copying an image failed with, as the port says it. Anything unforeseen is thrown on. */
export function imageProblem(directory: string, error: unknown): Result<never> {
  if (!(error instanceof TreeError)) return unusable(directory, error instanceof Error ? error.message : String(error))
  switch (error.problem) {
    case 'missing':
      return { ok: false, code: 'IMAGE_UNKNOWN', detail: `${directory} does not exist` }
    case 'special':
      return { ok: false, code: 'IMAGE_HAS_SYMLINK', detail: `${join(directory, error.path)} is no plain file` }
    case 'tooLarge':
      return unusable(
        directory,
        `${error.path} goes beyond ${imageBounds.filesMax} files or ${imageBounds.bytesMax} bytes`,
      )
  }
}

function unusable(directory: string, why: string): Result<never> {
  return { ok: false, code: 'IMAGE_UNUSABLE', detail: `${directory}: ${why}` }
}

/** Where an image lies; undefined when the name could lead out of the store. */
export function imageDirectory(images: string, name: string): string | undefined {
  return nameOfImage.test(name) ? join(images, name) : undefined
}

/** Every image of the store with its digest or with what is wrong with it, by name: what a configuration is checked against. */
export function listImages(images: string): ReadonlyMap<string, Result<string>> {
  const entries = readdirSync(images, { withFileTypes: true }).filter((entry) => !entry.isFile())
  const names = entries.map((entry) => entry.name).filter((name) => nameOfImage.test(name))
  return new Map(names.sort().map((name) => [name, digestImage(join(images, name))]))
}
