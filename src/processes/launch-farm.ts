// Starts the processes of a farm on this machine, starts them again when they die, and ends them all: a supervisor of processes.
// Its children hold the other end of a pipe and end when it is gone, however it went. The blades are nobody's children: they outlive
// their agents; `stop` ends those too.
import { type ChildProcess, spawn } from 'node:child_process'
import { systemClock } from '../drivers/node/system-clock.ts'
import { endProcess, processesAt } from '../drivers/process/blade-process.ts'
import { isAlive } from '../drivers/process/proc.ts'
import type { Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'
import { agentsOf } from '../runtime/farm-layout.ts'
import { loadNode } from '../runtime/run-load.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { placesOf } from './agent-process.ts'
import {
  claimRunDirectory,
  clearRunDirectory,
  livingProcesses,
  masterNode,
  prepareRunDirectory,
  type RunDirectory,
} from './run-directory.ts'

export interface LaunchOptions {
  readonly directory: RunDirectory
  /** What `node` runs: the command line's own file. */
  readonly entry: string
  /** Without it the master runs elsewhere, e.g. in this process. */
  readonly withMaster: boolean
  /** The demonstration's load source. */
  readonly withLoad: boolean
  /** Begin anew: blades that still run are ended and nothing of them is kept. Otherwise they are adopted. */
  readonly isFresh: boolean
  readonly log: Log
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Lines that a child prints: JSON, one an event. */
  readonly onLine: (node: NodeId, line: string) => void
  /** A child ended by itself in a way that starting it again cannot mend: its exit code was 2. */
  readonly onHopeless: (node: NodeId, line: string) => void
}

export interface Launched {
  /** Ends all, blades too, and answers when nothing is left. */
  stop(): Promise<void>
}

interface Child {
  readonly node: NodeId
  readonly args: readonly string[]
  process: ChildProcess | undefined
  failures: number
  startedMs: number
  lastLine: string
  waiting: Timer | undefined
}

const restartFirstMs = 100
const restartMaxMs = 5_000
/** A child that lived so long is healthy: its next death is its first. */
const healthyAfterMs = 10_000
/** Ends in order within this, or is ended. */
const graceMs = 4_000

/** Throws RUN_DIRECTORY_IN_USE. Ends first what a former launcher of this directory left behind. */
export async function launchFarm(options: LaunchOptions): Promise<Launched> {
  const { directory, entry, log } = options
  claimRunDirectory(directory)
  await endLeftovers(directory, log)
  if (options.isFresh) {
    await endBlades(directory)
    clearRunDirectory(directory)
    prepareRunDirectory(directory.path, directory.config)
    claimRunDirectory(directory)
  }
  let isStopping = false

  const common = ['--run-dir', directory.path, '--tied', '--log-level', options.logLevel]
  const child = (node: NodeId, command: string, more: readonly string[] = []): Child => ({
    node,
    args: [entry, command, ...more, ...common],
    process: undefined,
    failures: 0,
    startedMs: 0,
    lastLine: '',
    waiting: undefined,
  })
  const children = [
    ...(options.withMaster ? [child(masterNode, 'master')] : []),
    ...agentsOf(directory.config).map(({ node }) => child(node, 'agent', ['--node', node])),
    child(balancerNode, 'balancer'),
    ...(options.withLoad ? [child(loadNode, 'load')] : []),
  ]

  function start(one: Child): void {
    one.waiting = undefined
    one.startedMs = systemClock.monotonic()
    // Nothing of our own environment: what a child needs is in the run directory.
    const env = { PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1' }
    const made = spawn(process.execPath, [...one.args], { stdio: ['pipe', 'ignore', 'pipe'], env })
    one.process = made
    made.stdin?.on('error', () => {})
    eachLine(made, (line) => {
      one.lastLine = line
      options.onLine(one.node, line)
    })
    made.once('error', (error) => log.error('launcher.spawn.failed', { node: one.node, detail: error.message }))
    made.once('close', (code, signal) => ended(one, code, signal))
  }

  function ended(one: Child, code: number | null, signal: string | null): void {
    one.process = undefined
    if (isStopping) return
    log.warn('launcher.child.ended', { child: one.node, code, signal })
    if (code === 2) {
      options.onHopeless(one.node, one.lastLine)
      return
    }
    const lived = systemClock.monotonic() - one.startedMs
    one.failures = lived >= healthyAfterMs ? 1 : one.failures + 1
    const waitMs = Math.min(restartMaxMs, restartFirstMs * 2 ** (one.failures - 1))
    one.waiting = systemClock.setTimer(waitMs, () => start(one))
  }

  for (const one of children) start(one)
  return {
    async stop() {
      isStopping = true
      for (const one of children) one.waiting?.cancel()
      // The balancer last: what is under way is finished first.
      await Promise.all(children.map(endChild))
      await endBlades(directory)
    },
  }
}

async function endChild({ process: child }: Child): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  child.kill('SIGTERM')
  const late = systemClock.setTimer(graceMs, () => child.kill('SIGKILL'))
  await gone
  late.cancel()
}

async function endLeftovers(directory: RunDirectory, log: Log): Promise<void> {
  for (const { node, process: name } of livingProcesses(directory.path, directory.config)) {
    if (name.pid === process.pid || !isAlive(name)) continue
    log.warn('launcher.leftover.ended', { node, pid: name.pid })
    await endProcess(systemClock, name, graceMs)
  }
}

/** Whatever runs at a blade's place, whoever started it. */
export async function endBlades(directory: RunDirectory): Promise<void> {
  const places = agentsOf(directory.config).flatMap((agent) => placesOf(directory, agent).map(({ place }) => place))
  await Promise.all(
    places.flatMap((place) => processesAt(place).map((name) => endProcess(systemClock, name, graceMs / 4))),
  )
}

/** A line that is longer than this is cut: a child in trouble must not fill our memory. */
const lineBytesMax = 64 * 1024

function eachLine({ stderr }: ChildProcess, use: (line: string) => void): void {
  let rest = ''
  stderr?.setEncoding('utf8')
  stderr?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-lineBytesMax)
    for (const line of lines) use(line)
  })
}
