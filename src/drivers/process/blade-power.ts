// Power of a process blade: on, off, lost, and found again after the agent died. Each act is announced in the record before it is
// done; the process outlives the agent, and whoever opens the board next finds it by (pid, start time, boot of the kernel), or, when
// the agent died before it could write that down, by what the process holds open and was started with.
import type { ErrorCode } from '../../errors.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Random } from '../../ports/random.ts'
import type { Result } from '../../ports/result.ts'
import { randomHex } from '../scrub-receipt.ts'
import { layBoot } from './blade-boot.ts'
import { findFreePort } from './blade-health.ts'
import type { BladePlace } from './blade-place.ts'
import { endProcess, processesAt, startBlade } from './blade-process.ts'
import { type BoardRecord, loadBoardRecord, saveBoardRecord } from './board-record.ts'
import { isAlive, nameProcess, type ProcessName } from './proc.ts'

export interface BladePowerOptions {
  readonly images: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly nodeBinary: string
  readonly graceMs: number
  /** The blade ended by itself. */
  readonly lost: () => void
}

/** An adopted blade is nobody's child: nothing tells of its end but looking. */
const lookEveryMs = 100

const done: Result<void> = { ok: true, value: undefined }

function refuse(code: ErrorCode, detail: string): Result<never> {
  return { ok: false, code, detail }
}

export class BladePower {
  readonly #place: BladePlace
  readonly #options: BladePowerOptions
  #record: BoardRecord
  /** The blade's process while it lives, as far as is known. */
  #process: ProcessName | null = null
  #watch: Timer | undefined
  #released = false

  constructor(place: BladePlace, options: BladePowerOptions) {
    this.#place = place
    this.#options = options
    this.#record = loadBoardRecord(place.directory, options.log)
    this.#adopt()
  }

  get record(): BoardRecord {
    return this.#record
  }

  /** Looked up now. */
  running(): ProcessName | null {
    return this.#process && isAlive(this.#process) ? this.#process : null
  }

  /** Dead and not yet noticed is lost already. */
  isLost(): boolean {
    return this.#record.lost || (this.#record.phase === 'running' && this.running() === null)
  }

  /** Durable, or an error. */
  save(change: Partial<BoardRecord>): void {
    const next = { ...this.#record, ...change }
    saveBoardRecord(this.#place.directory, next)
    this.#record = next
  }

  /** For what a restarted agent finds out again by looking: a full disk must not keep a blade from being ended or found. */
  #note(change: Partial<BoardRecord>): void {
    try {
      this.save(change)
    } catch (error) {
      this.#options.log.error('board.record.unsaved', { blade: this.#place.blade, error: String(error) })
      this.#record = { ...this.#record, ...change }
    }
  }

  /** Lets go of the blade, which runs on. */
  release(): void {
    this.#released = true
    this.#watch?.cancel()
  }

  async on(bootId: string): Promise<Result<void>> {
    if (this.running()) {
      const current = this.#record.boot?.bootId
      return current === bootId ? done : refuse('BOARD_POWERED_ON', `it runs boot ${current ?? 'unknown'}`)
    }
    const { pointers } = this.#record
    if (!pointers) return refuse('BOARD_NO_POINTERS', this.#place.blade)
    const canary = randomHex(this.#options.random, 32)
    // Known before it is anywhere: a crash cannot leave a canary that nobody searches for.
    this.save({ canary, removed: [] })
    const laid = await layBoot(this.#place, this.#options.images, { pointers, bootId, canary })
    return laid.ok ? this.#start(bootId, canary) : laid
  }

  async #start(bootId: string, canary: string): Promise<Result<void>> {
    const port = await findFreePort()
    this.save({ phase: 'starting', boot: { bootId, port, process: null }, lost: false, lastPort: port })
    const { nodeBinary } = this.#options
    const exited = () => this.#noticeLoss(bootId)
    const started = await startBlade(this.#place, { nodeBinary, port, canary, exited })
    if ('why' in started) {
      this.#note({ phase: 'off', boot: null })
      return refuse('BOARD_POWER_FAILED', started.why)
    }
    this.#runsAs(nameProcess(started.pid) ?? null)
    // Power was given; that the program ended at once is a loss like any other.
    this.#noticeLoss(bootId)
    return done
  }

  /** Ends the process, and whatever else of this blade runs: only what is looked up and not found is off. */
  async off(): Promise<Result<void>> {
    const { clock, log, graceMs } = this.#options
    const known = this.#process
    if (this.#record.phase !== 'off') this.#note({ phase: 'stopping' })
    if (known && !(await endProcess(clock, known, graceMs))) return stillOn(known)
    for (const stray of processesAt(this.#place)) {
      log.warn('board.stray.killed', { blade: this.#place.blade, pid: stray.pid })
      if (!(await endProcess(clock, stray, 0))) return stillOn(stray)
    }
    this.#forget()
    if (this.#record.phase !== 'off' || this.#record.lost) this.#note({ phase: 'off', boot: null, lost: false })
    return done
  }

  #adopt(): void {
    const { phase, boot } = this.#record
    const recorded = boot?.process
    const found = recorded && isAlive(recorded) ? recorded : processesAt(this.#place)[0]
    if (!found) {
      if (phase !== 'off') this.#note({ phase: 'off', boot: null, lost: phase !== 'stopping' })
      return
    }
    this.#options.log.info('board.blade.adopted', { blade: this.#place.blade, pid: found.pid })
    if (phase === 'stopping') this.#process = found
    else this.#runsAs(found)
    this.#lookLater()
  }

  #runsAs(found: ProcessName | null): void {
    this.#process = found
    this.#note({ phase: 'running', boot: this.#record.boot && { ...this.#record.boot, process: found } })
  }

  #lookLater(): void {
    this.#watch = this.#options.clock.setTimer(lookEveryMs, () => {
      if (this.#released || !this.#process) return
      if (isAlive(this.#process)) this.#lookLater()
      else this.#noticeLoss(this.#record.boot?.bootId)
    })
  }

  /** An end that was asked for, or of an earlier boot, is no loss. */
  #noticeLoss(bootId: string | undefined): void {
    const { phase, boot } = this.#record
    if (this.#released || phase !== 'running' || boot?.bootId !== bootId || this.running()) return
    this.#forget()
    this.#note({ phase: 'off', boot: null, lost: true })
    this.#options.lost()
  }

  #forget(): void {
    this.#watch?.cancel()
    this.#process = null
  }
}

function stillOn(name: ProcessName): Result<never> {
  return refuse('BOARD_POWER_FAILED', `process ${name.pid} does not end`)
}
