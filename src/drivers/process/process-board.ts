// The host board of a blade that is a child process. Real boards keep their state while the agent beside them dies and comes back,
// and so does this one (blade-power.ts). Changes are made one at a time, in call order; reads wait for nobody.
import { statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type ErrorCode } from '../../errors.ts'
import type { HostBoard, HostBoardReading } from '../../ports/host-board.ts'
import type { Answer, Result } from '../../ports/result.ts'
import type { BootIdentity, BootPointers, Receipt } from '../../protocol/board.ts'
import type { BladeId, GroupId } from '../../protocol/ids.ts'
import { issueReceipt } from '../scrub-receipt.ts'
import { checkPointers } from './blade-boot.ts'
import { askIdentity } from './blade-health.ts'
import { type BladePlace, createBladePlace } from './blade-place.ts'
import { BladePower, type BladePowerOptions } from './blade-power.ts'
import { listensAlone } from './blade-process.ts'
import { hasProc, type ProcessName, useOf } from './proc.ts'
import { removeTraces, searchTraces } from './scrub.ts'
import { systemProblem } from './system-problem.ts'

export interface ProcessBoardOptions extends Omit<BladePowerOptions, 'lost' | 'graceMs'> {
  readonly blade: BladeId
  readonly boardType: string
  /** This blade's alone; created when missing. Its parents must let the blade's user pass (`chooseBladeUser`). */
  readonly directory: string
  /** From `chooseBladeUser`; null runs the blade as the agent's own user. */
  readonly uid: number | null
  /** How long a blade may take to finish its requests after SIGTERM. Default 300. */
  readonly graceMs?: number
}

export interface ProcessBoard extends HostBoard {
  /** Where the running blade listens on the loopback; null when it is off. */
  port(): number | null
}

const graceDefaultMs = 300
const logBytesMax = 8 * 1024 * 1024

export function createProcessBoard(options: ProcessBoardOptions): ProcessBoard {
  if (!hasProc) throw new ConfigError('CONFIG_INVALID', 'process blades need Linux and its /proc', options.directory)
  return new Board(options)
}

class Board implements ProcessBoard {
  readonly boardType: string
  readonly #options: ProcessBoardOptions
  readonly #place: BladePlace
  readonly #power: BladePower
  readonly #lostListeners: (() => void)[] = []
  #inHand: Promise<void> = Promise.resolve()
  #closed = false
  #lastUse: { readonly process: ProcessName; readonly cpuMs: number; readonly at: number } | null = null

  constructor(options: ProcessBoardOptions) {
    this.#options = options
    this.boardType = options.boardType
    this.#place = createBladePlace(options.blade, options.directory, options.uid)
    const lost = () => {
      for (const listener of this.#lostListeners) listener()
    }
    this.#power = new BladePower(this.#place, { ...options, lost, graceMs: options.graceMs ?? graceDefaultMs })
  }

  port(): number | null {
    return this.#power.running() ? (this.#power.record.boot?.port ?? null) : null
  }

  setPointers(pointers: BootPointers | null, answer: Answer<void>): void {
    this.#inOrder('DISK_FAILED', answer, async () => {
      const checked: Result<void> = pointers ? checkPointers(this.#options.images, pointers) : done
      if (checked.ok) this.#power.save({ pointers })
      return checked
    })
  }

  powerOn(bootId: string, answer: Answer<void>): void {
    this.#inOrder('BOARD_POWER_FAILED', answer, () => this.#power.on(bootId))
  }

  powerOff(answer: Answer<void>): void {
    this.#inOrder('BOARD_POWER_FAILED', answer, () => this.#power.off())
  }

  readIdentity(answer: Answer<BootIdentity>): void {
    const port = this.port()
    const pid = this.#power.running()?.pid
    if (port === null || pid === undefined) {
      this.#later(answer, { ok: false, code: 'BLADE_UNREACHABLE', detail: 'the blade is off' })
      return
    }
    askIdentity(port, this.#power.record.pointers?.healthPath ?? '/healthz', (result) => {
      if (this.#closed) return
      if (!result.ok || listensAlone(pid, port)) answer(result)
      else answer({ ok: false, code: 'BLADE_UNHEALTHY', detail: `another process answers on port ${port}` })
    })
  }

  scrub(answer: Answer<{ removed: readonly string[] }>): void {
    this.#whileOff(answer, () => {
      const removed = removeTraces(this.#place)
      // What an interrupted scrub removed before belongs into the receipt too.
      const all = [...new Set([...this.#power.record.removed, ...removed])].slice(0, 64)
      this.#power.save({ pointers: null, removed: all })
      return { ok: true, value: { removed } }
    })
  }

  verifyScrub(formerGroup: GroupId | 'unknown', answer: Answer<Receipt>): void {
    this.#whileOff(answer, () => {
      const { blade, clock, random, log } = this.#options
      const { canary, lastPort, removed } = this.#power.record
      const search = searchTraces(this.#place, canary, lastPort)
      log.info('board.scrub.searched', { blade, search })
      if (search.found.length > 0) {
        return { ok: false, code: 'SCRUB_INCOMPLETE', detail: `found ${search.found.join(', ')}`.slice(0, 500) }
      }
      return { ok: true, value: issueReceipt(random, { blade, formerGroup, removed, search, at: clock.now() }) }
    })
  }

  read(answer: Answer<HostBoardReading>): void {
    this.#boundLog()
    const running = this.#power.running()
    const { pointers, boot } = this.#power.record
    const value: HostBoardReading = {
      power: running ? 'on' : 'off',
      pid: running?.pid ?? null,
      pointers,
      bootId: running ? (boot?.bootId ?? null) : null,
      ...this.#use(running),
      lost: this.#power.isLost(),
    }
    this.#later(answer, { ok: true, value })
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener)
  }

  close(): void {
    this.#closed = true
    this.#power.release()
  }

  #use(running: ProcessName | null): { cpuRatio: number; memoryBytes: number } {
    if (!running) return { cpuRatio: 0, memoryBytes: 0 }
    const at = this.#options.clock.monotonic()
    const { cpuMs, memoryBytes } = useOf(running.pid)
    const last = this.#lastUse?.process.pid === running.pid ? this.#lastUse : null
    this.#lastUse = { process: running, cpuMs, at }
    const cpuRatio = last && at > last.at ? Math.max(0, cpuMs - last.cpuMs) / (at - last.at) : 0
    return { cpuRatio, memoryBytes }
  }

  /** A blade that prints without end must not fill everybody's disk. It appends, so cutting is safe while it runs. */
  #boundLog(): void {
    const path = join(this.#place.logs, 'output.log')
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > logBytesMax) truncateSync(path)
  }

  #whileOff<T>(answer: Answer<T>, work: () => Result<T>): void {
    this.#inOrder('SCRUB_INCOMPLETE', answer, async () => {
      if (!this.#power.running()) return work()
      return { ok: false, code: 'BOARD_POWERED_ON', detail: this.#options.blade }
    })
  }

  /** @param otherwise what an unforeseen error of the machine is called */
  #inOrder<T>(otherwise: ErrorCode, answer: Answer<T>, work: () => Promise<Result<T>>): void {
    this.#inHand = this.#inHand.then(async () => {
      if (this.#closed) return
      const result = await work().catch((error: unknown) => systemProblem(error, otherwise))
      this.#later(answer, result)
    })
  }

  /** Nobody is answered on his own stack, and what a listener throws is not an error of the board. */
  #later<T>(answer: Answer<T>, result: Result<T>): void {
    this.#options.clock.setTimer(0, () => {
      if (!this.#closed) answer(result)
    })
  }
}

const done: Result<void> = { ok: true, value: undefined }
