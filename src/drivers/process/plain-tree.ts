// Trees of plain files and directories: what images and volumes are made of. Nothing else is followed, read or copied:
// a symbolic link would let one account's image show another's files, a pipe or device would hang the agent.
// Every file is opened without following links and checked again once open, so swapping it after the listing gains nothing.
import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface TreeBounds {
  readonly filesMax: number
  readonly bytesMax: number
}

export type TreeProblem = 'missing' | 'special' | 'tooLarge'

/** `path` is where the trouble is, relative to the tree; '' is the tree itself. */
export class TreeError extends Error {
  readonly problem: TreeProblem
  readonly path: string
  constructor(problem: TreeProblem, path: string) {
    super(`${problem} at ${path || 'its top'}`)
    this.problem = problem
    this.path = path
  }
}

/** A blade's files belong to root and its own group id, readable and not writable by it; without own ids, to the agent's user. */
export interface Owner {
  readonly gid: number
}

const readOnlyPlain = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Relative paths of all files, sorted by code unit. Throws TreeError. */
export function listTree(directory: string, bounds: TreeBounds): readonly string[] {
  const top = lstatSync(directory, { throwIfNoEntry: false })
  if (!top) throw new TreeError('missing', '')
  if (!top.isDirectory()) throw new TreeError('special', '')
  const files: string[] = []
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(join(directory, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) files.push(path)
      else throw new TreeError('special', path)
      if (files.length + pending.length > bounds.filesMax) throw new TreeError('tooLarge', path)
    }
  }
  return files.sort((a, b) => (a < b ? -1 : 1))
}

/** Throws TreeError when it is no plain file or larger than `bytesMax`. */
export function readPlainFile(directory: string, path: string, bytesMax: number): Buffer {
  const descriptor = openPlain(directory, path)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) throw new TreeError('special', path)
    if (stat.size > bytesMax) throw new TreeError('tooLarge', path)
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function openPlain(directory: string, path: string): number {
  try {
    return openSync(join(directory, path), readOnlyPlain)
  } catch (error) {
    if (isSystemError(error, 'ELOOP')) throw new TreeError('special', path)
    throw error
  }
}

/**
 * Copies the tree, file by file, never by link. `to` must not exist; its parent must. Every byte is on the disk when it resolves.
 * Throws TreeError or a system error; then `to` holds a part and is the caller's to remove.
 */
export async function copyTree(from: string, to: string, bounds: TreeBounds, owner: Owner | null): Promise<void> {
  const files = listTree(from, bounds)
  let bytesLeft = bounds.bytesMax
  await makeFolder(to, owner)
  for (const path of files) {
    const bytes = readPlainFile(from, path, bytesLeft)
    bytesLeft -= bytes.length
    await makeFolders(to, dirname(path), owner)
    await writeOwned(join(to, path), bytes, owner)
  }
}

async function makeFolders(top: string, folder: string, owner: Owner | null): Promise<void> {
  if (folder === '.') return
  await makeFolders(top, dirname(folder), owner)
  await makeFolder(join(top, folder), owner)
}

/** Creates the directory unless it is there. Rights are set either way: a crash may have come between the two. */
export async function makeFolder(path: string, owner: Owner | null): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    if (!(await lstat(path)).isDirectory()) throw new TreeError('special', path)
  }
  if (!owner) return
  await chown(path, 0, owner.gid)
  await chmod(path, 0o750)
}

export async function writeOwned(path: string, bytes: Uint8Array | string, owner: Owner | null): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    if (owner) {
      await file.chown(0, owner.gid)
      await file.chmod(0o640)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
