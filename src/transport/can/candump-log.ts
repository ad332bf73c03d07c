// Lines of `candump -L` (can-utils), which most CAN tools read and write: `(1600000000.000000) can0 107D552A#0102030405060708`.
//   11-bit identifiers have three hexadecimal digits, 29-bit ones eight; `#` and the data of a classic frame; `##`, a digit of flags
//   (1: bit rate switched, 2: sender is error-passive) and the data of an FD frame. Newer versions, and python-can, add R or T; a classic
//   frame of eight bytes may have a length code above eight behind `_`, which says nothing.
import type { CanFrame } from './can-bus.ts'
import { isSendable } from './sendable.ts'

export interface CandumpEntry {
  /** Seconds, to the microsecond; since the epoch or not, as the log was made. */
  readonly t: number
  /** As operators know the bus: `can0`. */
  readonly iface: string
  readonly frame: CanFrame
}

const linePattern =
  /^\((\d{1,12}\.\d{1,9})\) (\S{1,64}) ([0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})#(R|#[0-9A-Fa-f])?([0-9A-Fa-f]*)(?:_[9A-F])?(?: [RT])?\s*$/
const switchedFlag = 1
/** Of the kernel's identifiers: how SocketCAN reports errors and changes of state. */
const errorFlag = 0x2000_0000
const lineCharsMax = 512

/** Never throws, whatever the line. */
export function parseCandumpLine(line: string): CandumpEntry | { readonly problem: string } {
  if (line.length > lineCharsMax) return { problem: `longer than ${lineCharsMax} characters` }
  const [, t, iface, digits, mark = '', hex = ''] = linePattern.exec(line) ?? []
  if (t === undefined || iface === undefined || digits === undefined) return { problem: 'not as candump -L writes it' }
  if (mark === 'R') return { problem: 'a remote frame' }
  if (digits.length === 8 && (Number.parseInt(digits, 16) & errorFlag) !== 0) return { problem: 'an error frame' }
  if (hex.length % 2 !== 0) return { problem: 'half a byte of data' }
  const isFd = mark !== ''
  const isBitRateSwitched = isFd && (Number.parseInt(mark.slice(1), 16) & switchedFlag) !== 0
  const data = Uint8Array.from(Buffer.from(hex, 'hex'))
  const frame = { id: Number.parseInt(digits, 16), isExtended: digits.length === 8, isFd, isBitRateSwitched, data }
  if (!isSendable(frame, 64)) return { problem: 'no data frame: its identifier or its length is none of CAN' }
  return { t: Number(t), iface, frame }
}

/** Without a line end. */
export function formatCandumpLine(t: number, iface: string, frame: CanFrame): string {
  const { id, isExtended, isFd, isBitRateSwitched, data } = frame
  const digits = id
    .toString(16)
    .toUpperCase()
    .padStart(isExtended ? 8 : 3, '0')
  const mark = isFd ? `##${isBitRateSwitched ? switchedFlag : 0}` : '#'
  return `(${t.toFixed(6).padStart(17, '0')}) ${iface} ${digits}${mark}${Buffer.from(data).toString('hex').toUpperCase()}`
}
