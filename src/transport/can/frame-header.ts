// What comes before the data (ISO 11898-1:2015, 10.4.2), unstuffed, from the dominant (0) start of frame:
//   classic base       SOF, 11 of identifier, RTR 0, IDE 0, FDF 0, 4 of length code                              19 bits
//   classic extended   SOF, 11 of identifier, SRR 1, IDE 1, 18 of identifier, RTR 0, FDF 0, r0 0, 4 of length    39 bits
//   FD base            SOF, 11 of identifier, RRS 0, IDE 0, FDF 1, res 0, BRS                                    17 bits
//   FD extended        SOF, 11 of identifier, SRR 1, IDE 1, 18 of identifier, RRS 0, FDF 1, res 0, BRS           36 bits
// and in an FD frame then ESI and 4 bits of length code, at the data rate.
import type { CanFrame } from './can-bus.ts'

/** The last `bits` bits of `high` and then `low`. */
export interface HeaderBits {
  readonly bits: number
  readonly high: number
  /** 32 bits. */
  readonly low: number
}

/** Up to the length code of a classic frame, to BRS of an FD frame. */
export function nominalHeader({ id, isExtended, isFd, isBitRateSwitched, data }: CanFrame): HeaderBits {
  const switched = isBitRateSwitched ? 1 : 0
  if (!isExtended) {
    const low = isFd ? (id << 5) | 0b100 | switched : (id << 7) | data.length
    return { bits: isFd ? 17 : 19, high: 0, low }
  }
  const low18 = id & 0x3ffff
  if (isFd)
    return { bits: 36, high: id >>> 26, low: ((id >>> 18) << 24) | (0b11 << 22) | (low18 << 4) | 0b100 | switched }
  return { bits: 39, high: id >>> 23, low: ((id >>> 18) << 27) | (0b11 << 25) | (low18 << 7) | data.length }
}

/** ESI and length code: five bits. */
export function fastHeader(frame: CanFrame, isErrorPassive: boolean): number {
  return (isErrorPassive ? 16 : 0) | lengthCode(frame.data.length)
}

/** Data length code of a number of bytes, or -1: FD frames come in steps. */
export function lengthCode(dataBytes: number): number {
  return dataBytes <= 8 ? dataBytes : fdLengths.indexOf(dataBytes)
}

const fdLengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]
