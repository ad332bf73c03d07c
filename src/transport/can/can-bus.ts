/** One frame as a controller sees it. Remote frames do not exist here: Cyphal has none. */
export interface CanFrame {
  /** 29 bits, or 11 when it is not extended. */
  readonly id: number
  readonly isExtended: boolean
  readonly isFd: boolean
  /** FD: the data part is sent at the higher rate. */
  readonly isBitRateSwitched: boolean
  /** Classic: 0 to 8 bytes. FD: 0 to 8, 12, 16, 20, 24, 32, 48 or 64. */
  readonly data: Uint8Array
}

/** Bosch CAN 2.0B, chapter 8: active below 128 errors, passive from there, off at 256 until it has recovered. */
export type CanState = 'active' | 'passive' | 'off'

export interface CanHandlers {
  /** Never one's own. Its bytes may be shared with other listeners: copy what you change. @param atMs monotonic, of the end of the frame. */
  received(frame: CanFrame, atMs: number): void
  /** A frame that was taken has left, in the order in which they left; there is room for one more. */
  sent(frame: CanFrame): void
  /** Frames that were taken and not yet reported as sent are gone when it is `off`. */
  stateChanged(state: CanState): void
}

export interface CanCounters {
  sent: number
  received: number
  /** Error frames seen or caused. */
  errors: number
  /** Frames of others that this end had no room for. */
  overruns: number
  busOffs: number
  /** Bit times, at the nominal rate, in which the bus was not idle, as far as this end can tell. */
  busyBits: number
}

/**
 * One controller on one CAN bus. A frame that was taken is repeated by the controller until it is on the bus, or the controller is off;
 * frames of one identifier leave in their order. Never throws, never blocks, keeps no reference to a frame's bytes after `send`.
 */
export interface CanBus {
  /** As operators know it: `can0`. */
  readonly name: string
  readonly dataBytesMax: 8 | 64
  /** So many frames may be with the controller at a time: its queue knows no priority, so keep it short (1 to 3). */
  readonly mailboxes: number
  start(handlers: CanHandlers): void
  /**
   * `full`: every mailbox is taken. `off`: not started, stopped, or bus-off. `invalid`: no such frame can be on this bus (an
   * identifier or a length that is none, FD on a classic bus).
   */
  send(frame: CanFrame): 'accepted' | 'full' | 'off' | 'invalid'
  /** `off` as well when it is not started, or stopped. */
  state(): CanState
  counters(): Readonly<CanCounters>
  /** What still waits is dropped. */
  stop(stopped: () => void): void
}
