// The bytes of a segment: frames one after the other, each
//   magic 4 | payload length 4 | durable bytes 8 | CRC-32 of the two and the payload 4 | payload
// `durable bytes` is how much of the file was known to be durable when the frame was written. It tells two kinds of damage
// apart. A frame that does not read is the torn end of a write that nobody was told of, and may be cut, unless a later frame
// says that this place had been durable: then acknowledged records are gone, and only a person or the peer can help.
// Frames after damage are found by their magic, since a damaged length leads nowhere.
import { crc32 } from 'node:zlib'

/** A longer payload is refused when it is written; so a longer length in a file is damage. */
export const payloadBytesMax = 16 * 1024 * 1024

const magic = Buffer.from('bwj2')
const headerBytes = 20

export function encodeFrame(payload: Buffer, durableBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + payload.byteLength)
  magic.copy(frame)
  frame.writeUInt32LE(payload.byteLength, 4)
  frame.writeDoubleLE(durableBytes, 8)
  payload.copy(frame, headerBytes)
  frame.writeUInt32LE(checksum(frame.subarray(4, 16), payload), 16)
  return frame
}

export interface Frame {
  readonly offset: number
  readonly payload: Buffer
  readonly durableBytes: number
  readonly end: number
}

export interface FramesRead {
  readonly frames: readonly Frame[]
  /** Up to here they read. */
  readonly validBytes: number
  /** torn: what follows was never acknowledged. corrupt: it was. */
  readonly end: 'whole' | 'torn' | 'corrupt'
}

export function readFrames(bytes: Buffer): FramesRead {
  const frames: Frame[] = []
  let offset = 0
  while (offset < bytes.byteLength) {
    const frame = frameAt(bytes, offset)
    if (!frame) return { frames, validBytes: offset, end: isDurable(bytes, offset) ? 'corrupt' : 'torn' }
    frames.push(frame)
    offset = frame.end
  }
  return { frames, validBytes: offset, end: 'whole' }
}

function frameAt(bytes: Buffer, offset: number): Frame | undefined {
  const payloadFrom = offset + headerBytes
  if (payloadFrom > bytes.byteLength || bytes.compare(magic, 0, 4, offset, offset + 4) !== 0) return undefined
  const end = payloadFrom + bytes.readUInt32LE(offset + 4)
  if (end > bytes.byteLength || end - payloadFrom > payloadBytesMax) return undefined
  const payload = bytes.subarray(payloadFrom, end)
  if (checksum(bytes.subarray(offset + 4, offset + 16), payload) !== bytes.readUInt32LE(offset + 16)) return undefined
  return { offset, payload, durableBytes: bytes.readDoubleLE(offset + 8), end }
}

/** A later frame says so of what is at `offset`. */
function isDurable(bytes: Buffer, offset: number): boolean {
  for (let at = bytes.indexOf(magic, offset + 1); at >= 0; at = bytes.indexOf(magic, at + 1))
    if ((frameAt(bytes, at)?.durableBytes ?? 0) > offset) return true
  return false
}

function checksum(head: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(head))
}
