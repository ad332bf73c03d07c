// A farm inside an embedder's own service: the site master runs here, agents and balancer as processes, blades as theirs.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createPinoLog } from '../drivers/node/pino-log.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { ConfigError, type ErrorCode, errorTable, TransportError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { BladeId, GroupId, RoleId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import type { FarmEvent, MoveAnswer } from '../runtime/farm-control.ts'
import type { DecisionRecord, FarmStatus, MoveRecord } from '../runtime/farm-status.ts'
import type { RunningMaster } from '../runtime/run-options.ts'
import { isFilled } from './is-filled.ts'
import { launchFarm } from './launch-farm.ts'
import { startMaster } from './master-process.ts'
import { becomeNode } from './run-directory.ts'

/** The site master in this process. */
const masterNode = 'm1'
const lookEveryMs = 100

export interface StartFarmOptions {
  /** This farm's alone: tokens, journals, blades. Created when missing. Default: `.bladewright` here. */
  readonly runDirectory?: string
  /** Default: warnings and errors on standard error, JSON. */
  readonly log?: Log
  /** How long the levels of the start may take to be reached, ms. Default 60 000. */
  readonly startMsMax?: number
}

export interface Farm {
  status(): FarmStatus
  /** RECORD_UNKNOWN. */
  explain(id: string): MoveRecord | DecisionRecord
  /**
   * Resolves once the move is decided, durably; `move.ended` tells how it went. As the commands below, it may reject with
   * OUTCOME_UNKNOWN: done or not, and safe to be repeated.
   * BLADE_UNKNOWN, GROUP_UNKNOWN, BLADE_BUSY, BLADE_CORDONED, BLADE_UNREACHABLE, BLADE_UNSUITABLE, COMMITMENT_BROKEN, NOT_LEADING.
   */
  move(blade: BladeId, group: GroupId, options?: { role?: RoleId; dryRun?: boolean }): Promise<MoveAnswer>
  /** Cordons the blade and moves it to the cold pool. Errors as `move`. */
  drain(blade: BladeId): Promise<MoveAnswer>
  /** BLADE_UNKNOWN, NOT_LEADING. */
  cordon(blade: BladeId, on: boolean): Promise<void>
  /** BLADE_UNKNOWN, BLADE_UNSUITABLE, NOT_LEADING. */
  release(blade: BladeId): Promise<void>
  /** GROUP_UNKNOWN, NOT_LEADING. */
  hold(group: GroupId, on: boolean): Promise<void>
  /** `type` is that of an event (`move.ended`, `blade.failed`, `decision.made`, …), or `*` for all. Returns how to stop. */
  on(type: string, listener: (event: FarmEvent) => void): () => void
  /** Ends everything, blades too. Resolves when nothing of the farm runs. */
  stop(): Promise<void>
}

/** Resolves when the levels of the start are reached. Rejects with a coded error, and leaves nothing running. */
export async function startFarm(config: FarmConfig, options: StartFarmOptions = {}): Promise<Farm> {
  const { runDirectory = '.bladewright', startMsMax = 60_000 } = options
  const log = options.log ?? createPinoLog({ level: 'warn', descriptor: 2, fields: { node: masterNode } })
  const trouble = Promise.withResolvers<never>()
  trouble.promise.catch(() => {})
  const launched = await launchFarm({
    config,
    runDirectory,
    entry: entryFile(),
    without: [masterNode],
    withLoad: false,
    isFresh: true,
    log,
    logLevel: 'warn',
    onLine: (node, line) => log.debug('farm.child.said', { child: node, line }),
    onHopeless(error) {
      log.error('farm.child.hopeless', { code: error.code, detail: error.message })
      trouble.reject(error)
    },
  })
  let master: RunningMaster | undefined
  let leave = () => {}
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      const running = master
      if (running) await new Promise<void>((resolve) => running.stop(resolve))
      leave()
      await launched.stop()
    })()
    return stopped
  }
  try {
    const node = becomeNode(launched.directory, masterNode, 'master', false)
    leave = node.leave
    const ended = (why: string, code: ErrorCode = 'NOT_LEADING') => {
      log.error('farm.master.ended', { code, why })
      trouble.reject(errorOf(code, why))
    }
    master = await new Promise<RunningMaster>((resolve, reject) => {
      startMaster(
        { node: masterNode, directory: launched.directory, incarnation: node.incarnation, log, ended },
        (started) => (started.ok ? resolve(started.value) : reject(errorOf(started.code, started.detail))),
      )
    })
    await reachLevels(master, startMsMax, trouble.promise)
    return farmOf(master, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

function farmOf(master: RunningMaster, stop: () => Promise<void>): Farm {
  return {
    status: () => master.status(),
    explain: (id) => unwrap(master.explain(id)),
    move: (blade, group, how = {}) => answerOf((answer) => master.move(blade, group, how, answer)),
    drain: (blade) => answerOf((answer) => master.drain(blade, {}, answer)),
    cordon: (blade, on) => answerOf((answer) => master.cordon(blade, on, answer)),
    release: (blade) => answerOf((answer) => master.release(blade, answer)),
    hold: (group, on) => answerOf((answer) => master.hold(group, on, answer)),
    on: (type, listener) =>
      master.subscribe((event) => {
        if (type === '*' || event.type === type) listener(event)
      }),
    stop,
  }
}

function answerOf<T>(ask: (answer: Answer<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((result) => (result.ok ? resolve(result.value) : reject(errorOf(result.code, result.detail))))
  })
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw errorOf(result.code, result.detail)
}

/** Trying again helps, or it does not. */
function errorOf(code: ErrorCode, detail: string): ConfigError | TransportError {
  return errorTable[code].retriable ? new TransportError(code, detail) : new ConfigError(code, detail)
}

/** Looks until they are reached, the time is over, or there is trouble; then no more: who waits will stop the master. */
async function reachLevels(master: RunningMaster, withinMs: number, trouble: Promise<never>): Promise<void> {
  let timer: Timer | undefined
  const deadline = systemClock.monotonic() + withinMs
  const reached = new Promise<void>((resolve, reject) => {
    const late = new TransportError('ASK_TIMED_OUT', `the levels of the start were not reached within ${withinMs} ms`)
    const look = () => {
      if (isFilled(master.status())) resolve()
      else if (systemClock.monotonic() > deadline) reject(late)
      else timer = systemClock.setTimer(lookEveryMs, look)
    }
    look()
  })
  await Promise.race([reached, trouble]).finally(() => timer?.cancel())
}

/** What a child process runs: beside this file, in the form that this file is in. */
function entryFile(): string {
  const source = fileURLToPath(new URL('../cli/bladewright.ts', import.meta.url))
  return existsSync(source) ? source : fileURLToPath(new URL('../cli/bladewright.js', import.meta.url))
}
