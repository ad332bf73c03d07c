// Where a process blade lives on disk, and as whom it runs.
//   <directory>/            the board's own: records in files that the blade cannot read
//     root/                 all that the blade may read: image/ and data/
//     logs/                 what the blade printed; it writes through an open file and cannot read it back
//     staging/              volumes being copied, not yet the blade's
import { chmodSync, chownSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { BladeId } from '../../protocol/ids.ts'
import { makeFolder, type Owner } from './plain-tree.ts'

export interface BladePlace {
  readonly blade: BladeId
  readonly directory: string
  readonly root: string
  readonly image: string
  readonly data: string
  readonly logs: string
  readonly staging: string
  /** User and group id of this blade alone; null when it runs as the agent's own user. */
  readonly uid: number | null
}

export function createBladePlace(blade: BladeId, directory: string, uid: number | null): BladePlace {
  const top = resolve(directory)
  const root = join(top, 'root')
  const place = { blade, directory: top, root, image: join(root, 'image'), data: join(root, 'data'), uid }
  mkdirSync(top, { recursive: true, mode: 0o700 })
  // Others may pass through to `root`, which is closed to all but this blade; they may not list what is here.
  chmodSync(top, uid === null ? 0o700 : 0o711)
  return { ...place, logs: join(top, 'logs'), staging: join(top, 'staging') }
}

export function ownerOf(place: BladePlace): Owner | null {
  return place.uid === null ? null : { gid: place.uid }
}

/** The directories that a blade reads, with nobody else's rights on them. */
export async function makeRoot(place: BladePlace): Promise<void> {
  await makeFolder(place.root, ownerOf(place))
  await makeFolder(place.data, ownerOf(place))
}

/**
 * From the widest to what a container's root usually still owns. Farms on one machine are kept apart by their directory: two of
 * them share a range by chance 1 in `farms`; then a scrub finds the other's processes and fails, safely.
 */
const uidRanges = [
  { first: 1_500_000_000, farms: 20_000, perFarm: 10_000, cabinetMax: 99 },
  { first: 20_000, farms: 40, perFarm: 1000, cabinetMax: 9 },
] as const

export interface BladeUser {
  readonly uid: number | null
  /** Why it has no uid of its own; null when it has one. Said at start (isolation). */
  readonly whyShared: string | null
}

/**
 * A uid for each blade where the agent is root and can hand them out.
 * @param farm directory of the whole farm on this machine; must exist
 */
export function chooseBladeUser(blade: BladeId, farm: string, nodeBinary: string): BladeUser {
  if (process.getuid?.() !== 0) return { uid: null, whyShared: 'not started as root' }
  const closed = firstClosedFolder(farm) ?? firstClosedFolder(dirname(nodeBinary))
  if (closed !== undefined) return { uid: null, whyShared: `other users may not pass through ${closed}` }
  const cabinet = Number(blade.slice(1, 3))
  const hash = hashOf(resolve(farm))
  const uids = uidRanges
    .filter(({ cabinetMax }) => cabinet <= cabinetMax)
    .map(({ first, farms, perFarm }) => first + (hash % farms) * perFarm + cabinet * 100 + Number(blade.slice(5, 7)))
  const uid = uids.find((one) => canBeHandedOut(farm, one))
  return uid === undefined
    ? { uid: null, whyShared: `none of the uids ${uids.join(', ')} can be used here` }
    : { uid, whyShared: null }
}

/** The folder or a parent of it without search permission for others. */
function firstClosedFolder(path: string): string | undefined {
  let folder = resolve(path)
  for (;;) {
    if ((statSync(folder).mode & 0o001) === 0) return folder
    const parent = dirname(folder)
    if (parent === folder) return undefined
    folder = parent
  }
}

/** A container's root may own fewer ids than it seems. */
function canBeHandedOut(farm: string, uid: number): boolean {
  const probe = join(farm, `.uid-${uid}`)
  try {
    mkdirSync(probe, { recursive: true })
    chownSync(probe, uid, uid)
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
