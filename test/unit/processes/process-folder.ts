// A run directory for tests, and processes that stand for those of a farm.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nameProcess, type ProcessName } from '../../../src/drivers/process/proc.ts'
import type { ProcessNote } from '../../../src/processes/run-directory.ts'
import { type FarmConfig, requireFarmConfig } from '../../../src/runtime/farm-config.ts'

export interface ProcessFolder {
  readonly path: string
  /** Runs until it is ended; `ready` as soon as it has printed something. */
  run(args: readonly string[]): Promise<ChildProcess>
  remove(): Promise<void>
}

export function makeProcessFolder(): ProcessFolder {
  const top = mkdtempSync(join(tmpdir(), 'run-directory-'))
  const running: ChildProcess[] = []
  return {
    path: join(top, 'run'),
    async run(args) {
      const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
      running.push(child)
      await once(child.stdout, 'data')
      return child
    },
    async remove() {
      for (const child of running) child.kill('SIGKILL')
      rmSync(top, { recursive: true, force: true })
    },
  }
}

/** Prints a dot and stays. */
export const stays = ['-e', 'process.stdout.write("."); setInterval(() => {}, 1000)']

/** As the kernel sees it: the news of an end comes a moment later. */
export function isRunning({ pid = 0 }: ChildProcess): boolean {
  return nameProcess(pid) !== undefined
}

export function nameOf({ pid = 0 }: ChildProcess): ProcessName {
  const name = nameProcess(pid)
  if (!name) throw new Error(`process ${pid} is not there`)
  return name
}

/** As the process itself would have written it. */
export function writeProcessNote(path: string, note: ProcessNote): void {
  writeFileSync(join(path, 'notes', `process-${note.node}.json`), JSON.stringify(note))
}

/** Two blades a cabinet, one account. */
export function smallFarm(cabinets: readonly string[] = ['c01'], more = ''): FarmConfig {
  const text = `
site: { id: here, longitude: 0 }
images: ./images
volumes: ./volumes
cabinets: [${cabinets.map((id) => `{ id: ${id}, slots: 2, boardType: process }`).join(', ')}]
accounts:
  - id: shop
    groups:
      - { id: web, port: 18079, priority: 0.5, responseLimitMs: 250, roles: [
          { id: front, image: shop-web, boardTypes: [process], committed: 1, initial: 1, max: 2, ratePerBlade: 100, volumes: [], networks: [front], healthPath: /healthz } ] }
${more}`
  return requireFarmConfig(text, 'small.yaml')
}
