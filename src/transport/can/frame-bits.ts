// How long a frame is on the wire, to the bit, from start of frame to end of frame (ISO 11898-1:2015, 10.4 and 10.5).
//
// In a classic frame bits are stuffed from the start of frame to the end of the CRC, so its length depends on the CRC itself. In an
// FD frame that holds to the end of the data; behind it stuff bits have fixed places, and the first of those takes the place of one
// that the last data bits would call for: never two in a row. The bit rate changes at the sample point of BRS and changes back at
// that of the CRC delimiter, so the parts before and behind both points add up as if BRS were sent whole at the nominal rate and
// the delimiter whole at the other.
import type { CanFrame } from './can-bus.ts'
import { classicCheck } from './frame-check.ts'
import { fastHeader, type HeaderBits, nominalHeader } from './frame-header.ts'
import { endsStuffed, notStuffed, stuffBit, stuffByte, stuffCount, stuffWord } from './stuffing.ts'

export interface FrameBits {
  /** At the nominal rate. */
  readonly nominal: number
  /** At the data rate: 0 unless the frame is FD and its bit rate is switched. */
  readonly fast: number
}

/** Recessive bits after every frame and every error frame before another may start: add them where frames follow each other. */
export const intermissionBits = 3

/** Behind the CRC and its delimiter: acknowledgement and its delimiter, seven bits of end of frame. */
const tailBits = 9

/** @param isErrorPassive of the node that sends it: an FD frame says so in a bit (ESI). */
export function frameBits(frame: CanFrame, isErrorPassive = false): FrameBits {
  return frame.isFd ? fdBits(frame, isErrorPassive) : { nominal: classicBits(frame), fast: 0 }
}

/** How long that takes. Rates in bits a second. */
export function bitsMs(bits: FrameBits, bitRate: number, dataBitRate: number): number {
  return (bits.nominal * 1000) / bitRate + (bits.fast * 1000) / dataBitRate
}

function classicBits(frame: CanFrame): number {
  const header = nominalHeader(frame)
  // 15 bits, and one behind them that differs from the last: it calls for no stuff bit and makes them two bytes.
  const crc = classicCheck(frame)
  const sequence = (crc << 1) | (~crc & 1)
  const afterData = throughData(throughHeader(header), frame.data)
  const stuffed = stuffByte(stuffByte(afterData, sequence >>> 8), sequence & 0xff)
  return header.bits + 8 * frame.data.length + 15 + stuffCount(stuffed) + 1 + tailBits
}

function fdBits(frame: CanFrame, isErrorPassive: boolean): FrameBits {
  const { data } = frame
  const header = nominalHeader(frame)
  const afterNominal = throughHeader(header)
  const fast = fastHeader(frame, isErrorPassive)
  let afterFast = afterNominal
  for (let bit = 4; bit >= 0; bit -= 1) afterFast = stuffBit(afterFast, (fast >>> bit) & 1)
  const afterData = throughData(afterFast, data)
  const lastBit = (data.length === 0 ? fast : (data[data.length - 1] ?? 0)) & 1
  const stuffBits = stuffCount(afterData) - stuffCount(afterNominal) - (endsStuffed(afterData, lastBit) ? 1 : 0)
  // Stuff count of 4 and CRC of 17 or 21, a fixed stuff bit before the first and behind every fourth, and the delimiter.
  const checkBits = data.length <= 16 ? 4 + 17 + 6 + 1 : 4 + 21 + 7 + 1
  const nominal = header.bits + stuffCount(afterNominal) + tailBits
  const rest = 5 + 8 * data.length + stuffBits + checkBits
  return frame.isBitRateSwitched ? { nominal, fast: rest } : { nominal: nominal + rest, fast: 0 }
}

/**
 * Headers are no whole number of bytes. They are led in by bits that alternate up to the start of frame, which is dominant: those
 * call for no stuff bit.
 */
function throughHeader({ bits, high, low }: HeaderBits): number {
  const leadIn = 0b10101010_10101010_10101010_10101010 >>> 1
  if (bits > 32) return stuffWord(stuffByte(notStuffed, high | ((leadIn << (bits - 32)) & 0xff)), low)
  return stuffWord(notStuffed, low | (leadIn << bits))
}

function throughData(stuffed: number, data: Uint8Array): number {
  let through = stuffed
  for (let i = 0; i < data.length; i += 1) through = stuffByte(through, data[i] ?? 0)
  return through
}
