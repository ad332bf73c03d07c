// Random transfers over buses that lose and repeat frames, and frames from anybody.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CanFrame } from '../../../../../src/transport/can/can-bus.ts'
import { encodeTransfer } from '../../../../../src/transport/can/cyphal/encode-transfer.ts'
import { createReassembler } from '../../../../../src/transport/can/cyphal/reassembler.ts'
import type { ReceivedTransfer } from '../../../../../src/transport/can/cyphal/session.ts'
import type { Transfer } from '../../../../../src/transport/can/cyphal/transfer.ts'

const timeoutMs = 100
const interest = { payloadBytesMax: 4096, transferIdTimeoutMs: timeoutMs }
const source = fc.constantFrom(1, 2, 127)
const priority = fc.constantFrom(0, 4, 7)
const payload = fc.uint8Array({ maxLength: 200 })
const isFd = fc.boolean()

const draft = fc.record({ source, priority, payload, port: fc.constantFrom(0, 7509, 8191), service: fc.boolean() })

/** With the transfer-ids that a sender would give them: one counter a session. */
function numbered(drafts: readonly (typeof draft extends fc.Arbitrary<infer T> ? T : never)[]): Transfer[] {
  const counters = new Map<string, number>()
  return drafts.map(({ source: from, priority: level, payload: bytes, port, service }) => {
    const session = `${from} ${port} ${service}`
    const count = counters.get(session) ?? 0
    counters.set(session, count + 1)
    const kind = service ? 'request' : 'message'
    const destination = service ? 64 : undefined
    const transferId = count % 32
    return {
      kind,
      port: service ? port % 512 : port,
      source: from,
      destination,
      priority: level,
      transferId,
      payload: bytes,
    }
  })
}

interface OnBus {
  readonly frame: CanFrame
  readonly bus: number
  readonly index: number
}

/** Frames of one identifier keep their order; those of different identifiers overtake each other by `chance`. */
function interleaved(queues: readonly (readonly OnBus[])[], chance: readonly number[]): OnBus[] {
  const rest = queues.map((queue) => [...queue]).filter((queue) => queue.length > 0)
  const all: OnBus[] = []
  for (let step = 0; rest.length > 0; step += 1) {
    const at = (chance[step % chance.length] ?? 0) % rest.length
    const next = rest[at]?.shift()
    if (next) all.push(next)
    if (rest[at]?.length === 0) rest.splice(at, 1)
  }
  return all
}

function queuesOf(transfers: readonly Transfer[], bus: number, dataBytesMax: 8 | 64): OnBus[][] {
  const queues = new Map<number, OnBus[]>()
  for (const [index, transfer] of transfers.entries())
    for (const frame of encodeTransfer(transfer, dataBytesMax))
      queues.set(frame.id, [...(queues.get(frame.id) ?? []), { frame, bus, index }])
  return [...queues.values()]
}

const nature = ({ kind, port, source: from, destination, priority: level, transferId, payload: bytes }: Transfer) =>
  JSON.stringify([kind, port, from, destination, level, transferId, [...bytes]])

/** FD pads: what was sent, and zeros. */
function isWhatWasSent(got: ReceivedTransfer, sent: readonly Transfer[]): boolean {
  return sent.some((one) => {
    const padding = got.payload.subarray(one.payload.length)
    const same = nature({ ...got, payload: got.payload.subarray(0, one.payload.length) }) === nature(one)
    return same && padding.length < 32 && padding.every((byte) => byte === 0)
  })
}

describe('R09: of transfers on a bus', () => {
  test('all arrive as they were sent when nothing is lost, however they are interleaved', () => {
    fc.assert(
      fc.property(
        fc.array(draft, { maxLength: 25 }),
        fc.array(fc.nat(), { minLength: 5 }),
        isFd,
        (drafts, chance, fd) => {
          const sent = numbered(drafts)
          const { accept, drops } = createReassembler({ interestIn: () => interest })
          const feed = interleaved(queuesOf(sent, 0, fd ? 64 : 8), chance)
          const got = feed.flatMap(({ frame }, index) => accept(frame, 0, index * 0.1) ?? [])
          expect(got.length).toBe(sent.length)
          expect(got.every((one) => isWhatWasSent(one, sent))).toBe(true)
          expect(Object.values(drops).every((count) => count === 0)).toBe(true)
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })

  test('none arrives wrong or twice when frames are lost and repeated', () => {
    fc.assert(
      fc.property(
        fc.array(draft, { minLength: 1, maxLength: 25 }),
        fc.array(fc.nat(), { minLength: 5 }),
        fc.array(fc.constantFrom(0, 1, 1, 1, 2, 3), { minLength: 7, maxLength: 50 }),
        isFd,
        (drafts, chance, copies, fd) => {
          const sent = numbered(drafts)
          const { accept } = createReassembler({ interestIn: () => interest })
          let step = 0
          const queues = queuesOf(sent, 0, fd ? 64 : 8).map((queue) =>
            queue.flatMap((one) => Array.from({ length: copies[step++ % copies.length] ?? 1 }, () => one)),
          )
          const got = interleaved(queues, chance).flatMap(({ frame }, index) => accept(frame, 0, index * 0.01) ?? [])
          expect(got.every((one) => isWhatWasSent(one, sent))).toBe(true)
          const numbers = got.map(({ kind, port, source: from, transferId }) => `${kind} ${port} ${from} ${transferId}`)
          expect(new Set(numbers).size).toBe(numbers.length)
        },
      ),
      { seed: 2, numRuns: 300 },
    )
  })
})

describe('R09: of two buses with the same traffic and losses of their own', () => {
  const lossy = fc.record({
    count: fc.integer({ min: 1, max: 150 }),
    periodMs: fc.constantFrom(1, 10, 45, 90, 150),
    payloadBytes: fc.constantFrom(0, 7, 8, 60),
    lagMs: fc.integer({ min: 0, max: 60 }),
    lost: fc.array(fc.boolean(), { minLength: 11, maxLength: 60 }),
    silent: fc.array(fc.record({ bus: fc.nat(1), from: fc.nat(150), count: fc.nat(60) }), { maxLength: 4 }),
  })

  test('each transfer arrives at most once, in order, and as it was sent', () => {
    fc.assert(
      fc.property(lossy, ({ count, periodMs, payloadBytes, lagMs, lost, silent }) => {
        const { accept } = createReassembler({ interestIn: () => interest })
        let step = 0
        const feed = [0, 1].flatMap((bus) =>
          Array.from({ length: count }, (_, index) => {
            const isSilent = silent.some((one) => one.bus === bus && index >= one.from && index < one.from + one.count)
            const bytes = Uint8Array.from({ length: payloadBytes }, () => index)
            const sent = { kind: 'message', port: 1, source: 3, destination: undefined, priority: 4 } as const
            const frames = encodeTransfer({ ...sent, transferId: index % 32, payload: bytes }, 8)
            return frames
              .filter(() => !isSilent && !lost[step++ % lost.length])
              .map((frame) => ({ frame, bus, index, atMs: index * periodMs + bus * lagMs }))
          }).flat(),
        )
        feed.sort((one, other) => one.atMs - other.atMs)
        const got = feed.flatMap(({ frame, bus, index, atMs }) => {
          const transfer = accept(frame, bus, atMs)
          if (transfer) expect([...transfer.payload].every((byte) => byte === index)).toBe(true)
          return transfer ? [index] : []
        })
        expect(got).toEqual([...new Set(got)].sort((one, other) => one - other))
      }),
      { seed: 3, numRuns: 400 },
    )
  })

  test('when one falls silent, the other is listened to within the timeout', () => {
    const { accept } = createReassembler({ interestIn: () => interest })
    const got: [index: number, bus: number][] = []
    for (let index = 0; index < 100; index += 1)
      for (const bus of index < 40 ? [0, 1] : [1]) {
        const header = { kind: 'message', port: 1, source: 3, destination: undefined, priority: 4 } as const
        const [frame] = encodeTransfer({ ...header, transferId: index % 32, payload: Uint8Array.of(index) }, 8)
        const transfer = frame && accept(frame, bus, index * 10)
        if (transfer) got.push([index, transfer.bus])
      }
    expect(got.filter(([, bus]) => bus === 0).length).toBe(40)
    expect(got[40]).toEqual([50, 1])
    expect(got.length).toBe(90)
  })
})

test('R65: any bytes as frames never throw, and never make us hold more than is allowed', () => {
  const frame = fc.record({
    id: fc.oneof(fc.nat(0x1fffffff), fc.constantFrom(0x107d552a, 0x10606405, 0x126bbdaa, -1, 2 ** 40, Number.NaN)),
    isExtended: fc.constantFrom(true, true, true, false),
    isFd: fc.boolean(),
    isBitRateSwitched: fc.boolean(),
    data: fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 8, maxLength: 8 })),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 200 }), (all) => {
      const limits = { peerBytesMax: 256, peerSessionsMax: 4 }
      const reassembler = createReassembler({ interestIn: () => interest, ...limits })
      for (const [index, one] of all.entries()) reassembler.accept(one, index % 2, index)
      for (let peer = 0; peer < 128; peer += 1) {
        expect(reassembler.heldBytes(peer)).toBeLessThanOrEqual(256)
        expect(reassembler.heldBytes(peer)).toBeGreaterThanOrEqual(0)
        expect(reassembler.sessionCount(peer)).toBeLessThanOrEqual(4)
      }
    }),
    { seed: 4, numRuns: 200 },
  )
})
