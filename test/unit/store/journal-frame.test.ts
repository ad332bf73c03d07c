import { describe, expect, test } from 'vitest'
import { encodeFrame, payloadBytesMax, readFrames } from '../../../src/store/journal-frame.ts'

const frame = (text: string, durableBytes = 0) => encodeFrame(Buffer.from(text), durableBytes)
function read(bytes: Buffer) {
  const { frames, validBytes, end } = readFrames(bytes)
  return { texts: frames.map(({ payload }) => payload.toString()), validBytes, end }
}

describe('reading the frames of a segment', () => {
  test('whole frames give what is in them, in order', () => {
    const bytes = Buffer.concat([frame('one'), frame(''), frame('three')])
    expect(read(bytes)).toEqual({ texts: ['one', '', 'three'], validBytes: bytes.byteLength, end: 'whole' })
    expect(read(Buffer.alloc(0))).toEqual({ texts: [], validBytes: 0, end: 'whole' })
  })

  test('cut anywhere, the last frame is torn and those before it are whole', () => {
    const first = frame('one')
    const bytes = Buffer.concat([first, frame('two')])
    for (let size = first.byteLength + 1; size < bytes.byteLength; size += 1) {
      const torn = { texts: ['one'], validBytes: first.byteLength, end: 'torn' }
      expect(read(bytes.subarray(0, size))).toEqual(torn)
    }
  })

  test('damage before a frame that says that this place was durable is no torn end', () => {
    const first = frame('one')
    for (const [durableBytes, end] of [
      [0, 'torn'],
      [first.byteLength, 'corrupt'],
    ] as const) {
      const bytes = Buffer.concat([first, frame('two', durableBytes)])
      bytes[10] = 0xff
      expect(read(bytes)).toEqual({ texts: [], validBytes: 0, end })
    }
  })

  test('a frame longer than any that is written is damage', () => {
    expect(read(encodeFrame(Buffer.alloc(payloadBytesMax + 1, ' '), 0))).toEqual({
      texts: [],
      validBytes: 0,
      end: 'torn',
    })
  })

  test('zeros, noise and a claim of four gigabytes are torn ends, found at once', () => {
    const claim = frame('one')
    claim.writeUInt32LE(0xffff_ffff, 4)
    for (const bytes of [Buffer.alloc(1_000_000), Buffer.alloc(1_000_000, 'bwj2'), claim])
      expect(read(bytes)).toEqual({ texts: [], validBytes: 0, end: 'torn' })
  })
})
