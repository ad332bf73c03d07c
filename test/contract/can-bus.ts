// What every backend of a CAN bus keeps to, whatever carries its frames. Runs on a virtual clock as well as on real sockets: it waits
// for what must happen, and for what must not happen it waits until something later has.
import { afterEach, describe, expect, test } from 'vitest'
import type { CanBus, CanFrame, CanState } from '../../src/transport/can/can-bus.ts'

export interface CanBench {
  /** Three controllers on one bus, not started. */
  readonly controllers: readonly [CanBus, CanBus, CanBus]
  /** Resolves when it holds; rejects, naming what was awaited, when it does not within a while. */
  until(holds: () => boolean, awaited: string): Promise<void>
  /** Stops what is still running. */
  close(): Promise<void>
}

interface Node {
  readonly bus: CanBus
  readonly received: { readonly frame: CanFrame; readonly atMs: number }[]
  readonly sent: CanFrame[]
  readonly states: CanState[]
  /** Sends all, one by one as there is room. */
  pump(frames: readonly CanFrame[]): void
}

/** @param heardAs what a receiver can know of a frame: of some backends not whether it was FD */
export function canBusContract(
  name: string,
  isFd: boolean,
  open: () => Promise<CanBench>,
  heardAs: (sent: CanFrame) => CanFrame = (sent) => sent,
): void {
  describe(`the CAN bus contract, ${name}`, () => {
    let bench: CanBench | undefined

    afterEach(() => bench?.close())

    async function setUp() {
      bench = await open()
      const { controllers, until } = bench
      const [a, b, c] = controllers
      return { controllers, until, a: listen(a), b: listen(b), c: listen(c) }
    }

    test('a frame reaches every other node once and whole, and never its sender', async () => {
      const { a, b, c, until } = await setUp()
      const first = frame(0x107d552a, [1, 2, 3, 0, 0, 0, 0, 0xe0])
      expect(a.bus.send(first)).toBe('accepted')
      await until(() => b.received.length === 1 && c.received.length === 1 && a.sent.length === 1, 'the first frame')
      expect(b.bus.send(frame(5, []))).toBe('accepted')
      await until(() => a.received.length === 1 && c.received.length === 2, 'the second frame')
      expect([a, b, c].map(({ received }) => received.map((one) => plain(one.frame)))).toEqual([
        [plain(frame(5, []))],
        [plain(first)],
        [plain(first), plain(frame(5, []))],
      ])
      expect([a, b, c].map(({ sent }) => sent.map(plain))).toEqual([[plain(first)], [plain(frame(5, []))], []])
    })

    test('identifiers of both formats and all lengths come through as they are', async () => {
      const { a, b, until } = await setUp()
      const lengths = isFd ? [...classicLengths, ...fdLengths] : classicLengths
      const frames = [
        ...[0, 1, 0x7ff].map((id) => ({ ...frame(id, [id & 0xff]), isExtended: false })),
        ...[0, 1, 0x7ff, 0x800, 0x1fffffff].map((id) => frame(id, [id & 0xff])),
        ...lengths.map((length) => frame(length, new Array<number>(length).fill(255 - length))),
        ...(isFd ? [true, false].map((isBitRateSwitched) => ({ ...frame(9, [9]), isFd, isBitRateSwitched })) : []),
      ]
      a.pump(frames)
      await until(() => b.received.length >= frames.length, 'all frames')
      // A controller sends the lowest identifier of its mailboxes first, so the order is its own.
      const sorted = (all: readonly CanFrame[]) => all.map((one) => JSON.stringify(plain(one))).sort()
      expect(sorted(b.received.map((one) => one.frame))).toEqual(sorted(frames.map(heardAs)))
    })

    test('what cannot be on this bus is refused, and nothing of it is sent', async () => {
      const { a, b, until } = await setUp()
      const wrong: CanFrame[] = [
        frame(-1, []),
        frame(0x20000000, []),
        frame(1.5, []),
        frame(Number.NaN, []),
        { ...frame(0x800, []), isExtended: false },
        { ...frame(1, new Array<number>(9).fill(0)), isFd: false },
        { ...frame(1, new Array<number>(9).fill(0)), isFd: true },
        { ...frame(1, new Array<number>(65).fill(0)), isFd: true },
      ]
      if (!isFd) wrong.push({ ...frame(1, []), isFd: true }, frame(1, new Array<number>(64).fill(0)))
      expect(wrong.map((one) => a.bus.send(one))).toEqual(wrong.map(() => 'invalid'))
      expect(a.bus.send(frame(2, []))).toBe('accepted')
      await until(() => b.received.length > 0, 'the good frame')
      expect(b.received.map((one) => plain(one.frame))).toEqual([plain(frame(2, []))])
    })

    test('what its owner does to the bytes after sending changes nothing', async () => {
      const { a, b, until } = await setUp()
      const mine = frame(7, [1, 2, 3])
      a.bus.send(mine)
      mine.data.fill(0xff)
      await until(() => b.received.length === 1 && a.sent.length === 1, 'the frame')
      expect(plain(b.received[0]?.frame)).toEqual(plain(frame(7, [1, 2, 3])))
      expect(plain(a.sent[0])).toEqual(plain(frame(7, [1, 2, 3])))
    })

    test('nor does it when the bytes are a Buffer, whose slice is no copy', async () => {
      const { a, b, until } = await setUp()
      const mine = { ...frame(7, []), data: Buffer.from([1, 2, 3]) }
      a.bus.send(mine)
      mine.data.fill(0xff)
      await until(() => b.received.length === 1 && a.sent.length === 1, 'the frame')
      expect(plain(b.received[0]?.frame)).toEqual(plain(frame(7, [1, 2, 3])))
    })

    test('it takes as many frames as it has mailboxes; each that was sent makes room for one', async () => {
      const { a, b, until } = await setUp()
      const { mailboxes } = a.bus
      expect(mailboxes).toBeGreaterThanOrEqual(1)
      const answers = Array.from({ length: mailboxes + 1 }, (_, i) => a.bus.send(frame(3, [i])))
      expect(answers).toEqual([...new Array<string>(mailboxes).fill('accepted'), 'full'])
      // Nothing happens on the caller's stack.
      expect([a.sent.length, b.received.length]).toEqual([0, 0])
      await until(() => a.sent.length > 0, 'room')
      expect(a.bus.send(frame(3, [mailboxes]))).toBe('accepted')
      await until(() => b.received.length === mailboxes + 1, 'all that were taken')
      expect(b.received.map((one) => one.frame.data[0])).toEqual(Array.from({ length: mailboxes + 1 }, (_, i) => i))
      expect(a.bus.counters().sent).toBe(mailboxes + 1)
    })

    test('frames of one identifier leave and arrive in their order, none lost or doubled, while all send', async () => {
      const { a, b, c, until } = await setUp()
      const nodes = [a, b, c]
      const count = 60
      for (const [who, node] of nodes.entries())
        node.pump(Array.from({ length: count }, (_, i) => frame(0x100 + 3 * (i % 2) + who, [who, i])))
      const all = () => nodes.every(({ received, sent }) => received.length >= 2 * count && sent.length >= count)
      await until(all, 'all frames at all nodes')
      for (const [who, node] of nodes.entries()) {
        expect(node.received.length).toBe(2 * count)
        for (const from of [0, 1, 2]) {
          for (const parity of [0, 1]) {
            const order = node.received.filter(
              ({ frame: { data } }) => data[0] === from && (data[1] ?? 0) % 2 === parity,
            )
            const expected = from === who ? [] : Array.from({ length: count / 2 }, (_, i) => 2 * i + parity)
            expect(order.map((one) => one.frame.data[1])).toEqual(expected)
          }
        }
      }
      for (const { received } of nodes) {
        const times = received.map(({ atMs }) => atMs)
        expect(times).toEqual(times.toSorted((x, y) => x - y))
      }
      const totals = nodes.map(({ bus }) => bus.counters())
      expect(totals.map(({ sent, received, errors, busOffs }) => [sent, received, errors, busOffs])).toEqual(
        nodes.map(() => [count, 2 * count, 0, 0]),
      )
      // The shortest of these frames is 67 + 8 * 2 bits.
      for (const { busyBits } of totals) expect(busyBits).toBeGreaterThanOrEqual(3 * count * 80)
    })

    test('it is off until it is started and once it was stopped; a stopped one hears nothing, the others go on', async () => {
      const { a, b, c, until } = await setUp()
      expect([a, b, c].map(({ bus }) => bus.state())).toEqual(['active', 'active', 'active'])
      let isStopped = false
      c.bus.stop(() => {
        isStopped = true
      })
      expect([c.bus.send(frame(1, [])), c.bus.state()]).toEqual(['off', 'off'])
      await until(() => isStopped, 'the end of stopping')
      a.bus.send(frame(1, [1]))
      await until(() => b.received.length === 1, 'a frame among those left')
      expect([c.received, c.sent, a.states, b.states]).toEqual([[], [], [], []])
    })

    test('before it is started it takes nothing', async () => {
      bench = await open()
      const [a] = bench.controllers
      expect([a.send(frame(1, [])), a.state()]).toEqual(['off', 'off'])
      expect(a.counters()).toEqual({ sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 })
      expect(a.dataBytesMax).toBe(isFd ? 64 : 8)
    })

    test('what waits when it is stopped is dropped, and stopping twice is harmless', async () => {
      const { a, b, until } = await setUp()
      for (let i = 0; i < a.bus.mailboxes; i += 1) a.bus.send(frame(1, [i]))
      let stops = 0
      const stopped = () => {
        stops += 1
      }
      a.bus.stop(stopped)
      a.bus.stop(stopped)
      const sentBefore = a.sent.length
      await until(() => stops === 2, 'both answers')
      b.bus.send(frame(2, []))
      await until(() => b.sent.length === 1, 'the next frame on the bus')
      expect(a.sent.length).toBe(sentBefore)
    })
  })
}

const classicLengths = [0, 1, 2, 3, 4, 5, 6, 7, 8]
const fdLengths = [12, 16, 20, 24, 32, 48, 64]

function frame(id: number, bytes: readonly number[]): CanFrame {
  const isFd = bytes.length > 8
  return { id, isExtended: true, isFd, isBitRateSwitched: isFd, data: Uint8Array.from(bytes) }
}

function plain(one: CanFrame | undefined) {
  if (!one) return undefined
  const { id, isExtended, isFd, isBitRateSwitched, data } = one
  return { id, isExtended, isFd, isBitRateSwitched, data: [...data] }
}

function listen(bus: CanBus): Node {
  const received: { frame: CanFrame; atMs: number }[] = []
  const sent: CanFrame[] = []
  const states: CanState[] = []
  const queue: CanFrame[] = []
  const fill = () => {
    for (let next = queue[0]; next && bus.send(next) === 'accepted'; next = queue[0]) queue.shift()
  }
  bus.start({
    received: (one, atMs) => received.push({ frame: one, atMs }),
    sent(one) {
      sent.push(one)
      fill()
    },
    stateChanged: (state) => states.push(state),
  })
  return {
    bus,
    received,
    sent,
    states,
    pump(frames) {
      queue.push(...frames)
      fill()
    },
  }
}
