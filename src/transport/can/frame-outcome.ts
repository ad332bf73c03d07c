// What becomes of a frame when one bit of it reaches one node wrong (ISO 11898-1:2015, 10.9 to 10.12; Bosch CAN 2.0B, chapters 5 to 8).
//
// Whoever notices an error says so with six dominant bits; the others notice those and answer with theirs. So normally nobody keeps
// the frame and its sender repeats it. Three holes are in that, and they are in every CAN bus:
// - An error-passive node says so with recessive bits, which nobody notices. If it is a receiver it alone misses the frame.
// - A receiver keeps a frame at its last bit but one, a sender counts it as sent at its last. An error that is noticed between the two
//   makes the sender repeat what others have kept: they have it twice.
// - If in that case a receiver was the one who noticed, it has it once.
// A receiver that read a bit of the data wrong may notice at the next stuff bit, or only by the CRC: here always by the CRC, which
// costs the most of the bus.

import type { CanFrame } from './can-bus.ts'
import { nominalHeader } from './frame-header.ts'

export interface Disturbance {
  /** Which bit of the frame, from 0. */
  readonly bit: number
  readonly victim: 'sender' | 'receiver'
  readonly isVictimPassive: boolean
}

export interface Outcome {
  /** After so many bits the frame is over: whole, or cut short by an error flag. */
  readonly endBit: number
  readonly keptBy: 'all' | 'all but the victim' | 'nobody'
  readonly isRepeated: boolean
  /** It is repeated because nobody acknowledged it: a passive sender does not count that as an error, so it is never off for want of company. */
  readonly isUnheard: boolean
  /** Of the error or overload frame that follows. */
  readonly flagBits: number
}

/** Six bits of flag, up to six more where others join in, and the delimiter of eight. The longest; some are up to six shorter. */
const flagsBits = 6 + 6 + 8
/** Nobody joins in. */
const loneFlagBits = 6 + 8
/** From the end: seven bits of end of frame, the delimiter of the acknowledgement, the acknowledgement. */
const acknowledgementFromEnd = 9

export function undisturbed(bits: number, isAcknowledged: boolean): Outcome {
  if (isAcknowledged) return { endBit: bits, keptBy: 'all', isRepeated: false, isUnheard: false, flagBits: 0 }
  return {
    endBit: bits - acknowledgementFromEnd + 1,
    keptBy: 'nobody',
    isRepeated: true,
    isUnheard: true,
    flagBits: loneFlagBits,
  }
}

/** @param isAcknowledged by somebody other than the victim. */
export function disturbed(bits: number, disturbance: Disturbance, isAcknowledged: boolean): Outcome {
  return disturbance.victim === 'sender'
    ? senderDisturbed(bits, disturbance)
    : receiverDisturbed(bits, disturbance, isAcknowledged)
}

function senderDisturbed(bits: number, { bit, isVictimPassive }: Disturbance): Outcome {
  // Behind the acknowledgement all bits are recessive, as its passive flag is.
  const keptFrom = isVictimPassive ? bits - acknowledgementFromEnd : bits - 2
  if (bit < keptFrom)
    return { endBit: bit + 1, keptBy: 'nobody', isRepeated: true, isUnheard: false, flagBits: flagsBits }
  return {
    endBit: bits,
    keptBy: 'all',
    isRepeated: true,
    isUnheard: false,
    flagBits: isVictimPassive ? loneFlagBits : flagsBits,
  }
}

function receiverDisturbed(bits: number, { bit, isVictimPassive }: Disturbance, isAcknowledged: boolean): Outcome {
  // The victim has kept it by then; its overload frame only takes time.
  if (bit === bits - 1) return { endBit: bits, keptBy: 'all', isRepeated: false, isUnheard: false, flagBits: flagsBits }
  if (isVictimPassive) {
    return isAcknowledged
      ? { endBit: bits, keptBy: 'all but the victim', isRepeated: false, isUnheard: false, flagBits: 0 }
      : undisturbed(bits, false)
  }
  const noticedBit = Math.max(bit + 1, bits - 7)
  return noticedBit === bits - 1
    ? { endBit: bits, keptBy: 'all but the victim', isRepeated: true, isUnheard: false, flagBits: flagsBits }
    : { endBit: noticedBit, keptBy: 'nobody', isRepeated: true, isUnheard: false, flagBits: flagsBits }
}

/** Where two frames with one identifier break each other off; undefined when they are the same bits throughout. */
export function clashBit(a: CanFrame, b: CanFrame): number | undefined {
  const { bits } = nominalHeader(a)
  if (a.isFd !== b.isFd || a.isBitRateSwitched !== b.isBitRateSwitched || a.data.length !== b.data.length)
    return bits - 1
  const differing = a.data.findIndex((byte, i) => byte !== b.data[i])
  return differing < 0 ? undefined : bits + (a.isFd ? 5 : 0) + 8 * differing
}
