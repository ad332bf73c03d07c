// A CAN bus behind a serial adapter that speaks ASCII (slcan-line.ts), over a serial line, a pseudo terminal or TCP.
//
// The adapter answers what it is told in the order of telling, so what was told and not answered is a queue, and an answer is for its
// first. A frame that is refused (the adapter's own buffer is full, or it is off the bus) is told again; one that gets no answer too:
// it may go out twice then, which Cyphal's transfer-ids and toggles are there for. Several such in a row make this end passive; a
// line that is silent for longer is opened again.
//
// Whatever the adapter says is bounded: a line longer than any of the protocol is thrown away up to its end.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers, CanState } from './can-bus.ts'
import { frameBits, intermissionBits } from './frame-bits.ts'
import { isSendable } from './sendable.ts'
import { formatSlcanFrame, parseSlcanFrame, slcanLineCharsMax } from './slcan-line.ts'

/** A line to an adapter. */
export interface SlcanPort {
  write(text: string): void
  /** Nothing is called after it. */
  close(): void
}

export interface SlcanPortHandlers {
  opened(): void
  received(bytes: Uint8Array): void
  /** Once; it could not be opened, or has ended. */
  closed(problem: string): void
}

export interface SlcanBusOptions {
  /** As operators know it: `can0`. */
  readonly name: string
  /** `S8` for 1 Mb/s (`slcanBitRate`); undefined where the adapter is set already. */
  readonly bitRateCommand?: string
  /** `Y5` for 5 Mb/s; without it the bus is a classic one. */
  readonly dataBitRateCommand?: string
  /** Default 2. */
  readonly mailboxes?: number
  readonly clock: Clock
  readonly log: Log
  open(handlers: SlcanPortHandlers): SlcanPort
}

const answerMs = 500
/** For answers to what somebody else said, and to the end of a line that was never begun: adapters differ in how many they give. */
const settleMs = 50
const repeatMs = 5
const reopenMs = 1000
/** In a row: each counts 8, and 128 is passive (Bosch CAN 2.0B, chapter 8). */
const failuresUntilPassive = 16
const failuresUntilReopened = 200
const silencesUntilReopened = 4
const carriageReturn = 0x0d
const bell = 0x07

export function createSlcanBus(options: SlcanBusOptions): CanBus {
  return new SlcanBus(options)
}

/** A command that sets the adapter up, or a frame. */
interface Told {
  readonly frame?: CanFrame
  readonly text: string
}

/** Ends what another program may have left half said, and closes the channel: an open one takes no bit rate. */
const clean: Told = { text: '\r\rC\r' }

class SlcanBus implements CanBus {
  readonly name: string
  readonly dataBytesMax: 8 | 64
  readonly mailboxes: number
  readonly #options: SlcanBusOptions
  readonly #clock: Clock
  readonly #counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  #handlers: CanHandlers | undefined
  #port: SlcanPort | undefined
  /** Answers of a line that is no more are not for this one. */
  #opening = 0
  #state: CanState = 'active'
  /** What is set up first, then frames in their order. The first is told and not answered, when `#isTold`. */
  #waiting: Told[] = []
  #isTold = false
  #timer: Timer | undefined
  #failures = 0
  #silences = 0
  #line = ''
  #isTooLong = false

  constructor(options: SlcanBusOptions) {
    this.#options = options
    this.#clock = options.clock
    this.name = options.name
    this.dataBytesMax = options.dataBitRateCommand === undefined ? 8 : 64
    this.mailboxes = options.mailboxes ?? 2
  }

  start(handlers: CanHandlers): void {
    if (this.#handlers) return
    this.#handlers = handlers
    this.#state = 'active'
    this.#setUp()
    this.#open()
  }

  send(frame: CanFrame): 'accepted' | 'full' | 'off' | 'invalid' {
    if (this.state() === 'off') return 'off'
    if (!isSendable(frame, this.dataBytesMax)) return 'invalid'
    if (this.#waiting.filter((told) => told.frame).length >= this.mailboxes) return 'full'
    const { id, isExtended, isFd, isBitRateSwitched } = frame
    const kept = {
      id,
      isExtended,
      isFd,
      isBitRateSwitched: isFd && isBitRateSwitched,
      data: new Uint8Array(frame.data),
    }
    this.#waiting.push({ frame: kept, text: formatSlcanFrame(kept) })
    if (!this.#timer && !this.#isTold && this.#port) this.#after(0, () => this.#tell())
    return 'accepted'
  }

  state(): CanState {
    return this.#handlers ? this.#state : 'off'
  }

  counters(): Readonly<CanCounters> {
    return { ...this.#counted }
  }

  stop(stopped: () => void): void {
    if (this.#handlers && this.#port) this.#port.write('C\r')
    this.#handlers = undefined
    this.#close()
    this.#clock.setTimer(0, stopped)
  }

  #setUp(): void {
    const { bitRateCommand, dataBitRateCommand } = this.#options
    const commands = [bitRateCommand, dataBitRateCommand, 'Z0', 'O']
    this.#waiting = [clean, ...commands.flatMap((text) => (text === undefined ? [] : [{ text: `${text}\r` }]))]
    this.#isTold = false
    this.#failures = 0
    this.#silences = 0
    this.#line = ''
    this.#isTooLong = false
  }

  #open(): void {
    this.#opening += 1
    const opening = this.#opening
    const isCurrent = () => opening === this.#opening && this.#handlers !== undefined
    const port = this.#options.open({
      opened: () => isCurrent() && this.#after(0, () => this.#begin(port)),
      received: (bytes) => isCurrent() && this.#received(bytes),
      closed: (problem) => isCurrent() && this.#goOff(problem),
    })
  }

  #begin(port: SlcanPort): void {
    this.#port = port
    this.#become('active')
    this.#tell()
  }

  #goOff(problem: string): void {
    this.#options.log.error('can.bus.failed', { bus: this.name, detail: problem })
    this.#close()
    this.#after(0, () => {
      if (this.#state !== 'off') this.#counted.busOffs += 1
      this.#become('off')
      this.#after(reopenMs, () => {
        this.#setUp()
        this.#open()
      })
    })
  }

  #close(): void {
    this.#opening += 1
    this.#port?.close()
    this.#port = undefined
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting = []
    this.#isTold = false
  }

  #tell(): void {
    const next = this.#waiting[0]
    if (!next || !this.#port) return
    this.#port.write(next.text)
    if (next === clean) {
      this.#after(settleMs, () => {
        this.#waiting.shift()
        this.#tell()
      })
      return
    }
    this.#isTold = true
    this.#after(answerMs, () => this.#unanswered())
  }

  #unanswered(): void {
    this.#isTold = false
    this.#silences += 1
    if (this.#silences >= silencesUntilReopened) this.#goOff('the adapter does not answer')
    else this.#failed()
  }

  #failed(): void {
    this.#failures += 1
    this.#counted.errors += 1
    if (this.#failures === failuresUntilPassive) this.#become('passive')
    if (this.#failures >= failuresUntilReopened) this.#goOff('the adapter refuses everything')
    else this.#after(repeatMs, () => this.#tell())
  }

  #received(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === bell) this.#answered(false)
      else if (byte !== carriageReturn) {
        if (this.#line.length < slcanLineCharsMax) this.#line += String.fromCharCode(byte)
        else this.#isTooLong = true
        continue
      } else if (this.#isTooLong) this.#counted.errors += 1
      else this.#said(this.#line)
      this.#line = ''
      this.#isTooLong = false
      // A handler may have stopped it.
      if (!this.#port) return
    }
  }

  #said(line: string): void {
    if (line === '' || line === 'z' || line === 'Z') {
      this.#answered(true)
      return
    }
    const frame = parseSlcanFrame(line)
    // CanFrame knows no remote frames.
    if (frame === 'remote') return
    if (frame === 'malformed' || !isSendable(frame, this.dataBytesMax)) {
      this.#counted.errors += 1
      return
    }
    this.#counted.received += 1
    this.#countBits(frame)
    this.#handlers?.received(frame, this.#clock.monotonic())
  }

  #answered(isDone: boolean): void {
    // An answer to what was cleaned away, or one that came too late.
    if (!this.#isTold) return
    this.#isTold = false
    this.#silences = 0
    this.#timer?.cancel()
    this.#timer = undefined
    const [told] = this.#waiting
    if (told?.frame && !isDone) {
      this.#failed()
      return
    }
    // Other refusals are harmless: of timestamps that it does not have, of a bit rate that is set by other means.
    this.#waiting.shift()
    if (told?.frame) {
      this.#failures = 0
      this.#counted.sent += 1
      this.#countBits(told.frame)
      this.#become('active')
      this.#handlers?.sent(told.frame)
    } else if (!isDone && told?.text.startsWith('O')) {
      this.#goOff('the adapter does not open its channel')
    }
    // The handler may have stopped it.
    if (this.#port) this.#after(0, () => this.#tell())
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

  /** The rates are the adapter's matter: bits of the data part count as nominal ones. */
  #countBits(frame: CanFrame): void {
    const { nominal, fast } = frameBits(frame)
    this.#counted.busyBits += nominal + fast + intermissionBits
  }
}
