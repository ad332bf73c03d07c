// From a transfer to its frames (specification v1.0, section 4.2.2). What fits one frame goes in one, without a CRC. Else the
// payload, zeros for padding and the CRC are cut into pieces that fill their frames; only the last may be shorter, and in FD its
// length must be one that FD has: hence the padding. The CRC may be cut in two.
import type { CanFrame } from '../can-bus.ts'
import { encodeIdentifier } from './identifier.ts'
import { endBit, startBit, toggleBit } from './tail-byte.ts'
import { problemOfHeader, type Transfer } from './transfer.ts'
import { addToCrc, crcBegin } from './transfer-crc.ts'

/** FD beyond 8 bytes; ISO 11898-1, data length code. */
const longLengths = [12, 16, 20, 24, 32, 48, 64]
const crcBytes = 2
const noPadding = new Uint8Array(64)

/** Throws RangeError for what is on no bus (`problemOfTransfer`). The frames share no memory with the payload. */
export function encodeTransfer(transfer: Transfer, dataBytesMax: 8 | 64): CanFrame[] {
  const problem = problemOfTransfer(transfer, dataBytesMax)
  if (problem !== undefined) throw new RangeError(problem)
  const { payload, transferId } = transfer
  const id = encodeIdentifier(transfer, transfer.source === undefined ? pseudoIdOf(payload) : 0)
  const roomBytes = dataBytesMax - 1
  if (payload.length > roomBytes) return encodeSeveral(id, transferId, payload, dataBytesMax)
  const data = new Uint8Array(lengthFor(payload.length + 1))
  data.set(payload)
  data[data.length - 1] = startBit | endBit | toggleBit | transferId
  return [frameOf(id, data, dataBytesMax)]
}

/** In words; undefined when it can be sent. */
export function problemOfTransfer(transfer: Transfer, dataBytesMax: 8 | 64): string | undefined {
  if (transfer.source === undefined && transfer.payload.length >= dataBytesMax)
    return `a message without a source has one frame, so at most ${dataBytesMax - 1} bytes`
  return problemOfHeader(transfer)
}

/** How many frames a payload of so many bytes takes. */
export function frameCount(payloadBytes: number, dataBytesMax: 8 | 64): number {
  const roomBytes = dataBytesMax - 1
  return payloadBytes <= roomBytes ? 1 : Math.ceil((payloadBytes + crcBytes) / roomBytes)
}

function encodeSeveral(id: number, transferId: number, payload: Uint8Array, dataBytesMax: 8 | 64): CanFrame[] {
  const roomBytes = dataBytesMax - 1
  const count = frameCount(payload.length, dataBytesMax)
  const lastBytes = payload.length + crcBytes - (count - 1) * roomBytes
  const paddingBytes = lengthFor(lastBytes + 1) - lastBytes - 1
  const crcAt = payload.length + paddingBytes
  const crc = addToCrc(addToCrc(crcBegin, payload, 0, payload.length), noPadding, 0, paddingBytes)
  const frames: CanFrame[] = []
  let toggle = toggleBit
  for (let from = 0; from < crcAt + crcBytes; from += roomBytes) {
    const bytes = Math.min(roomBytes, crcAt + crcBytes - from)
    const data = new Uint8Array(bytes + 1)
    copy(payload, from, data, bytes)
    if (crcAt >= from && crcAt < from + bytes) data[crcAt - from] = crc >> 8
    if (crcAt + 1 >= from && crcAt + 1 < from + bytes) data[crcAt + 1 - from] = crc & 0xff
    const place = (from === 0 ? startBit : 0) | (from + bytes === crcAt + crcBytes ? endBit : 0)
    data[bytes] = place | toggle | transferId
    toggle ^= toggleBit
    frames.push(frameOf(id, data, dataBytesMax))
  }
  return frames
}

/** A loop: for so few bytes it is much faster than a view of the payload. */
function copy(payload: Uint8Array, from: number, data: Uint8Array, bytesMax: number): void {
  const bytes = Math.min(bytesMax, payload.length - from)
  for (let index = 0; index < bytes; index += 1) data[index] = payload[from + index] ?? 0
}

function frameOf(id: number, data: Uint8Array, dataBytesMax: 8 | 64): CanFrame {
  const isFd = dataBytesMax === 64
  return { id, isExtended: true, isFd, isBitRateSwitched: isFd, data }
}

/** The shortest data field that holds so many bytes. */
function lengthFor(bytes: number): number {
  return bytes <= 8 ? bytes : (longLengths.find((length) => length >= bytes) ?? 64)
}

/** The specification's own proposal: senders of equal payloads do not disturb each other. */
function pseudoIdOf(payload: Uint8Array): number {
  return payload.reduce((sum, byte) => sum + byte, 0) & 0x7f
}
