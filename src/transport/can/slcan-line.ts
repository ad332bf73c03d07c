// The ASCII protocol of serial CAN adapters (Lawicel CANUSB manual v1.0D; FD as CANable's firmware adds it). A command ends in CR:
//   t iii l dd…      data, 11-bit identifier          T iiiiiiii l dd…  29-bit
//   r iii l          remote frame, 11-bit             R iiiiiiii l      29-bit
//   d D              FD without, b B: with bit-rate switching; l is the data length code, 0 to F
//   S0 to S8         bit rate; Y1 to Y8: data bit rate in Mb/s; Z0: no timestamps; O open; C close; F: ask for status flags
// The adapter answers CR for done, BEL for refused, `z` CR or `Z` CR for a frame that it took, and sends what it hears in the same form.
import type { CanFrame } from './can-bus.ts'
import { lengthCode } from './frame-header.ts'
import { isSendable } from './sendable.ts'

/** A frame of FD with 64 bytes, and a timestamp should one be on. */
export const slcanLineCharsMax = 1 + 8 + 1 + 128 + 4

const lengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]

/** With its CR. */
export function formatSlcanFrame({ id, isExtended, isFd, isBitRateSwitched, data }: CanFrame): string {
  const kind = isFd ? (isBitRateSwitched ? 'b' : 'd') : 't'
  const digits = id
    .toString(16)
    .toUpperCase()
    .padStart(isExtended ? 8 : 3, '0')
  const length = (isFd ? lengthCode(data.length) : data.length).toString(16).toUpperCase()
  return `${isExtended ? kind.toUpperCase() : kind}${digits}${length}${Buffer.from(data).toString('hex').toUpperCase()}\r`
}

/** Without its CR. Never throws; `remote` and `malformed` are no frames. */
export function parseSlcanFrame(line: string): CanFrame | 'remote' | 'malformed' {
  const kind = line[0]?.toLowerCase() ?? ''
  if (!'trdb'.includes(kind) || kind === '') return 'malformed'
  const isExtended = line[0] !== kind
  const idChars = isExtended ? 8 : 3
  const digits = line.slice(1, 1 + idChars)
  const rest = line.slice(2 + idChars)
  if (!/^[0-9A-Fa-f]+$/.test(line.slice(1)) || digits.length < idChars) return 'malformed'
  const length = lengths[Number.parseInt(line[1 + idChars] ?? '', 16)]
  if (length === undefined) return 'malformed'
  if (kind === 'r') return length <= 8 ? 'remote' : 'malformed'
  // Behind the data may be a timestamp of four digits, although none was asked for.
  if (rest.length !== 2 * length && rest.length !== 2 * length + 4) return 'malformed'
  const isFd = kind !== 't'
  const data = Uint8Array.from(Buffer.from(rest.slice(0, 2 * length), 'hex'))
  const frame = { id: Number.parseInt(digits, 16), isExtended, isFd, isBitRateSwitched: kind === 'b', data }
  return isSendable(frame, 64) ? frame : 'malformed'
}

/** `S` and its digit; undefined for a bit rate that the protocol does not have. */
export function slcanBitRate(bitRate: number): string | undefined {
  const rates = [10_000, 20_000, 50_000, 100_000, 125_000, 250_000, 500_000, 800_000, 1_000_000]
  const place = rates.indexOf(bitRate)
  return place === -1 ? undefined : `S${place}`
}

/** `Y` and its digit: whole megabits. */
export function slcanDataBitRate(bitRate: number): string | undefined {
  const megabits = bitRate / 1e6
  return [1, 2, 4, 5, 8].includes(megabits) ? `Y${megabits}` : undefined
}
