// The check sequences of CAN (ISO 11898-1:2015, 10.4.2.6). Classic: CRC-15 over the bits from start of frame to the end of the data,
// without stuff bits. FD: CRC-17 up to 16 bytes of data, CRC-21 beyond, over the same bits with their stuff bits, then the number of
// those (modulo 8, Gray coded, with a bit that makes its parity even); it starts from a one in its highest bit, because zeros in
// front would otherwise go unnoticed. The length of an FD frame does not depend on it, so that one is not made fast.
import type { CanFrame } from './can-bus.ts'
import { fastHeader, nominalHeader } from './frame-header.ts'
import { endsStuffed, notStuffed, stuffBit, stuffCount } from './stuffing.ts'

/** What is sent behind the data: 15, 17 or 21 bits. */
export function checkSequence(frame: CanFrame, isErrorPassive = false): number {
  return frame.isFd ? fdCheck(frame, isErrorPassive) : classicCheck(frame)
}

export function classicCheck(frame: CanFrame): number {
  const { high, low } = nominalHeader(frame)
  // Zeros in front of the header leave the register at zero, so it needs no alignment.
  let crc = crc15(crc15(crc15(crc15(crc15(0, high), low >>> 24), (low >>> 16) & 0xff), (low >>> 8) & 0xff), low & 0xff)
  for (let i = 0; i < frame.data.length; i += 1) crc = crc15(crc, frame.data[i] ?? 0)
  return crc
}

function crc15(crc: number, byte: number): number {
  return ((crc << 8) ^ (crc15Table[(crc >>> 7) ^ byte] ?? 0)) & 0x7fff
}

const crc15Table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = 0
  for (let bit = 7; bit >= 0; bit -= 1) crc = shift(crc, (byte >>> bit) & 1, 15, 0x4599)
  return crc
})

/** The register of a CRC of `width` bits after one more bit. */
function shift(crc: number, bit: number, width: number, polynomial: number): number {
  const isOut = ((crc >>> (width - 1)) & 1) !== bit
  return ((crc << 1) & ((1 << width) - 1)) ^ (isOut ? polynomial : 0)
}

function fdCheck(frame: CanFrame, isErrorPassive: boolean): number {
  const [width, polynomial] = frame.data.length <= 16 ? [17, 0x1685b] : [21, 0x102899]
  let crc = 1 << (width - 1)
  let stuffed = notStuffed
  let isStuffDue = false
  const send = (bit: number) => {
    // A stuff bit that the last bit of the data calls for is not sent: the fixed one takes its place.
    if (isStuffDue) crc = shift(crc, (stuffed >>> 2) & 1, width, polynomial)
    stuffed = stuffBit(stuffed, bit)
    isStuffDue = endsStuffed(stuffed, bit)
    crc = shift(crc, bit, width, polynomial)
  }
  const sendAll = (value: number, bits: number) => {
    for (let bit = bits - 1; bit >= 0; bit -= 1) send((value >>> bit) & 1)
  }
  const { bits, high, low } = nominalHeader(frame)
  sendAll(high, Math.max(0, bits - 32))
  sendAll(low, Math.min(32, bits))
  sendAll(fastHeader(frame, isErrorPassive), 5)
  for (const byte of frame.data) sendAll(byte, 8)
  const field = stuffField(stuffCount(stuffed) - (isStuffDue ? 1 : 0))
  for (let bit = 3; bit >= 0; bit -= 1) crc = shift(crc, (field >>> bit) & 1, width, polynomial)
  return crc
}

/** Three bits of Gray code and one of parity. */
function stuffField(count: number): number {
  const gray = (count & 7) ^ ((count & 7) >>> 1)
  const parity = (gray ^ (gray >>> 1) ^ (gray >>> 2)) & 1
  return (gray << 1) | parity
}
