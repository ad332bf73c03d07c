// How a controller counts errors, and what it is allowed to do for them (Bosch CAN 2.0B, chapter 8; ISO 11898-1:2015, 12.1.4): a
// sender's error counts eight, a good frame takes one back. Below 128 it interrupts others; from there it only goes silent; at 256 of
// its own errors it is off, until it has seen the bus free 128 times.
import type { CanState } from './can-bus.ts'

export interface ErrorCounters {
  transmit: number
  receive: number
}

const passiveFrom = 128
const offFrom = 256
/** A receive counter needs no more: beyond it nothing changes. */
const receiveMax = 255

/** Times eleven recessive bits that a controller which is off waits for. */
export const recoverySequences = 128
export const recoverySequenceBits = 11

export function stateOf({ transmit, receive }: ErrorCounters): CanState {
  if (transmit >= offFrom) return 'off'
  return transmit >= passiveFrom || receive >= passiveFrom ? 'passive' : 'active'
}

export function countSent(counters: ErrorCounters): void {
  if (counters.transmit > 0) counters.transmit -= 1
}

export function countSendError(counters: ErrorCounters): void {
  counters.transmit += 8
}

export function countReceived(counters: ErrorCounters): void {
  // One good frame ends a passive state that came of receiving: back to between 119 and 127.
  if (counters.receive >= passiveFrom) counters.receive = 127
  else if (counters.receive > 0) counters.receive -= 1
}

/** @param by 1, or 8 for who saw the bus dominant behind its own error flag, which means that it was the first. */
export function countReceiveError(counters: ErrorCounters, by: 1 | 8): void {
  counters.receive = Math.min(receiveMax, counters.receive + by)
}
