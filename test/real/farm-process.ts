// A farm of processes for tests: the command line as an operator runs it, in a run directory and on ports of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
export const cli = join(root, 'src/cli/bladewright.ts')

export interface FarmFolder {
  readonly folder: string
  readonly config: string
  readonly runDirectory: string
  readonly shopPort: number
  readonly newsPort: number
  remove(): void
}

/** Below the ports that the kernel gives to connections, and mostly not those of another run of these tests. */
let taken = 12_000 + (process.pid % 500) * 40

/** @param change of the demonstration's configuration */
export function makeFarmFolder(change: (text: string) => string = (text) => text): FarmFolder {
  const folder = mkdtempSync(join(tmpdir(), 'farm-'))
  taken += 4
  const [shopPort, newsPort, firstBusPort] = [taken, taken + 1, taken + 2]
  const text = readFileSync(join(root, 'examples/demo.yaml'), 'utf8')
    .replace('port: 8081', `port: ${shopPort}`)
    .replace('port: 8082', `port: ${newsPort}`)
    .replace('port: 43113', `port: ${firstBusPort}`)
    .replace('./images', join(root, 'examples/images'))
    .replace('./volumes', join(root, 'examples/volumes'))
  const config = join(folder, 'bladewright.yaml')
  writeFileSync(config, change(text))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  return { folder, config, runDirectory: join(folder, 'run'), shopPort, newsPort, remove }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export function run(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }
    execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
  })
}

export interface RunningFarm {
  readonly launcher: ChildProcess
  readonly upMs: number
  /** What it printed so far. */
  log(): string
  cli(...args: readonly string[]): Promise<Ran>
  status(): Promise<FarmStatus>
  until(isSo: (status: FarmStatus) => boolean, withinMs?: number): Promise<FarmStatus>
  stop(): Promise<number | null>
}

/** Starts it and waits until both groups serve. */
export async function startFarmProcess(
  { config, runDirectory }: FarmFolder,
  ...more: readonly string[]
): Promise<RunningFarm> {
  const began = Date.now()
  const args = [cli, 'start', '--config', config, '--run-dir', runDirectory, ...more]
  const launcher = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  launcher.stderr.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-2_000_000)
  })
  const ended = new Promise<number | null>((resolve) => launcher.once('close', resolve))
  const status = async () => {
    const { stdout, code, stderr } = await run('status', '--json', '--run-dir', runDirectory)
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as FarmStatus
  }
  const until: RunningFarm['until'] = async (isSo, withinMs = 20_000) => {
    const deadline = Date.now() + withinMs
    for (;;) {
      const seen = await status().catch(() => undefined)
      if (seen && isSo(seen)) return seen
      if (launcher.exitCode !== null) throw new Error(`the launcher ended: ${text.slice(-2000)}`)
      if (Date.now() > deadline) throw new Error(`not so after ${withinMs} ms: ${JSON.stringify(seen?.blades)}`)
    }
  }
  const stop = () => {
    launcher.kill('SIGINT')
    return ended
  }
  try {
    await until(isFull, 30_000)
  } catch (error) {
    await stop()
    throw error
  }
  const upMs = Date.now() - began
  return {
    launcher,
    upMs,
    log: () => text,
    cli: (...more) => run(...more, '--run-dir', runDirectory),
    status,
    until,
    stop,
  }
}

export function countOf(status: FarmStatus, group: string | null, lifecycle: string): number {
  return status.blades.filter((blade) => blade.group === group && blade.lifecycle === lifecycle).length
}

/** On a slow machine shop may have asked for more by the time somebody looks. */
function isFull(status: FarmStatus): boolean {
  return countOf(status, 'shop/web', 'joined') >= 2 && countOf(status, 'news/web', 'joined') >= 2
}

/** Groups held, nothing under way: what changes from here on has another cause than the load. */
export async function calmed(farm: RunningFarm): Promise<FarmStatus> {
  for (const group of ['shop/web', 'news/web']) await farm.cli('hold', group)
  return farm.until(({ moves, blades }) => moves.length === 0 && blades.every(({ board }) => board !== null))
}

export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
