// A blade's process: how it is started, found again and ended. It is started detached, with its output in files, so that it lives
// on when its agent dies; and with as little as Node can give: one directory to read, two variables, no children, workers,
// addons, inspector or writes. What that leaves open is in isolation.ts.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../ports/clock.ts'
import type { BladePlace } from './blade-place.ts'
import {
  allPids,
  argumentsOf,
  isAlive,
  nameProcess,
  openFilesOf,
  type ProcessName,
  realUidOf,
  tcpSockets,
} from './proc.ts'

/** A runaway image ends itself before it presses the others out of memory. */
const heapMegabytesMax = 128

export interface StartOptions {
  readonly nodeBinary: string
  readonly port: number
  /** Goes with the arguments, where a process of this boot can be told from outside. */
  readonly canary: string
  readonly exited: () => void
}

/** The permission model does not reach node:sqlite, which would read and write databases anywhere; so a blade has none. */
const fixedFlags = ['--no-experimental-sqlite', '--disable-sigusr1', `--max-old-space-size=${heapMegabytesMax}`]

function readOnly(place: BladePlace): string {
  return `--allow-fs-read=${place.root}`
}

/** Resolves with the pid once the program runs; undefined with the reason when it could not be started. */
export function startBlade(place: BladePlace, options: StartOptions): Promise<{ pid: number } | { why: string }> {
  const output = openSync(join(place.logs, 'output.log'), 'a', 0o600)
  const identity = place.uid === null ? {} : { uid: place.uid, gid: place.uid }
  const child = spawn(
    options.nodeBinary,
    ['--permission', readOnly(place), ...fixedFlags, 'server.js', options.canary],
    {
      ...identity,
      cwd: place.image,
      env: { PORT: String(options.port), DATA_DIR: place.data },
      stdio: ['ignore', output, output],
      detached: true,
    },
  )
  closeSync(output)
  child.unref()
  child.once('exit', options.exited)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ why: error.message }))
    child.once('spawn', () => resolve(child.pid === undefined ? { why: 'no process id' } : { pid: child.pid }))
  })
}

/** Every live process that belongs to this place, whoever started it and whatever became of the record. */
export function processesAt(place: BladePlace): readonly ProcessName[] {
  const uid = place.uid ?? process.getuid?.()
  const pids = allPids().filter((pid) => pid !== process.pid && realUidOf(pid) === uid && isAt(place, pid))
  return pids.flatMap((pid) => nameProcess(pid) ?? [])
}

function isAt(place: BladePlace, pid: number): boolean {
  return (
    argumentsOf(pid).includes(readOnly(place)) || openFilesOf(pid).some((file) => file.startsWith(`${place.logs}/`))
  )
}

/** Asks it to end, then makes it. True once it is gone, with its whole process group. */
export async function endProcess(clock: Clock, name: ProcessName, graceMs: number): Promise<boolean> {
  if (!isAlive(name)) return true
  signalGroup(name.pid, 'SIGTERM')
  if (await goneWithin(clock, name, graceMs)) return true
  signalGroup(name.pid, 'SIGKILL')
  return goneWithin(clock, name, killedWithinMs)
}

/** A process that is not gone by then hangs in the kernel. */
const killedWithinMs = 2000
const lookEveryMs = 5

async function goneWithin(clock: Clock, name: ProcessName, boundMs: number): Promise<boolean> {
  const until = clock.monotonic() + boundMs
  while (isAlive(name)) {
    if (clock.monotonic() >= until) return false
    await pause(clock, lookEveryMs)
  }
  return true
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve)
  })
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal)
    } catch {
      // Gone already, or leads no group: the wait that follows tells.
    }
  }
}

/** Whether what listens on the port is this process and nobody else: a hostile neighbour may have taken the port first. */
export function listensAlone(pid: number, port: number): boolean {
  const listeners = tcpSockets().filter((socket) => socket.port === port && socket.listening)
  const own = new Set(openFilesOf(pid))
  return listeners.length > 0 && listeners.every((socket) => own.has(`socket:[${socket.inode}]`))
}
