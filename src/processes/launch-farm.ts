// Starts the processes of a farm on this machine, starts them again when they die, and ends them all: a supervisor of processes.
// Its children hold the other end of a pipe and end when it is gone, however it went. The blades are nobody's children: they outlive
// their agents. `stop` ends those too, and so does an exit of this process; after a SIGKILL the next launcher does.
import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { systemClock } from '../drivers/node/system-clock.ts'
import type { ConfigError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { agentsOf, mastersOf } from '../runtime/farm-layout.ts'
import { loadNode } from '../runtime/run-load.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { loadSocketcan } from '../transport/can/socketcan-package.ts'
import { allBlades, strangeBlades } from './blade-places.ts'
import { childError } from './child-error.ts'
import { settleKeys } from './keys.ts'
import { endBlades, endLeftovers, killBlades, removeBlades } from './leftovers.ts'
import {
  claimRunDirectory,
  clearRunDirectory,
  noteLauncher,
  prepareRunDirectory,
  type RunDirectory,
} from './run-directory.ts'

export interface LaunchOptions {
  readonly config: FarmConfig
  /** This farm's alone while it runs. Created when missing. */
  readonly runDirectory: string
  /** What `node` runs: the command line's own file. */
  readonly entry: string
  /** Masters that run elsewhere, e.g. in this process. */
  readonly without: readonly NodeId[]
  /** The demonstration's load source. */
  readonly withLoad: boolean
  /** Begin anew: blades that still run are ended and nothing of them is kept. Otherwise they are adopted. */
  readonly isFresh: boolean
  readonly log: Log
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Lines that a child prints: JSON, one an event. */
  readonly onLine: (node: NodeId, line: string) => void
  /** A child ended by itself in a way that starting it again cannot mend: its exit code was 2. */
  readonly onHopeless: (error: ConfigError) => void
}

export interface Launched {
  readonly directory: RunDirectory
  /** These CAN buses carry nothing, all others do. */
  cut(names: readonly string[]): void
  /** Ends all in order, blades too, and answers when nothing is left. RUN_DIRECTORY_IN_USE when something cannot be ended. */
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

/** Rejects with RUN_DIRECTORY_IN_USE, RUN_DIRECTORY_UNUSABLE, CAN_UNSUPPORTED. Ends first what a former launcher of this directory left behind. */
export async function launchFarm(options: LaunchOptions): Promise<Launched> {
  // Said once here, rather than by every process that ends for it.
  if (options.config.channel.can.backend === 'socketcan') loadSocketcan()
  const path = resolve(options.runDirectory)
  const release = claimRunDirectory(path)
  try {
    const directory = await makeReady(path, options)
    return runChildren(directory, options, release)
  } catch (error) {
    release()
    throw error
  }
}

async function makeReady(path: string, { config, isFresh, log }: LaunchOptions): Promise<RunDirectory> {
  await endLeftovers(path, log)
  if (isFresh) {
    await endBlades(path, allBlades(path, config))
    clearRunDirectory(path)
  } else await removeBlades(path, strangeBlades(path, config))
  const directory = prepareRunDirectory(path, config)
  settleKeys(path, config)
  noteLauncher(directory)
  return directory
}

function runChildren(directory: RunDirectory, options: LaunchOptions, release: () => void): Launched {
  const { entry, log } = options
  const { config, path } = directory
  const common = ['--run-dir', path, '--tied', '--log-level', options.logLevel]
  const child = (node: NodeId, command: string, more: readonly string[] = []): Child => ({
    node,
    args: [entry, command, ...more, ...common],
    process: undefined,
    failures: 0,
    startedMs: 0,
    lastLine: '',
    waiting: undefined,
  })
  const masters = mastersOf(config).filter((node) => !options.without.includes(node))
  // From who asks to who serves: the balancer last, so that what is under way is finished.
  const stages = [
    options.withLoad ? [child(loadNode, 'load')] : [],
    masters.map((node) => child(node, 'master', ['--node', node])),
    agentsOf(config).map(({ node }) => child(node, 'agent', ['--node', node])),
    [child(balancerNode, 'balancer')],
  ]
  let isStopping = false
  let cuts: readonly string[] = []
  let stopped: Promise<void> | undefined

  function start(one: Child): void {
    one.waiting = undefined
    one.startedMs = systemClock.monotonic()
    // Nothing of our own environment: what a child needs is in the run directory.
    const env = { PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1' }
    const made = spawn(process.execPath, [...one.args], { stdio: ['pipe', 'ignore', 'pipe'], env })
    one.process = made
    made.stdin?.on('error', () => {})
    if (cuts.length > 0) made.stdin?.write(`${JSON.stringify({ cut: cuts })}\n`)
    eachLine(made, (line) => {
      one.lastLine = line
      options.onLine(one.node, line)
    })
    made.on('error', (error) => {
      log.error('launcher.spawn.failed', { node: one.node, detail: error.message })
      // Never there, so it will not close either.
      if (made.pid === undefined) ended(one, made, null, null)
    })
    made.once('close', (code, signal) => ended(one, made, code, signal))
  }

  function ended(one: Child, made: ChildProcess, code: number | null, signal: string | null): void {
    if (one.process !== made) return
    one.process = undefined
    if (isStopping) return
    log.warn('launcher.child.ended', { child: one.node, code, signal })
    if (masters.includes(one.node)) tellMasters(one.node)
    if (code === 2) {
      options.onHopeless(childError(one.node, one.lastLine))
      return
    }
    const lived = systemClock.monotonic() - one.startedMs
    one.failures = lived >= healthyAfterMs ? 1 : one.failures + 1
    const waitMs = Math.min(restartMaxMs, restartFirstMs * 2 ** (one.failures - 1))
    one.waiting = systemClock.setTimer(waitMs, () => start(one))
  }

  /** Of two masters the other one need not wait until a lease that nobody holds has run out. */
  function tellMasters(exited: NodeId): void {
    const notice = `${JSON.stringify({ exited, incarnation: directory.lastIncarnation(exited) })}\n`
    for (const { node, process: child } of stages.flat())
      if (node !== exited && masters.includes(node)) child?.stdin?.write(notice)
  }

  /** Of every process, also of those that begin later. */
  function cut(names: readonly string[]): void {
    cuts = names
    for (const { process: child } of stages.flat()) child?.stdin?.write(`${JSON.stringify({ cut: names })}\n`)
  }

  async function stopInOrder(): Promise<void> {
    isStopping = true
    for (const one of stages.flat()) one.waiting?.cancel()
    try {
      for (const stage of stages) await Promise.all(stage.map(endChild))
      await endBlades(path, allBlades(path, config))
    } finally {
      process.off('exit', killAll)
      release()
    }
  }

  /** At once: this process exits without a stop, and there is no later moment. */
  function killAll(): void {
    for (const one of stages.flat()) one.process?.kill('SIGKILL')
    killBlades(path, allBlades(path, config))
  }

  process.on('exit', killAll)
  for (const one of stages.flat()) start(one)
  return {
    directory,
    cut,
    stop() {
      stopped ??= stopInOrder()
      return stopped
    },
  }
}

async function endChild({ process: child }: Child): Promise<void> {
  if (child?.pid === undefined) return
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  child.kill('SIGTERM')
  const late = systemClock.setTimer(graceMs, () => child.kill('SIGKILL'))
  await gone
  late.cancel()
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
