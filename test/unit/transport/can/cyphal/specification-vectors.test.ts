// The examples of the specification, both ways.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { CanFrame } from '../../../../../src/transport/can/can-bus.ts'
import { encodeTransfer } from '../../../../../src/transport/can/cyphal/encode-transfer.ts'
import { createReassembler } from '../../../../../src/transport/can/cyphal/reassembler.ts'
import { addToCrc, crcBegin } from '../../../../../src/transport/can/cyphal/transfer-crc.ts'

const log = readFileSync(new URL('../../../../vectors/cyphal-spec-vectors.candump.log', import.meta.url), 'utf8')
const frames: CanFrame[] = log
  .trim()
  .split('\n')
  .map((line) => {
    const [, id = '', fd, data = ''] = /can0 ([0-9A-F]{8})#(#[0-9A-F])?([0-9A-F]*)$/.exec(line) ?? []
    const isFd = fd !== undefined
    return { id: Number.parseInt(id, 16), isExtended: true, isFd, isBitRateSwitched: isFd, data: fromHex(data) }
  })

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function reassembled() {
  const reassembler = createReassembler({ interestIn: () => ({ payloadBytesMax: 1024, transferIdTimeoutMs: 2000 }) })
  const transfers = frames.flatMap((frame, index) => reassembler.accept(frame, 0, index) ?? [])
  return { transfers, drops: reassembler.drops }
}

/** Without what a sender may choose: the pseudo-id of an anonymous message; bits 22 and 21, which one of the examples does not set. */
function comparable({ id, data }: CanFrame) {
  const isMessage = (id & (1 << 25)) === 0
  const isAnonymous = isMessage && (id & (1 << 24)) !== 0
  return { id: id & ~(isMessage ? 3 << 21 : 0) & ~(isAnonymous ? 0x7f : 0), data }
}

describe('the examples of the specification', () => {
  test('are read as what they are', () => {
    const { transfers, drops } = reassembled()
    expect(Object.values(drops).every((count) => count === 0)).toBe(true)
    const inWords = transfers.map(({ payload, atMs: _, bus: __, ...header }) => ({ ...header, bytes: payload.length }))
    const message = { kind: 'message', destination: undefined }
    expect(inWords).toEqual([
      { ...message, port: 7509, source: 42, priority: 4, transferId: 0, bytes: 7 },
      { ...message, port: 7509, source: 42, priority: 4, transferId: 1, bytes: 7 },
      { ...message, port: 4919, source: undefined, priority: 4, transferId: 0, bytes: 15 },
      { kind: 'request', port: 430, source: 123, destination: 42, priority: 4, transferId: 1, bytes: 0 },
      { kind: 'response', port: 430, source: 42, destination: 123, priority: 4, transferId: 1, bytes: 69 },
      { ...message, port: 4919, source: 59, priority: 4, transferId: 0, bytes: 108 },
    ])
    const [uptime0, , hello, , info, array] = transfers.map(({ payload }) => Buffer.from(payload))
    expect(uptime0?.toString('hex')).toBe('000000000001a1')
    expect(hello?.subarray(2, 14).toString()).toBe('Hello world!')
    expect(info?.subarray(31, 67).toString()).toBe('org.uavcan.pyuavcan.demo.basic_usage')
    expect([...(array?.subarray(2, 94) ?? [])]).toEqual(Array.from({ length: 92 }, (_, index) => index))
  })

  test('are written byte for byte', () => {
    const written = reassembled().transfers.flatMap((transfer) => {
      const isFd = transfer.port === 4919
      return encodeTransfer(transfer, isFd ? 64 : 8)
    })
    expect(written.map(comparable)).toEqual(frames.map(comparable))
  })

  test('the padding of FD is ours as well: 92 bytes and a length prefix get 14 zeros before the CRC', () => {
    const payload = Uint8Array.from([92, 0, ...Array.from({ length: 92 }, (_, index) => index)])
    const header = {
      kind: 'message',
      port: 4919,
      source: 59,
      destination: undefined,
      priority: 4,
      transferId: 0,
    } as const
    expect(encodeTransfer({ ...header, payload }, 64).map(comparable)).toMatchObject(frames.slice(-2).map(comparable))
  })

  test('the check value of CRC-16/CCITT-FALSE', () => {
    const digits = Uint8Array.from(Buffer.from('123456789'))
    expect(addToCrc(crcBegin, digits, 0, 9)).toBe(0x29b1)
    expect(addToCrc(0x29b1, Uint8Array.of(0x29, 0xb1), 0, 2)).toBe(0)
  })
})
