// What a former farm of a run directory may have left running: its processes, when their launcher was killed a moment ago, and its
// blades, which outlive everybody. They are found by what they are, not by the present configuration: that may have changed since.
import { rmSync } from 'node:fs'
import { systemClock } from '../drivers/node/system-clock.ts'
import { endProcess, processesAt } from '../drivers/process/blade-process.ts'
import { isAlive } from '../drivers/process/proc.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { BladeId } from '../protocol/ids.ts'
import { placeOf } from './blade-places.ts'
import { allLivingProcesses } from './run-directory.ts'

/** For each, between being asked to end and being ended. */
const processGraceMs = 4_000
const bladeGraceMs = 1_000

/** RUN_DIRECTORY_IN_USE when one was started by no launcher, and then none is touched; or when one cannot be ended. */
export async function endLeftovers(path: string, log: Log): Promise<void> {
  const found = allLivingProcesses(path).filter(({ process: { pid } }) => pid !== process.pid)
  const untied = found.find(({ isTied }) => !isTied)
  if (untied) throw inUse(path, `process ${untied.process.pid} is ${untied.node} here, and no launcher started it`)
  for (const { node, process: name } of found) {
    if (!isAlive(name)) continue
    log.warn('launcher.leftover.ended', { node, pid: name.pid })
    const isGone = await endProcess(systemClock, name, processGraceMs)
    if (!isGone) throw inUse(path, `process ${name.pid}, ${node}, cannot be ended`)
  }
}

/** Whatever runs at the places of these blades, whoever started it. RUN_DIRECTORY_IN_USE when something cannot be ended. */
export async function endBlades(path: string, blades: readonly BladeId[]): Promise<void> {
  const ends = blades.flatMap((blade) =>
    processesAt(placeOf(path, blade).place).map(async (name) => {
      const isGone = await endProcess(systemClock, name, bladeGraceMs)
      if (!isGone) throw inUse(path, `process ${name.pid}, blade ${blade}, cannot be ended`)
    }),
  )
  // The first that fails is told when all were tried.
  await Promise.allSettled(ends)
  await Promise.all(ends)
}

/** At once, without waiting for it. */
export function killBlades(path: string, blades: readonly BladeId[]): void {
  for (const { pid } of blades.flatMap((blade) => processesAt(placeOf(path, blade).place))) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

/** For blades that the farm no longer has: nobody would ever scrub them. */
export async function removeBlades(path: string, blades: readonly BladeId[]): Promise<void> {
  await endBlades(path, blades)
  for (const blade of blades) rmSync(placeOf(path, blade).place.directory, { recursive: true, force: true })
}

function inUse(path: string, detail: string): ConfigError {
  return new ConfigError('RUN_DIRECTORY_IN_USE', detail, path)
}
