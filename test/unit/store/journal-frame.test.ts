import { describe, expect, test } from 'vitest'
import { encodeFrame, payloadBytesMax, readFrames } from '../../../src/store/journal-frame.ts'

const frame = (record: unknown, durableBytes = 0) => encodeFrame(Buffer.from(JSON.stringify(record)), durableBytes)
const record = (index: number) => ({ index, at: 5, entry: { type: 'n' } })

describe('reading the frames of a journal', () => {
  test('whole frames give their records in order', () => {
    const bytes = Buffer.concat([frame(record(1)), frame(record(2))])
    expect(readFrames(bytes)).toEqual({
      kind: 'whole',
      records: [record(1), record(2)],
      validBytes: bytes.byteLength,
    })
  })

  test('cut anywhere, the last frame is torn and those before it are whole', () => {
    const first = frame(record(1))
    const bytes = Buffer.concat([first, frame(record(2))])
    for (let size = first.byteLength + 1; size < bytes.byteLength; size += 1) {
      expect(readFrames(bytes.subarray(0, size))).toEqual({
        kind: 'torn',
        records: [record(1)],
        validBytes: first.byteLength,
      })
    }
  })

  test.each([
    ['skips an index', record(3)],
    ['repeats an index', record(1)],
    ['has no time', { index: 2, entry: { type: 'n' } }],
    ['has no type', { index: 2, at: 5, entry: {} }],
    ['is no record', 'text'],
  ])('a frame that is whole and %s was written so: it is not cut, not even at the end', (_what, wrong) => {
    const first = frame(record(1))
    const bytes = Buffer.concat([first, frame(wrong)])
    expect(readFrames(bytes)).toEqual({ kind: 'corrupt', offset: first.byteLength })
  })

  test('a frame longer than any that is written is damage', () => {
    const payload = Buffer.alloc(payloadBytesMax + 1, ' ')
    payload.write(JSON.stringify(record(1)))
    expect(readFrames(encodeFrame(payload, 0))).toEqual({ kind: 'torn', records: [], validBytes: 0 })
  })

  test('zeros, noise and a claim of four gigabytes are torn ends, found at once', () => {
    const claim = frame(record(1))
    claim.writeUInt32LE(0xffff_ffff, 4)
    for (const bytes of [Buffer.alloc(1_000_000), Buffer.alloc(1_000_000, 'bwj1'), claim])
      expect(readFrames(bytes)).toEqual({ kind: 'torn', records: [], validBytes: 0 })
  })
})
