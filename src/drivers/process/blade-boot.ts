// What a blade finds at power-on: a fresh copy of its image, who it is, and the canaries that a later scrub must make vanish.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Result } from '../../ports/result.ts'
import type { BootPointers } from '../../protocol/board.ts'
import { type BladePlace, makeRoot, ownerOf } from './blade-place.ts'
import { digestImage, imageBounds, imageDirectory, imageProblem } from './image-store.ts'
import { copyTree, isSystemError, writeOwned } from './plain-tree.ts'

export interface Boot {
  readonly pointers: BootPointers
  readonly bootId: string
  readonly canary: string
}

/** Repeatable: what an interrupted attempt left is replaced. Errors: those of the image. */
export async function layBoot(place: BladePlace, images: string, boot: Boot): Promise<Result<void>> {
  await rm(place.image, { recursive: true, force: true })
  await rm(place.logs, { recursive: true, force: true })
  await makeRoot(place)
  const copied = await copyImage(place, images, boot.pointers)
  if (!copied.ok) return copied
  const { group, role, imageDigest } = boot.pointers
  await put(place, place.image, 'boot.json', JSON.stringify({ group, role, imageDigest, bootId: boot.bootId }))
  await put(place, place.image, '.canary', boot.canary)
  // What an image means must not depend on a package.json above the farm's directory.
  await put(place, place.root, 'package.json', '{}')
  await mkdir(place.logs, { mode: 0o700 })
  await writeFile(join(place.logs, '.canary'), boot.canary, { mode: 0o600 })
  return { ok: true, value: undefined }
}

async function put(place: BladePlace, folder: string, name: string, text: string): Promise<void> {
  await rm(join(folder, name), { recursive: true, force: true })
  await writeOwned(join(folder, name), text, ownerOf(place))
}

/** The digest is taken of the copy: what was checked is what runs, whoever touches the store meanwhile. */
async function copyImage(place: BladePlace, images: string, pointers: BootPointers): Promise<Result<void>> {
  const from = imageDirectory(images, pointers.image)
  if (from === undefined) return { ok: false, code: 'IMAGE_UNKNOWN', detail: `no image ${pointers.image}` }
  try {
    await copyTree(from, place.image, imageBounds, ownerOf(place))
  } catch (error) {
    if (isSystemError(error, 'ENOSPC')) throw error
    return imageProblem(from, error)
  }
  return sameDigest(digestImage(place.image), pointers)
}

/** Whether the store holds the image that the pointers name. */
export function checkPointers(images: string, pointers: BootPointers): Result<void> {
  const directory = imageDirectory(images, pointers.image)
  if (directory === undefined) return { ok: false, code: 'IMAGE_UNKNOWN', detail: `no image ${pointers.image}` }
  return sameDigest(digestImage(directory), pointers)
}

function sameDigest(found: Result<string>, pointers: BootPointers): Result<void> {
  if (!found.ok) return found
  if (found.value === pointers.imageDigest) return { ok: true, value: undefined }
  return { ok: false, code: 'IMAGE_DIGEST_MISMATCH', detail: `${pointers.image} is ${found.value}` }
}
