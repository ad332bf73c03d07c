import { describe, expect, test } from 'vitest'
import type { CanFrame } from '../../../../../src/transport/can/can-bus.ts'
import { encodeTransfer } from '../../../../../src/transport/can/cyphal/encode-transfer.ts'
import { createReassembler, type ReassemblerOptions } from '../../../../../src/transport/can/cyphal/reassembler.ts'
import type { Transfer } from '../../../../../src/transport/can/cyphal/transfer.ts'

const interest = { payloadBytesMax: 100, transferIdTimeoutMs: 200 }

function reassembler(options: Partial<ReassemblerOptions> = {}) {
  return createReassembler({ interestIn: () => interest, ...options })
}

function message(transferId: number, payload: readonly number[], more: Partial<Transfer> = {}): Transfer {
  const header = { kind: 'message', port: 100, source: 5, destination: undefined, priority: 4 } as const
  return { ...header, transferId, payload: Uint8Array.from(payload), ...more }
}

const ten = Array.from({ length: 10 }, (_, index) => index)
const frames = (transfer: Transfer): CanFrame[] => encodeTransfer(transfer, 8)
const frame = (id: number, data: readonly number[], isExtended = true): CanFrame => ({
  id,
  isExtended,
  isFd: data.length > 8,
  isBitRateSwitched: false,
  data: Uint8Array.from(data),
})

/** Which transfer-ids arrive, of frames as [frame, bus, ms]. */
function arrivals(feed: readonly (readonly [CanFrame | undefined, number, number])[], options = {}): number[] {
  const { accept } = reassembler(options)
  return feed.flatMap(([one, bus, atMs]) => (one && accept(one, bus, atMs)?.transferId) ?? [])
}

describe('a start frame', () => {
  const [a] = frames(message(1, [1]))
  const [b] = frames(message(2, [2]))

  test('that the sender repeats at once, is one transfer', () => {
    expect(
      arrivals([
        [a, 0, 0],
        [a, 0, 1],
        [b, 0, 2],
        [b, 0, 3],
      ]),
    ).toEqual([1, 2])
  })

  test('of the other bus is not admitted while this one is heard, fresh or not', () => {
    expect(
      arrivals([
        [a, 0, 0],
        [a, 1, 1],
        [b, 1, 2],
        [b, 0, 3],
      ]),
    ).toEqual([1, 2])
  })

  test('of the other bus is admitted once this one was silent for longer than the timeout, and this bus then is the other', () => {
    expect(
      arrivals([
        [a, 0, 0],
        [b, 1, 200],
        [b, 1, 201],
        [a, 0, 202],
        [a, 1, 203],
      ]),
    ).toEqual([1, 2, 1])
  })

  test('that is late on the other bus stays a repetition, however late', () => {
    expect(
      arrivals([
        [a, 0, 0],
        [a, 1, 5000],
      ]),
    ).toEqual([1])
  })

  test('with the last transfer-id is admitted on this bus after the timeout: its sender began again', () => {
    expect(
      arrivals([
        [a, 0, 0],
        [a, 0, 201],
      ]),
    ).toEqual([1, 1])
  })

  test('repeated after one of higher priority came between, is still a repetition', () => {
    const [urgent] = frames(message(2, [2], { priority: 1 }))
    expect(
      arrivals([
        [a, 0, 0],
        [urgent, 0, 1],
        [a, 0, 2],
      ]),
    ).toEqual([1, 2])
  })

  test('of an anonymous message is admitted each time', () => {
    const [anonymous] = frames(message(1, [1], { source: undefined }))
    expect(
      arrivals([
        [anonymous, 0, 0],
        [anonymous, 0, 0],
        [anonymous, 1, 0],
      ]),
    ).toEqual([1, 1, 1])
  })
})

describe('a transfer of several frames', () => {
  const [first, second] = frames(message(1, ten))

  test('arrives whole, with the time of its first frame and its bus', () => {
    const { accept, heldBytes } = reassembler()
    expect(first && accept(first, 1, 7)).toBeUndefined()
    expect(heldBytes(5)).toBeGreaterThan(0)
    expect(second && accept(second, 1, 9)).toMatchObject({ payload: Uint8Array.from(ten), atMs: 7, bus: 1 })
    expect(heldBytes(5)).toBe(0)
  })

  test('survives frames that come twice, and a more urgent one of the same session in between', () => {
    const [urgent] = frames(message(2, [2], { priority: 1 }))
    expect(
      arrivals([
        [first, 0, 0],
        [first, 0, 0],
        [urgent, 0, 1],
        [second, 0, 2],
        [second, 0, 2],
      ]),
    ).toEqual([2, 1])
  })

  test('survives a frame in its middle that comes twice', () => {
    const { accept, drops } = reassembler()
    const [one, two, ...rest] = frames(message(1, [...ten, ...ten]))
    const all = [one, two, two, ...rest].flatMap((each) => (each && accept(each, 0, 0)) ?? [])
    expect(all).toMatchObject([{ payload: Uint8Array.from([...ten, ...ten]) }])
    expect(drops).toMatchObject({ toggle: 1, crc: 0 })
  })

  test('is not mended with frames of the other bus', () => {
    expect(
      arrivals([
        [first, 0, 0],
        [second, 1, 1],
      ]),
    ).toEqual([])
  })

  test.each([
    ['a byte of payload', 0],
    ['a byte of the CRC', 4],
  ])('with another value in %s is not delivered', (_, at) => {
    const { accept, drops } = reassembler()
    if (first) accept(first, 0, 0)
    const data = Uint8Array.from(second?.data ?? [])
    data[at] = (data[at] ?? 0) ^ 1
    expect(second && accept({ ...second, data }, 0, 1)).toBeUndefined()
    expect(drops).toMatchObject({ crc: 1 })
  })

  test('gives way to the next one when its end is missing', () => {
    const { accept, drops, heldBytes } = reassembler()
    const [next, end] = frames(message(2, ten))
    const all = [first, next, second, end].flatMap((one, ms) => (one && accept(one, 0, ms)) ?? [])
    expect(all).toMatchObject([{ transferId: 2 }])
    expect(drops).toMatchObject({ unfinished: 1, noStart: 1 })
    expect(heldBytes(5)).toBe(0)
  })

  test('longer than what is wanted is cut off, and its CRC is checked over all of it', () => {
    const long = frames(
      message(
        1,
        Array.from({ length: 300 }, () => 7),
      ),
    )
    const { accept, drops } = reassembler()
    const arrived = long.flatMap((one) => accept(one, 0, 0) ?? [])
    expect(arrived).toMatchObject([{ payload: new Uint8Array(100).fill(7) }])
    const bad = long.map((one, index) =>
      index === 20 ? { ...one, data: one.data.map((x) => x ^ (x === 7 ? 1 : 0)) } : one,
    )
    expect(bad.flatMap((one) => accept(one, 0, 300) ?? [])).toEqual([])
    expect(drops.crc).toBe(1)
  })
})

describe('what is no Cyphal frame is counted and dropped', () => {
  const id = 0x10606405
  test.each([
    ['an 11-bit identifier', frame(0x105, [0xe0], false)],
    ['no tail byte', frame(id, [])],
    ['reserved bit 23', frame(id | (1 << 23), [0xe0])],
    ['reserved bit 7 of a message', frame(id | (1 << 7), [0xe0])],
    ['a start with toggle 0, as in version 0', frame(id, [0xc0])],
    ['a first frame that is not full', frame(id, [1, 2, 0xa0])],
    ['a last frame with a tail byte only', frame(id, [0x40])],
    ['an anonymous message of several frames', frame(id | (1 << 24), [1, 2, 3, 4, 5, 6, 7, 0xa0])],
    ['a service from a node to itself', frame(0x126b8285, [0xe0])],
  ])('%s', (_, one) => {
    const { accept, drops } = reassembler()
    expect(accept(one, 0, 0)).toBeUndefined()
    expect(drops.notCyphal).toBe(1)
  })

  test('bits 22 and 21 of a message are not looked at', () => {
    expect(reassembler().accept(frame(id & ~(3 << 21), [0xe0]), 0, 0)).toMatchObject({ port: 100, source: 5 })
  })

  test('services for others, and what nobody asked for', () => {
    const { accept, drops } = reassembler({ node: 9, interestIn: (_, port) => (port === 430 ? interest : undefined) })
    const service = { kind: 'request', destination: 9, port: 430 } as const
    const one = (more: Partial<Transfer>) => frames(message(1, [], { ...service, ...more }))[0] ?? frame(0, [])
    expect(accept(one({}), 0, 0)).toMatchObject({ kind: 'request', source: 5, destination: 9 })
    expect(accept(one({ destination: 8 }), 0, 0)).toBeUndefined()
    expect(accept(one({ port: 431 }), 0, 0)).toBeUndefined()
    expect(drops.notWanted).toBe(2)
  })
})

describe('R65: what one source makes us hold is bounded', () => {
  test('unfinished transfers: the oldest is given up, of no other source', () => {
    const { accept, heldBytes, drops } = reassembler({ peerBytesMax: 200 })
    const start = (source: number, port: number) => frames(message(1, ten, { source, port }))[0] ?? frame(0, [])
    accept(start(6, 1), 0, 0)
    for (let port = 1; port <= 50; port += 1) accept(start(5, port), 0, port)
    expect(heldBytes(5)).toBeLessThanOrEqual(200)
    expect(heldBytes(6)).toBeGreaterThan(0)
    expect(drops.unfinished).toBe(47)
    const end = frames(message(1, ten, { source: 6, port: 1 }))[1] ?? frame(0, [])
    expect(accept(end, 0, 60)).toMatchObject({ source: 6 })
  })

  test('one transfer that is larger than all of it is given up', () => {
    const { accept, heldBytes, drops } = reassembler({ peerBytesMax: 70 })
    const long = frames(
      message(
        1,
        Array.from({ length: 99 }, () => 7),
      ),
    )
    expect(long.flatMap((one) => accept(one, 0, 0) ?? [])).toEqual([])
    expect(drops.unfinished).toBe(1)
    expect(heldBytes(5)).toBe(0)
  })

  test('sessions: the one that is idle longest is forgotten', () => {
    const { accept, sessionCount } = reassembler({ peerSessionsMax: 3 })
    const single = (port: number) => frames(message(1, [1], { port }))[0] ?? frame(0, [])
    for (let port = 1; port <= 4; port += 1) accept(single(port), 0, port)
    expect(sessionCount(5)).toBe(3)
    expect(accept(single(4), 0, 5)).toBeUndefined()
    expect(accept(single(1), 0, 6)).toMatchObject({ port: 1 })
  })
})

test('of messages that begin with whom they are for, those for others take no room, and their transfer-ids count', () => {
  const { accept, drops, heldBytes } = reassembler({ interestIn: () => ({ ...interest, firstByte: 7 }) })
  const take = (transfer: Transfer) => frames(transfer).map((one) => accept(one, 0, transfer.transferId))
  expect(take(message(1, [8, ...ten])).filter(Boolean)).toEqual([])
  expect(heldBytes(5)).toBe(0)
  expect(drops).toMatchObject({ notWanted: 1, noStart: 1 })
  for (const [transferId, payload] of [
    [2, [7]],
    [3, [8]],
    [2, [7]],
  ] as const)
    expect(take(message(transferId, payload)).filter(Boolean).length).toBe(payload[0] === 7 ? 1 : 0)
})
