// What is known of one session: who sends what to whom, transfers of all priorities.
import { headerOf, priorityOf } from './identifier.ts'
import { toggleBit } from './tail-byte.ts'
import type { Transfer } from './transfer.ts'
import { crcBegin } from './transfer-crc.ts'

export interface ReceivedTransfer extends Transfer {
  /** Monotonic, of its first frame. */
  readonly atMs: number
  /** Index of the bus it came over. */
  readonly bus: number
}

export interface Interest {
  /** What is longer is cut off here; its CRC is checked over the whole (section 4.1.1.1). */
  readonly payloadBytesMax: number
  /**
   * About two periods of what is sent. Higher: a change of buses, or a sender's restart, takes longer. Lower: buses must lag less behind each
   * other. 0 for responses: whoever asked knows which it waits for.
   */
  readonly transferIdTimeoutMs: number
  /** Of messages that begin with whom they are for: others are counted as `notWanted` and take no room. Default: all are of interest. */
  readonly firstByte?: number
}

export interface Slot {
  readonly priority: number
  lastTransferId: number
  lastBus: number
  admittedMs: number
  isOpen: boolean
  toggle: number
  crc: number
  /** Of payload, padding and CRC, kept or not. */
  receivedBytes: number
  bytes: Uint8Array
}

export interface Session {
  readonly key: number
  /** An identifier of it, of any priority. */
  readonly id: number
  readonly interest: Interest
  readonly slots: (Slot | undefined)[]
  admittedMs: number
}

const crcBytes = 2
export const nothing = new Uint8Array(0)

/** What a slot keeps: the CRC may be in it. */
export function keptBytesMax({ payloadBytesMax }: Interest): number {
  return payloadBytesMax + crcBytes
}

/** The slot, if two of three hold. */
export function admit(session: Session, id: number, transferId: number, bus: number, atMs: number): Slot | undefined {
  const priority = priorityOf(id)
  const slot = session.slots[priority]
  if (!slot) {
    const opened = openSlot(priority)
    session.slots[priority] = opened
    return opened
  }
  const isFresh = slot.lastTransferId !== transferId
  const isSame = slot.lastBus === bus
  const isStale = atMs - slot.admittedMs > session.interest.transferIdTimeoutMs
  return (isFresh && isSame) || (isSame && isStale) || (isFresh && isStale) ? slot : undefined
}

function openSlot(priority: number): Slot {
  return {
    priority,
    lastTransferId: 0,
    lastBus: 0,
    admittedMs: 0,
    isOpen: false,
    toggle: 0,
    crc: 0,
    receivedBytes: 0,
    bytes: nothing,
  }
}

export function remember(session: Session, slot: Slot, transferId: number, bus: number, atMs: number): void {
  session.admittedMs = atMs
  slot.lastTransferId = transferId
  slot.lastBus = bus
  slot.admittedMs = atMs
}

export function begin(slot: Slot): void {
  slot.isOpen = true
  slot.toggle = toggleBit
  slot.crc = crcBegin
  slot.receivedBytes = 0
}

/** The bytes become the receiver's. Without its end there is no CRC either. */
export function transferOf({ id, interest }: Session, slot: Slot, hasEnd: boolean): ReceivedTransfer {
  const payloadBytes = slot.receivedBytes - (hasEnd ? crcBytes : 0)
  const length = Math.max(0, Math.min(payloadBytes, interest.payloadBytesMax))
  return {
    ...headerOf(id, slot.lastTransferId),
    priority: slot.priority,
    payload: slot.bytes.subarray(0, length),
    atMs: slot.admittedMs,
    bus: slot.lastBus,
  }
}
