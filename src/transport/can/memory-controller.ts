// A controller on a bus in memory: mailboxes, error counters and state. When it may send, and what it hears, its wire decides.
import type { CanBus, CanCounters, CanFrame, CanHandlers, CanState } from './can-bus.ts'
import { type ErrorCounters, recoverySequences, stateOf } from './error-counters.ts'
import { isSendable } from './sendable.ts'

export interface Waiting {
  readonly frame: CanFrame
  /** As arbitration compares: the lowest wins. */
  readonly key: number
}

/** What a controller needs of the wire that it hangs on. */
export interface ControllerWire {
  /** There is something new to send. */
  wake(): void
  /** It sends and hears from now on, or no longer: whatever it was sending is cut off. */
  onlineChanged(controller: Controller): void
  /** Bit times at the nominal rate in which the wire was not idle, since ever. */
  busyBits(): number
  /** Calls back soon, on a stack of its own. */
  later(done: () => void): void
}

export class Controller implements CanBus {
  readonly name: string
  readonly dataBytesMax: 8 | 64
  readonly mailboxes: number
  readonly node: string
  /** By arbitration, then in the order of `send`: the first is the one to send next. */
  readonly waiting: Waiting[] = []
  readonly errors: ErrorCounters = { transmit: 0, receive: 0 }
  readonly counted: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  handlers: CanHandlers | undefined
  wire: ControllerWire | undefined
  /** A fault of its transceiver: it holds the wire dominant. */
  isStuck = false
  /** It knows nothing of a frame that began before. */
  onlineSinceMs = 0
  /** A passive sender lets others go first (ISO 11898-1, 10.9.3: suspend transmission). */
  suspendedUntilMs = 0
  /** While it is off: times eleven recessive bits that are still missing. */
  recoveryLeft = 0
  #state: CanState = 'active'
  #busyBitsBefore = 0
  #busyFrom = 0

  constructor(node: string, options: { name: string; dataBytesMax: 8 | 64; mailboxes: number }) {
    this.node = node
    this.name = options.name
    this.dataBytesMax = options.dataBytesMax
    this.mailboxes = options.mailboxes
  }

  /** Sends, hears, acknowledges. */
  isOnline(): boolean {
    return this.handlers !== undefined && this.#state !== 'off'
  }

  start(handlers: CanHandlers): void {
    // Started a second time it forgets what it was doing, as a real one that is set up again.
    if (this.handlers) this.#goOffline()
    this.handlers = handlers
    this.#reset()
    this.#busyFrom = this.wire?.busyBits() ?? 0
    this.wire?.onlineChanged(this)
  }

  send(frame: CanFrame): 'accepted' | 'full' | 'off' | 'invalid' {
    if (!this.isOnline()) return 'off'
    if (!isSendable(frame, this.dataBytesMax)) return 'invalid'
    if (this.waiting.length >= this.mailboxes) return 'full'
    const { id, isExtended, isFd, isBitRateSwitched } = frame
    const kept = {
      id,
      isExtended,
      isFd,
      isBitRateSwitched: isFd && isBitRateSwitched,
      data: new Uint8Array(frame.data),
    }
    const waiting = { frame: kept, key: arbitrationKey(frame) }
    let place = this.waiting.length
    while (place > 0 && (this.waiting[place - 1]?.key ?? 0) > waiting.key) place -= 1
    this.waiting.splice(place, 0, waiting)
    this.wire?.wake()
    return 'accepted'
  }

  state(): CanState {
    return this.handlers ? this.#state : 'off'
  }

  counters(): Readonly<CanCounters> {
    // Asked first: it may bring the others up to now.
    const busyBits = this.#busyBits()
    return { ...this.counted, busyBits }
  }

  stop(stopped: () => void): void {
    if (this.handlers) this.#goOffline()
    this.wire?.later(stopped)
  }

  hangOn(wire: ControllerWire): void {
    this.#busyBitsBefore = this.#busyBits()
    this.wire = wire
    this.#busyFrom = wire.busyBits()
  }

  /** Says so when the counters have made it another state. A controller that goes off forgets what it was to send. */
  settleState(): void {
    const state = this.#state === 'off' && this.recoveryLeft > 0 ? 'off' : stateOf(this.errors)
    if (state === this.#state) return
    this.#state = state
    if (state === 'off') {
      this.counted.busOffs += 1
      this.recoveryLeft = recoverySequences
      this.waiting.length = 0
    }
    this.handlers?.stateChanged(state)
  }

  isOff(): boolean {
    return this.handlers !== undefined && this.#state === 'off'
  }

  /** The wire was recessive for eleven bits so many times. */
  recover(sequences: number): void {
    this.recoveryLeft = Math.max(0, this.recoveryLeft - sequences)
  }

  /** As new. */
  comeBack(): void {
    this.errors.transmit = 0
    this.errors.receive = 0
    this.settleState()
  }

  #goOffline(): void {
    this.#busyBitsBefore = this.#busyBits()
    this.handlers = undefined
    this.waiting.length = 0
    this.wire?.onlineChanged(this)
  }

  #reset(): void {
    this.waiting.length = 0
    this.errors.transmit = 0
    this.errors.receive = 0
    this.recoveryLeft = 0
    this.suspendedUntilMs = 0
    this.#state = 'active'
  }

  #busyBits(): number {
    return this.#busyBitsBefore + (this.handlers && this.wire ? this.wire.busyBits() - this.#busyFrom : 0)
  }
}

/** Identifier, then base before extended: bits in the order in which they are on the wire, SRR and IDE as one. */
export function arbitrationKey({ id, isExtended }: CanFrame): number {
  return isExtended ? ((id >>> 18) << 19) | (1 << 18) | (id & 0x3ffff) : id << 19
}
