// A CAN bus of the kernel (SocketCAN, Linux), by the optional package `socketcan`.
//
// What the package does not say decides how this is built. It reports nothing when a frame has left, so what the kernel has taken counts
// as sent after the time that it needs on a bus: few frames are in the kernel's queue, which knows no priority. Timers are coarser than
// frames: an end that was late catches up, by no more than `burstMsMax`. `send` gives -1 without a reason where the kernel takes
// nothing: the frame is told again. It does not say whether what it received was FD; longer than 8 bytes it was. Frames that were lost
// on the way up are not reported: who depends on them watches sequence numbers.
//
// Error frames are read: they are how the kernel says passive and bus-off (linux/can/error.h). Coming back from bus-off is the kernel's
// matter (`ip link set can0 type can restart-ms 100`), or an operator's, who sets the interface down and up: of that no error frame
// tells. So a bus counts as back as well when a frame is heard, and after a while it is tried. An interface that goes, as that of a
// USB adapter does, is opened again when it is there.
import { TransportError } from '../../errors.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers, CanState } from './can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from './frame-bits.ts'
import { isSendable } from './sendable.ts'
import {
  type CanInterface,
  interfaceOfKernel,
  loadSocketcan,
  openInterface,
  type RawChannel,
  type RawMessage,
  type SocketcanPackage,
} from './socketcan-package.ts'

export interface SocketcanBusOptions {
  /** Of the interface: `can0`. */
  readonly name: string
  /** Of the bus, as the interface is set; paces what the kernel is given. Bits a second. */
  readonly bitRate: number
  /** Of FD frames; without it only classic frames are sent. */
  readonly dataBitRate?: number
  /** Default 2. */
  readonly mailboxes?: number
  readonly clock: Clock
  readonly log: Log
  /** An interface that is not there yet is waited for, and the bus is off meanwhile. Otherwise that is an error. */
  readonly isPatient?: boolean
  /** Default the package. */
  readonly load?: () => SocketcanPackage
  /** Default what the kernel says. */
  readonly interfaceOf?: (name: string) => CanInterface | undefined
}

/** Of the shortest frames at 1 Mb/s about 30. */
const burstMsMax = 2
/** So many frames, then others have a turn, however slow this machine is. */
const turnMax = 16
const repeatFirstMs = 1
const repeatMaxMs = 20
/** Refused for so long: nothing moves on this bus, or its interface is down. */
const passiveAfterMs = 80
/** Off for so long without a word of the kernel: it is tried. Recovery itself takes 128 times 11 bits. */
const offMs = 1000
const reopenMs = 1000

// linux/can/error.h
const controllerError = 0x04
const busOff = 0x40
const restarted = 0x100
/** Of the second byte of a controller error. Between warning and passive a controller is active. */
const overflowBit = 0x01
const passiveBits = 0x30
const activeBits = 0x4c

/** Throws CAN_UNSUPPORTED where the package or the kernel's CAN sockets are missing, or, unless it is patient, the interface. */
export function createSocketcanBus(options: SocketcanBusOptions): CanBus {
  const { load = loadSocketcan, interfaceOf = interfaceOfKernel } = options
  const loaded = load()
  const open = () => openInterface(loaded, options.name, options.dataBitRate !== undefined, interfaceOf)
  const opened = open()
  if (typeof opened === 'string' && !options.isPatient)
    throw new TransportError('CAN_UNSUPPORTED', opened, options.name)
  return new SocketcanBus(options, opened, open)
}

class SocketcanBus implements CanBus {
  readonly name: string
  readonly dataBytesMax: 8 | 64
  readonly mailboxes: number
  readonly #options: SocketcanBusOptions
  readonly #clock: Clock
  readonly #open: () => RawChannel | string
  readonly #counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  /** A word of why there is none. */
  #channel: RawChannel | string
  /** The one before: its handles close after it has stopped, and it must not be collected sooner. */
  readonly #former: RawChannel[] = []
  #opened = 0
  #handlers: CanHandlers | undefined
  #state: CanState = 'active'
  /** What the kernel said last. */
  #said: 'active' | 'passive' = 'active'
  #hasStarted = false
  /** In the order of leaving. The first one may be with the kernel. */
  #waiting: CanFrame[] = []
  #isFirstGiven = false
  /** When the last frame given or heard was over, as far as it can be reckoned. */
  #freeAtMs = 0
  /** For the end of the first frame, for telling it again, for trying a bus that is off, or for opening: never two of them. */
  #timer: Timer | undefined
  /** Whoever sends from within `sent` goes on where the last frame ended. */
  #isReporting = false
  #refusedSinceMs: number | undefined
  #repeatMs = repeatFirstMs

  constructor(options: SocketcanBusOptions, channel: RawChannel | string, open: () => RawChannel | string) {
    this.#options = options
    this.#clock = options.clock
    this.#channel = channel
    this.#open = open
    this.name = options.name
    this.dataBytesMax = options.dataBitRate === undefined ? 8 : 64
    this.mailboxes = options.mailboxes ?? 2
  }

  /** Once: a stopped one is not started again. */
  start(handlers: CanHandlers): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#handlers = handlers
    if (typeof this.#channel === 'string') this.#lacks(this.#channel)
    else this.#listenTo(this.#channel)
  }

  send(frame: CanFrame): 'accepted' | 'full' | 'off' | 'invalid' {
    if (this.state() === 'off') return 'off'
    if (!isSendable(frame, this.dataBytesMax)) return 'invalid'
    if (this.#waiting.length >= this.mailboxes) return 'full'
    const { id, isExtended, isFd, isBitRateSwitched } = frame
    if (this.#waiting.length === 0 && !this.#isReporting) this.#idleUntilNow()
    this.#waiting.push({
      id,
      isExtended,
      isFd,
      isBitRateSwitched: isFd && isBitRateSwitched,
      data: new Uint8Array(frame.data),
    })
    if (!this.#timer && !this.#isReporting) this.#after(0, () => this.#hand())
    return 'accepted'
  }

  state(): CanState {
    return this.#handlers ? this.#state : 'off'
  }

  counters(): Readonly<CanCounters> {
    return { ...this.#counted, busyBits: Math.round(this.#counted.busyBits) }
  }

  stop(stopped: () => void): void {
    const isRunning = this.#handlers !== undefined
    this.#handlers = undefined
    this.#forget()
    // Not from within the package's own call, nor while the caller waits.
    this.#clock.setTimer(0, () => {
      if (isRunning) this.#end()
      stopped()
    })
  }

  #end(): void {
    try {
      if (typeof this.#channel !== 'string') this.#channel.stop()
    } catch {
      // It stopped by itself.
    }
  }

  /** The package keeps what listens, so that must not keep the channel: its socket is closed when it is collected. */
  #listenTo(channel: RawChannel): void {
    this.#opened += 1
    const mine = this.#opened
    channel.addListener('onMessage', (message) => this.#heard(message))
    channel.addListener('onStopped', () => {
      if (this.#handlers && this.#opened === mine) this.#lacks('the interface has gone')
    })
    channel.start()
  }

  /** Off until it can be opened. */
  #lacks(why: string): void {
    if (typeof this.#channel !== 'string') this.#former.splice(0, 1, this.#channel)
    this.#channel = why
    this.#options.log.error('can.bus.failed', { bus: this.name, detail: why })
    this.#goOff(reopenMs, () => this.#openAgain())
  }

  #openAgain(): void {
    const opened = this.#tryToOpen()
    if (typeof opened === 'string') {
      this.#after(reopenMs, () => this.#openAgain())
      return
    }
    this.#channel = opened
    this.#listenTo(opened)
    this.#become('active')
  }

  #tryToOpen(): RawChannel | string {
    try {
      return this.#open()
    } catch (problem) {
      // Now the name is another network's.
      return String(problem)
    }
  }

  #hand(): void {
    for (let turn = 0; turn < turnMax; turn += 1) {
      const frame = this.#waiting[0]
      if (!frame) return
      if (!this.#isFirstGiven && !this.#give(frame)) {
        this.#refused()
        return
      }
      const leftMs = this.#freeAtMs - this.#clock.monotonic()
      if (leftMs > 0) {
        this.#after(leftMs, () => this.#hand())
        return
      }
      this.#sent(frame)
    }
    this.#after(0, () => this.#hand())
  }

  #give(frame: CanFrame): boolean {
    if (!this.#isTaken(frame)) return false
    this.#isFirstGiven = true
    this.#repeatMs = repeatFirstMs
    if (this.#refusedSinceMs !== undefined) this.#idleUntilNow()
    this.#refusedSinceMs = undefined
    // Passive because nothing was taken, or to try a bus that was off: of that the kernel says nothing.
    this.#become(this.#said)
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonic() - burstMsMax) + this.#frameMs(frame)
    return true
  }

  #isTaken({ id, isExtended: ext, isFd, isBitRateSwitched: fd_brs, data }: CanFrame): boolean {
    const message = { id, ext, data: Buffer.from(data) }
    const channel = this.#channel
    if (typeof channel === 'string') return false
    try {
      return (isFd ? channel.sendFD({ ...message, fd_brs }) : channel.send(message)) >= 0
    } catch {
      return false
    }
  }

  #refused(): void {
    const nowMs = this.#clock.monotonic()
    this.#counted.errors += 1
    this.#refusedSinceMs ??= nowMs
    if (nowMs - this.#refusedSinceMs >= passiveAfterMs) this.#become('passive')
    this.#after(this.#repeatMs, () => this.#hand())
    this.#repeatMs = Math.min(2 * this.#repeatMs, repeatMaxMs)
  }

  #sent(frame: CanFrame): void {
    this.#waiting.shift()
    this.#isFirstGiven = false
    this.#counted.sent += 1
    this.#countBits(frame)
    this.#isReporting = true
    this.#handlers?.sent(frame)
    this.#isReporting = false
  }

  #heard({ id, ext = false, rtr = false, err = false, data }: RawMessage): void {
    if (!this.#handlers) return
    if (err) {
      this.#troubled(id, data)
      return
    }
    if (this.#state === 'off') this.#isBack()
    const isFd = data.length > 8
    const frame = { id, isExtended: ext, isFd, isBitRateSwitched: isFd, data: new Uint8Array(data) }
    // CanFrame knows no remote frames.
    if (rtr || !isSendable(frame, this.dataBytesMax)) return
    const nowMs = this.#clock.monotonic()
    this.#counted.received += 1
    this.#countBits(frame)
    // What is here waited for it.
    if (this.#isFirstGiven)
      this.#freeAtMs = Math.max(this.#freeAtMs, Math.min(this.#freeAtMs + this.#frameMs(frame), nowMs))
    this.#handlers?.received(frame, nowMs)
  }

  #troubled(kinds: number, data: Uint8Array): void {
    this.#counted.errors += 1
    const controller = (kinds & controllerError) === 0 ? 0 : (data[1] ?? 0)
    if ((controller & overflowBit) !== 0) this.#counted.overruns += 1
    if ((kinds & busOff) !== 0) {
      this.#goOff(offMs, () => this.#become('passive'))
    } else if ((kinds & restarted) !== 0) this.#isBack()
    else if (this.#state !== 'off') {
      if ((controller & passiveBits) !== 0) this.#said = 'passive'
      else if ((controller & activeBits) !== 0) this.#said = 'active'
      if ((controller & (passiveBits | activeBits)) !== 0) this.#become(this.#said)
    }
  }

  #goOff(waitMs: number, then: () => void): void {
    this.#forget()
    this.#said = 'active'
    if (this.#state !== 'off') this.#counted.busOffs += 1
    this.#after(waitMs, then)
    this.#become('off')
  }

  #isBack(): void {
    if (this.#state === 'off') this.#forget()
    this.#said = 'active'
    this.#become('active')
  }

  #forget(): void {
    this.#waiting = []
    this.#isFirstGiven = false
    this.#refusedSinceMs = undefined
    this.#repeatMs = repeatFirstMs
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #idleUntilNow(): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonic())
  }

  #become(state: CanState): void {
    if (this.#state === state) return
    this.#state = state
    this.#handlers?.stateChanged(state)
  }

  #after(delayMs: number, then: () => void): void {
    this.#timer?.cancel()
    this.#timer = undefined
    // Whoever was told a state may have stopped it.
    if (!this.#handlers) return
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined
      then()
    })
  }

  #frameMs(frame: CanFrame): number {
    const { bitRate, dataBitRate = bitRate } = this.#options
    const { nominal, fast } = frameBits(frame)
    return bitsMs({ nominal: nominal + intermissionBits, fast }, bitRate, dataBitRate)
  }

  /** At the nominal rate. */
  #countBits(frame: CanFrame): void {
    this.#counted.busyBits += (this.#frameMs(frame) * this.#options.bitRate) / 1000
  }
}
