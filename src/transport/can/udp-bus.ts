// A CAN bus for machines that have none: frames as datagrams to a multicast group of this host, in the format of python-can's
// `udp_multicast` interface, so that its tools take part.
//
// A datagram takes no time, and the kernel drops what a slow reader has no room for, so this end keeps to the bit rate by itself: a
// frame leaves when a real bus would have carried it, counted from the end of the last frame sent or heard. A frame heard that would
// have won the arbitration puts off what waits here; another was on the bus before it. Timers are coarser than frames, so an end that
// was late may catch up, but by no more than `burstMsMax`: no more than what a receive buffer holds.
//
// Whoever runs on this host can send to the group, as whoever holds the wire can send on a CAN bus: nothing here is proof of origin.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers, CanState } from './can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from './frame-bits.ts'
import { arbitrationKey } from './memory-controller.ts'
import { isSendable } from './sendable.ts'
import { decodeDatagram, encodeDatagram } from './udp-datagram.ts'
import { openUdpSockets, type UdpSockets } from './udp-sockets.ts'

export interface UdpBusOptions {
  /** As operators know it: `can0`. */
  readonly name: string
  /** Buses of one farm have ports that follow each other; two farms of a host share none. */
  readonly port: number
  /** Default python-can's. */
  readonly group?: string
  /** Bits a second. */
  readonly bitRate: number
  /** Of FD frames that switch; without it the bus is a classic one. */
  readonly dataBitRate?: number
  /** Nobody else's on this bus, of any process: what comes with this name is one's own echo. Tools show it as the channel. */
  readonly self: string
  /** Default 3. */
  readonly mailboxes?: number
  readonly clock: Clock
  readonly log: Log
  /** Default the real ones. */
  readonly open?: typeof openUdpSockets
}

export const multicastGroup = '239.74.163.2'
/** python-can's. */
export const udpPortDefault = 43113

/** About 30 of the shortest frames at 1 Mb/s; the usual receive buffer holds some 170. Higher: more of the rate survives a busy process. */
const burstMsMax = 2
const reopenMs = 500
const repeatMs = 5
/** In a row: each counts 8, and 128 is passive (Bosch CAN 2.0B, chapter 8). A sender that nobody hears is never off. */
const failuresUntilPassive = 16

export function createUdpBus(options: UdpBusOptions): CanBus {
  return new UdpBus(options)
}

class UdpBus implements CanBus {
  readonly name: string
  readonly dataBytesMax: 8 | 64
  readonly mailboxes: number
  readonly #options: UdpBusOptions
  readonly #clock: Clock
  readonly #counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  #handlers: CanHandlers | undefined
  #sockets: UdpSockets | undefined
  #state: CanState = 'active'
  /** In the order of leaving. */
  #waiting: CanFrame[] = []
  /** When the last frame sent or heard was over: never far ahead of now. */
  #freeAtMs = 0
  /** For the end of the first frame, for a repetition, or for opening again: never two of them. */
  #timer: Timer | undefined
  #isReady = false
  #isSending = false
  /** Whoever sends from within `sent` goes on where the last frame ended. */
  #isReporting = false
  #failures = 0

  constructor(options: UdpBusOptions) {
    this.#options = options
    this.#clock = options.clock
    this.name = options.name
    this.dataBytesMax = options.dataBitRate === undefined ? 8 : 64
    this.mailboxes = options.mailboxes ?? 3
  }

  start(handlers: CanHandlers): void {
    if (this.#handlers) return
    this.#handlers = handlers
    this.#state = 'active'
    this.#open()
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
    this.#arm()
    return 'accepted'
  }

  state(): CanState {
    return this.#handlers ? this.#state : 'off'
  }

  counters(): Readonly<CanCounters> {
    return { ...this.#counted, busyBits: Math.round(this.#counted.busyBits) }
  }

  stop(stopped: () => void): void {
    this.#handlers = undefined
    this.#close()
    this.#clock.setTimer(0, stopped)
  }

  #open(): void {
    const { port, group = multicastGroup, open = openUdpSockets } = this.#options
    // Failing may come before the sockets are known here.
    let problem: Error | undefined
    this.#failures = 0
    this.#sockets = open({
      port,
      group,
      heard: (bytes) => this.#heard(bytes),
      ready: () => {
        this.#isReady = true
        this.#idleUntilNow()
        this.#become('active')
        this.#arm()
      },
      failed: (why) => {
        problem = why
        if (this.#handlers && this.#sockets) this.#goOff(why)
      },
    })
    if (problem) this.#goOff(problem)
  }

  #goOff(problem: Error): void {
    this.#close()
    this.#after(0, () => {
      this.#options.log.error('can.bus.failed', { bus: this.name, port: this.#options.port, detail: problem.message })
      if (this.#state !== 'off') this.#counted.busOffs += 1
      this.#waiting = []
      this.#become('off')
      this.#after(reopenMs, () => this.#open())
    })
  }

  #close(): void {
    this.#sockets?.close()
    this.#sockets = undefined
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = []
    this.#isReady = false
    this.#isSending = false
  }

  #idleUntilNow(): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonic())
  }

  /** Waits until the first frame has been on the bus. */
  #arm(): void {
    const next = this.#waiting[0]
    if (!next || this.#timer || this.#isSending || !this.#isReady) return
    const nowMs = this.#clock.monotonic()
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - burstMsMax)
    this.#after(Math.max(0, this.#freeAtMs + this.#frameMs(next) - nowMs), () => this.#transmit())
  }

  #transmit(): void {
    const frame = this.#waiting[0]
    const sockets = this.#sockets
    if (!frame || !sockets) return
    // Something more urgent came in between.
    if (this.#freeAtMs + this.#frameMs(frame) > this.#clock.monotonic()) {
      this.#arm()
      return
    }
    this.#isSending = true
    sockets.send(this.#datagramOf(frame), (problem) => {
      if (this.#sockets !== sockets) return
      this.#isSending = false
      if (problem) this.#repeatLater(problem)
      else this.#hasSent(frame)
    })
  }

  #hasSent(frame: CanFrame): void {
    this.#waiting.shift()
    this.#failures = 0
    this.#freeAtMs += this.#frameMs(frame)
    this.#counted.sent += 1
    this.#counted.busyBits += this.#bitsOf(frame)
    this.#become('active')
    this.#isReporting = true
    this.#handlers?.sent(frame)
    this.#isReporting = false
    this.#arm()
  }

  #repeatLater(problem: Error): void {
    this.#failures += 1
    this.#counted.errors += 1
    if (this.#failures === failuresUntilPassive) {
      this.#options.log.warn('can.send.failed', { bus: this.name, detail: problem.message })
      this.#become('passive')
    }
    this.#after(repeatMs, () => this.#transmit())
  }

  #heard(bytes: Uint8Array): void {
    const read = decodeDatagram(bytes)
    if (read !== undefined && read.channel === this.#options.self) return
    // An FD frame on a classic bus is an error there.
    if (!read || read.isError || (!read.isRemote && !isSendable(read, this.dataBytesMax))) {
      this.#counted.errors += 1
      return
    }
    const { id, isExtended, isFd, isBitRateSwitched, data } = read
    const frame: CanFrame = { id, isExtended, isFd, isBitRateSwitched: isFd && isBitRateSwitched, data }
    const nowMs = this.#clock.monotonic()
    this.#counted.busyBits += this.#bitsOf(frame)
    this.#giveWay(frame, nowMs)
    // CanFrame knows no remote frames.
    if (read.isRemote) return
    this.#counted.received += 1
    this.#handlers?.received(frame, nowMs)
  }

  #giveWay(heard: CanFrame, nowMs: number): void {
    const mine = this.#waiting[0]
    if (!mine) this.#idleUntilNow()
    else if (arbitrationKey(heard) < arbitrationKey(mine))
      this.#freeAtMs = Math.max(this.#freeAtMs, Math.min(this.#freeAtMs + this.#frameMs(heard), nowMs))
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

  #datagramOf(frame: CanFrame): Uint8Array {
    return encodeDatagram({
      ...frame,
      timestampSeconds: this.#clock.now() / 1000,
      isRemote: false,
      isError: false,
      channel: this.#options.self,
      dataBytes: frame.data.length,
      isErrorPassive: this.#state === 'passive',
    })
  }

  #frameMs(frame: CanFrame): number {
    const { bitRate, dataBitRate = bitRate } = this.#options
    const { nominal, fast } = frameBits(frame)
    return bitsMs({ nominal: nominal + intermissionBits, fast }, bitRate, dataBitRate)
  }

  /** At the nominal rate. */
  #bitsOf(frame: CanFrame): number {
    return (this.#frameMs(frame) * this.#options.bitRate) / 1000
  }
}
