// A CAN bus of the kernel (SocketCAN, Linux), by the optional package `socketcan`, which is loaded only here.
//
// What the package does not say decides how this is built. It reports nothing when a frame has left, so what the kernel has taken counts
// as sent after the time that it needs on a bus: few frames are in the kernel's queue, which knows no priority. `send` gives -1 without
// a reason where the kernel takes nothing: the frame is told again. It does not say whether what it received was FD; longer than
// 8 bytes it was. Frames that were lost on the way up are not reported: who depends on them watches sequence numbers.
// Error frames are read: they are how the kernel says passive and bus-off (linux/can/error.h). Coming back is the kernel's matter
// (`ip link set can0 type can restart-ms 100`).
import { TransportError } from '../../errors.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers, CanState } from './can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from './frame-bits.ts'
import { isSendable } from './sendable.ts'

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
  /** Default the package. */
  readonly load?: () => Promise<SocketcanPackage>
}

/** As much of the package `socketcan` 4.3 as is used. */
export interface SocketcanPackage {
  createRawChannelWithOptions(name: string, options: { readonly non_block_send: boolean }): RawChannel
}

export interface RawChannel {
  addListener(event: 'onMessage', listener: (message: RawMessage) => void): void
  start(): void
  stop(): void
  disableLoopback(): void
  /** Less than 0: not taken. */
  send(message: RawMessage): number
  sendFD(message: RawMessage & { readonly fd_brs: boolean }): number
}

export interface RawMessage {
  readonly id: number
  readonly ext?: boolean
  readonly rtr?: boolean
  readonly err?: boolean
  readonly data: Buffer
}

const repeatMs = 5
/** In a row: each counts 8, and 128 is passive (Bosch CAN 2.0B, chapter 8). */
const refusalsUntilPassive = 16

// linux/can/error.h
const controllerError = 0x04
const busOff = 0x40
const restarted = 0x100
const passiveBits = 0x30
const activeBit = 0x40

/** Rejects with CAN_UNSUPPORTED where the package or the kernel's CAN sockets are missing, or there is no such interface. */
export async function createSocketcanBus(options: SocketcanBusOptions): Promise<CanBus> {
  const { name, load = loadPackage } = options
  try {
    const found = await load()
    return new SocketcanBus(options, found.createRawChannelWithOptions(name, { non_block_send: true }))
  } catch (problem) {
    throw new TransportError('CAN_UNSUPPORTED', problem instanceof Error ? problem.message : String(problem), name)
  }
}

/** Not a literal, so that nothing looks for a package that most have not installed. */
async function loadPackage(): Promise<SocketcanPackage> {
  const name: string = 'socketcan'
  const found: { readonly default?: SocketcanPackage } & Partial<SocketcanPackage> = await import(name)
  const { createRawChannelWithOptions } = found.default ?? found
  if (!createRawChannelWithOptions) throw new Error('the package socketcan is not as it was in version 4.3')
  return { createRawChannelWithOptions }
}

class SocketcanBus implements CanBus {
  readonly name: string
  readonly dataBytesMax: 8 | 64
  readonly mailboxes: number
  readonly #options: SocketcanBusOptions
  readonly #clock: Clock
  readonly #channel: RawChannel
  readonly #counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  #handlers: CanHandlers | undefined
  #state: CanState = 'active'
  #hasStarted = false
  #waiting: CanFrame[] = []
  #timer: Timer | undefined
  #refusals = 0

  constructor(options: SocketcanBusOptions, channel: RawChannel) {
    this.#options = options
    this.#clock = options.clock
    this.#channel = channel
    this.name = options.name
    this.dataBytesMax = options.dataBitRate === undefined ? 8 : 64
    this.mailboxes = options.mailboxes ?? 2
  }

  /** Once: the package opens its socket when it is made. */
  start(handlers: CanHandlers): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#handlers = handlers
    this.#channel.addListener('onMessage', (message) => this.#heard(message))
    this.#channel.start()
  }

  send(frame: CanFrame): 'accepted' | 'full' | 'off' | 'invalid' {
    if (this.state() === 'off') return 'off'
    if (!isSendable(frame, this.dataBytesMax)) return 'invalid'
    if (this.#waiting.length >= this.mailboxes) return 'full'
    const { id, isExtended, isFd, isBitRateSwitched } = frame
    this.#waiting.push({
      id,
      isExtended,
      isFd,
      isBitRateSwitched: isFd && isBitRateSwitched,
      data: new Uint8Array(frame.data),
    })
    if (!this.#timer) this.#after(0, () => this.#hand())
    return 'accepted'
  }

  state(): CanState {
    return this.#handlers ? this.#state : 'off'
  }

  counters(): Readonly<CanCounters> {
    return { ...this.#counted, busyBits: Math.round(this.#counted.busyBits) }
  }

  stop(stopped: () => void): void {
    if (this.#handlers) this.#channel.stop()
    this.#handlers = undefined
    this.#forget()
    this.#clock.setTimer(0, stopped)
  }

  #hand(): void {
    const frame = this.#waiting[0]
    if (!frame) return
    if (this.#give(frame)) {
      this.#refusals = 0
      this.#after(this.#frameMs(frame), () => this.#sent(frame))
      return
    }
    this.#counted.errors += 1
    this.#refusals += 1
    if (this.#refusals === refusalsUntilPassive) this.#become('passive')
    this.#after(repeatMs, () => this.#hand())
  }

  #give({ id, isExtended: ext, isFd, isBitRateSwitched: fd_brs, data }: CanFrame): boolean {
    const message = { id, ext, data: Buffer.from(data) }
    try {
      return (isFd ? this.#channel.sendFD({ ...message, fd_brs }) : this.#channel.send(message)) >= 0
    } catch {
      // The interface is gone.
      return false
    }
  }

  #sent(frame: CanFrame): void {
    this.#waiting.shift()
    this.#counted.sent += 1
    this.#countBits(frame)
    this.#handlers?.sent(frame)
    if (!this.#timer && this.#handlers) this.#after(0, () => this.#hand())
  }

  #heard({ id, ext = false, rtr = false, err = false, data }: RawMessage): void {
    if (!this.#handlers) return
    if (err) {
      this.#troubled(id, data)
      return
    }
    const isFd = data.length > 8
    const frame = { id, isExtended: ext, isFd, isBitRateSwitched: isFd, data: new Uint8Array(data) }
    // CanFrame knows no remote frames.
    if (rtr || !isSendable(frame, this.dataBytesMax)) return
    this.#counted.received += 1
    this.#countBits(frame)
    this.#handlers.received(frame, this.#clock.monotonic())
  }

  #troubled(kinds: number, data: Uint8Array): void {
    this.#counted.errors += 1
    if ((kinds & busOff) !== 0) {
      this.#counted.busOffs += 1
      this.#forget()
      this.#become('off')
    } else if ((kinds & restarted) !== 0) this.#become('active')
    else if ((kinds & controllerError) !== 0 && this.#state !== 'off') {
      const state = data[1] ?? 0
      if ((state & passiveBits) !== 0) this.#become('passive')
      else if ((state & activeBit) !== 0) this.#become('active')
    }
  }

  #forget(): void {
    this.#waiting = []
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #become(state: CanState): void {
    if (this.#state === state) return
    this.#state = state
    this.#handlers?.stateChanged(state)
  }

  #after(delayMs: number, then: () => void): void {
    this.#timer?.cancel()
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
