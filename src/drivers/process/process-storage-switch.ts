// R06 for process blades: attaching a volume copies its files to where the blade may read them, detaching removes them. The blade
// cannot write, so nothing has to come back. A volume appears whole or not at all: it is copied beside the blade's directory,
// synced, then renamed into it. Whose volumes a blade holds is written down before the first byte is copied.
// What this does not do: a running blade that has read a file keeps what it read, until it is powered off.
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Answer, Result } from '../../ports/result.ts'
import type { StorageSwitch } from '../../ports/storage-switch.ts'
import { type BladeId, type GroupId, groupId } from '../../protocol/ids.ts'
import { type BladePlace, makeRoot, ownerOf } from './blade-place.ts'
import { parseJson, readIfThere, replaceFile, syncFolder } from './durable-file.ts'
import { copyTree, type TreeBounds, TreeError } from './plain-tree.ts'
import { systemProblem } from './system-problem.ts'

export interface ProcessStorageSwitchOptions {
  /** `<volumes>/<account>/<group>/<volume>/…`: plain files and directories. */
  readonly volumes: string
  readonly clock: Clock
  /** The blades of this agent; undefined for any other. */
  place(blade: BladeId): BladePlace | undefined
}

export const volumeBounds: TreeBounds = { filesMax: 16_384, bytesMax: 256 * 1024 * 1024 }

const volumeName = /^[a-z0-9][a-z0-9._-]{0,127}$/
const holder = z.object({ group: groupId })

const done: Result<void> = { ok: true, value: undefined }

function refuse(code: ErrorCode, detail: string): Result<never> {
  return { ok: false, code, detail }
}

export function createProcessStorageSwitch(options: ProcessStorageSwitchOptions): StorageSwitch {
  // One change at a time a blade; blades do not wait for each other.
  const inHand = new Map<BladeId, Promise<void>>()

  function inOrder<T>(blade: BladeId, answer: Answer<T>, work: () => Promise<Result<T>>): void {
    const before = inHand.get(blade) ?? Promise.resolve()
    const now = before.then(async () => {
      const result = await work().catch(volumeProblem)
      options.clock.setTimer(0, () => answer(result))
    })
    inHand.set(blade, now)
  }

  return {
    attach(blade, group, volumes, answer) {
      inOrder(blade, answer, async () => {
        const place = options.place(blade)
        if (!place) return refuse('VOLUME_FAILED', `no blade ${blade} here`)
        return attach(options.volumes, place, group, volumes)
      })
    },
    detach(blade, answer) {
      inOrder(blade, answer, async () => {
        const place = options.place(blade)
        if (place) await keepOnly(place, [])
        return done
      })
    },
    read(blade, answer) {
      const place = options.place(blade)
      const value = place ? held(place) : { group: null, volumes: [] }
      options.clock.setTimer(0, () => answer({ ok: true, value }))
    },
  }
}

async function attach(
  store: string,
  place: BladePlace,
  group: GroupId,
  volumes: readonly string[],
): Promise<Result<void>> {
  const present = held(place)
  const holds = present.group ?? (present.volumes.length > 0 ? 'somebody unknown' : group)
  if (holds !== group) return refuse('VOLUME_TAKEN', `${place.blade} holds volumes of ${holds}`)
  const unknown = volumes.find((volume) => !volumeName.test(volume) || !existsSync(join(store, group, volume)))
  if (unknown !== undefined) return refuse('VOLUME_UNKNOWN', `${group} has no volume ${unknown}`)
  replaceFile(holderFile(place), JSON.stringify({ group }))
  await keepOnly(place, volumes)
  await makeRoot(place)
  for (const volume of volumes) {
    if (!present.volumes.includes(volume)) await bring(join(store, group, volume), place, volume)
  }
  syncFolder(place.data)
  return done
}

async function bring(from: string, place: BladePlace, volume: string): Promise<void> {
  mkdirSync(place.staging, { recursive: true, mode: 0o700 })
  const staged = join(place.staging, volume)
  await copyTree(from, staged, volumeBounds, ownerOf(place))
  renameSync(staged, join(place.data, volume))
  await rm(place.staging, { recursive: true, force: true })
}

/** Removes all other volumes, and what an interrupted copy left. */
async function keepOnly(place: BladePlace, volumes: readonly string[]): Promise<void> {
  await rm(place.staging, { recursive: true, force: true })
  for (const volume of volumesIn(place)) {
    if (!volumes.includes(volume)) await rm(join(place.data, volume), { recursive: true, force: true })
  }
}

/** What is there, from the directory; whose it is, from what was written before it was brought. */
function held(place: BladePlace): { group: GroupId | null; volumes: readonly string[] } {
  const volumes = volumesIn(place)
  if (volumes.length === 0 && !existsSync(place.staging)) return { group: null, volumes }
  const parsed = holder.safeParse(parseJson(readIfThere(holderFile(place)) ?? ''))
  return { group: parsed.success ? parsed.data.group : null, volumes }
}

function volumesIn(place: BladePlace): readonly string[] {
  return existsSync(place.data) ? readdirSync(place.data).sort() : []
}

function holderFile(place: BladePlace): string {
  return join(place.directory, 'volumes.json')
}

function volumeProblem(error: unknown): Result<never> {
  if (!(error instanceof TreeError)) return systemProblem(error, 'VOLUME_FAILED')
  return refuse('VOLUME_FAILED', `${error.path || 'the volume'}: ${error.problem}`)
}
