// What a controller can put on a bus at all. Cyphal never makes another frame; a bus asks all the same, because a frame that another
// program hands over may be anything.
import type { CanFrame } from './can-bus.ts'
import { lengthCode } from './frame-header.ts'

export const baseIdMax = 0x7ff
export const extendedIdMax = 0x1fffffff

/** @param dataBytesMax of the bus: 8 is a classic one, which an FD frame would destroy. */
export function isSendable({ id, isExtended, isFd, data }: CanFrame, dataBytesMax: 8 | 64): boolean {
  if (!Number.isInteger(id) || id < 0 || id > (isExtended ? extendedIdMax : baseIdMax)) return false
  if (isFd) return dataBytesMax === 64 && lengthCode(data.length) >= 0
  return data.length <= 8
}
