// Where the process blades of a run directory live, and as whom.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BladePlace, chooseBladeUser, createBladePlace } from '../drivers/process/blade-place.ts'
import { type BladeId, bladeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { bladesOf } from '../runtime/farm-layout.ts'
import { bladesFolder } from './run-directory.ts'

/** And why it has no user of its own, or null. */
export function placeOf(path: string, blade: BladeId): { place: BladePlace; whyShared: string | null } {
  const blades = presentBladesFolder(path)
  const { uid, whyShared } = chooseBladeUser(blade, blades, process.execPath)
  return { place: createBladePlace(blade, join(blades, blade), uid), whyShared }
}

/** Those of the configuration and those that have a place here from former ones. */
export function allBlades(path: string, config: FarmConfig): readonly BladeId[] {
  return [...new Set([...bladesOf(config).map(({ blade }) => blade), ...bladesFoundAt(path)])]
}

/** Those that have a place here and are not of the configuration. */
export function strangeBlades(path: string, config: FarmConfig): readonly BladeId[] {
  const own = new Set(bladesOf(config).map(({ blade }) => blade))
  return bladesFoundAt(path).filter((blade) => !own.has(blade))
}

function bladesFoundAt(path: string): readonly BladeId[] {
  return readdirSync(presentBladesFolder(path)).flatMap((name) => bladeId.safeParse(name).data ?? [])
}

/** Somebody may have removed it under a running farm, whose blades are still to be found. */
function presentBladesFolder(path: string): string {
  const folder = bladesFolder(path)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  return folder
}
