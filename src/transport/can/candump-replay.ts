// A log of `candump -L` as a bus: its frames are heard at the distances in time that they have in the log, the first one at once. Lines
// are taken one by one, so a log may be longer than memory. What is sent to it takes its time on the wire and reaches nobody.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers } from './can-bus.ts'
import { type CandumpEntry, parseCandumpLine } from './candump-log.ts'
import { bitsMs, frameBits, intermissionBits } from './frame-bits.ts'
import { isSendable } from './sendable.ts'

export interface CandumpReplayOptions {
  readonly clock: Clock
  /** Without their ends. */
  readonly lines: Iterable<string>
  readonly name: string
  readonly isFd: boolean
  /** Bits a second, of what is sent and of the load. Default 1,000,000; FD data at the same rate unless told. */
  readonly bitRate?: number
  readonly dataBitRate?: number
  /** Only lines of this bus. Default all. */
  readonly iface?: string
  /** A line that is no data frame of this bus: remote and error frames, FD on a classic bus, garbage. */
  skipped?(line: string, problem: string): void
  /** The log is at its end; the bus stays. */
  ended?(): void
}

const mailboxes = 3

export function createCandumpReplay(options: CandumpReplayOptions): CanBus {
  const { clock, name, isFd, bitRate = 1_000_000, dataBitRate = bitRate } = options
  const dataBytesMax = isFd ? 64 : 8
  const counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  const waiting: CanFrame[] = []
  const lines = options.lines[Symbol.iterator]()
  let handlers: CanHandlers | undefined
  let logTimer: Timer | undefined
  let sendTimer: Timer | undefined
  let firstSeconds: number | undefined
  let startMs = 0
  let lastMs = 0

  const busyMs = (frame: CanFrame) => {
    const { nominal, fast } = frameBits(frame)
    return bitsMs({ nominal: nominal + intermissionBits, fast }, bitRate, dataBitRate)
  }
  const countBusy = (ms: number) => {
    counted.busyBits += Math.round((ms * bitRate) / 1000)
  }

  /** So many lines in one go at most: a log full of what is skipped must not hold up everything else. */
  const skippedMax = 1_000

  function next(): void {
    for (let skipped = 0; skipped < skippedMax; skipped += 1) {
      const line = lines.next()
      if (line.done) {
        options.ended?.()
        return
      }
      const entry = parse(line.value)
      if (!entry) continue
      firstSeconds ??= entry.t
      // A log whose time goes back, as after a jump of its wall clock, goes on without a pause.
      const atMs = Math.max(lastMs, startMs + (entry.t - firstSeconds) * 1000)
      logTimer = clock.setTimer(Math.max(0, atMs - clock.monotonic()), () => hear(entry.frame, atMs))
      return
    }
    logTimer = clock.setTimer(0, next)
  }

  function parse(line: string): CandumpEntry | undefined {
    if (line.trim() === '') return undefined
    const entry = parseCandumpLine(line)
    if ('problem' in entry) options.skipped?.(line, entry.problem)
    else if (!isSendable(entry.frame, dataBytesMax)) options.skipped?.(line, 'an FD frame, and the bus is classic')
    else if (options.iface === undefined || entry.iface === options.iface) return entry
    return undefined
  }

  function hear(frame: CanFrame, atMs: number): void {
    lastMs = atMs
    counted.received += 1
    countBusy(busyMs(frame))
    // The next is awaited first: who hears this one may stop the bus.
    next()
    handlers?.received(frame, atMs)
  }

  function sendFirst(): void {
    const frame = waiting[0]
    if (!frame) return
    const ms = busyMs(frame)
    sendTimer = clock.setTimer(ms, () => {
      waiting.shift()
      counted.sent += 1
      countBusy(ms)
      sendFirst()
      handlers?.sent(frame)
    })
  }

  return {
    name,
    dataBytesMax,
    mailboxes,
    start(given) {
      handlers = given
      startMs = clock.monotonic()
      lastMs = startMs
      firstSeconds = undefined
      logTimer = clock.setTimer(0, next)
    },
    send(frame) {
      if (!handlers) return 'off'
      if (!isSendable(frame, dataBytesMax)) return 'invalid'
      if (waiting.length >= mailboxes) return 'full'
      waiting.push({ ...frame, data: new Uint8Array(frame.data) })
      if (waiting.length === 1) sendFirst()
      return 'accepted'
    },
    state: () => (handlers ? 'active' : 'off'),
    counters: () => ({ ...counted }),
    stop(stopped) {
      handlers = undefined
      waiting.length = 0
      logTimer?.cancel()
      sendTimer?.cancel()
      clock.setTimer(0, stopped)
    },
  }
}
