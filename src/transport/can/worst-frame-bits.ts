// How long a frame of so many bytes can be at most, whatever its identifier and its data: as many stuff bits as the stuffed part can
// hold, one behind every fourth bit once five were equal. With the intermission that follows it (Davis, Burns, Bril, Lukkien,
// Real-Time Systems 35, 2007, equations 1 and 2; for FD the same of its stuffed part). Extended classic: 80 + 10 n bits.
import { type FrameBits, intermissionBits } from './frame-bits.ts'

/** What of a frame decides how long it can be. */
export interface FrameShape {
  readonly isExtended: boolean
  readonly isFd: boolean
  readonly isBitRateSwitched: boolean
  /** A length that the frame can have: 0 to 8; FD also 12, 16, 20, 24, 32, 48, 64. */
  readonly dataBytes: number
}

/** Bits in which only the header differs from frame to frame, from the start of frame to the bit-rate switch. */
const fdHeaderBits = { extended: 36, standard: 17 }
const classicHeaderBits = { extended: 39, standard: 19 }
/** CRC delimiter, acknowledgement and its delimiter, end of frame. */
const classicEndBits = 1 + 1 + 1 + 7
const fdEndBits = 1 + 1 + 7

export function worstFrameBits(shape: FrameShape): FrameBits {
  return shape.isFd ? worstFdBits(shape) : { nominal: worstClassicBits(shape), fast: 0 }
}

function worstClassicBits({ isExtended, dataBytes }: FrameShape): number {
  const header = isExtended ? classicHeaderBits.extended : classicHeaderBits.standard
  const stuffed = header + 8 * dataBytes + 15
  return stuffed + stuffBitsMax(stuffed) + classicEndBits + intermissionBits
}

/** Stuff bits cost more at the nominal rate: as many as can be are in the part that is sent at it. */
function worstFdBits({ isExtended, isBitRateSwitched, dataBytes }: FrameShape): FrameBits {
  const header = isExtended ? fdHeaderBits.extended : fdHeaderBits.standard
  const stuffedFast = 5 + 8 * dataBytes
  const checkBits = dataBytes <= 16 ? 4 + 17 + 6 + 1 : 4 + 21 + 7 + 1
  const nominalStuffBits = stuffBitsMax(header)
  const nominal = header + nominalStuffBits + fdEndBits + intermissionBits
  const rest = stuffedFast + stuffBitsMax(header + stuffedFast) - nominalStuffBits + checkBits
  return isBitRateSwitched ? { nominal, fast: rest } : { nominal: nominal + rest, fast: 0 }
}

function stuffBitsMax(stuffedBits: number): number {
  return Math.floor((stuffedBits - 1) / 4)
}
