import { describe, expect, test } from 'vitest'
import type { ReceivedTransfer } from '../../../../src/transport/can/cyphal/session.ts'
import { bytes, createCyphalBench } from './cyphal-bench.ts'

const interest = { payloadBytesMax: 300, transferIdTimeoutMs: 100 }
const long = Uint8Array.from({ length: 200 }, (_, index) => index)

describe('messages of a Cyphal node', () => {
  test.each([false, true])('reach every other node once, over two buses, short and long (FD: %s)', (isFd) => {
    const { clock, started } = createCyphalBench({ isFd })
    const [a, b, c] = [started(1), started(2), started(3)]
    const got: [number, number, number, number][] = []
    for (const node of [a, b, c])
      node.subscribe(100, interest, ({ source = -1, transferId, payload }) =>
        got.push([node.node, source, transferId, payload.length]),
      )
    expect(a.publish(100, bytes(1, 2), { priority: 4 })).toBe('queued')
    expect(a.publish(100, long, { priority: 4 })).toBe('queued')
    expect(a.publish(101, bytes(1), { priority: 4 })).toBe('queued')
    clock.advanceBy(50)
    expect(got.map(([to, from, id]) => [to, from, id])).toEqual([
      [2, 1, 0],
      [3, 1, 0],
      [2, 1, 1],
      [3, 1, 1],
    ])
    // FD pads: 200 bytes and the CRC end in a frame of 16 bytes.
    expect(got.filter(([to]) => to === 2).map(([, , , length]) => length)).toEqual([2, isFd ? 202 : 200])
    expect(b.drops).toMatchObject({ notWanted: 2, crc: 0, toggle: 0 })
  })

  test('that are on no bus are refused', () => {
    const { started } = createCyphalBench()
    const a = started(1)
    expect(a.publish(8192, bytes(), { priority: 4 })).toBe('invalid')
    expect(a.publish(1, bytes(), { priority: 8 })).toBe('invalid')
    expect(a.publish(1, bytes(), { priority: 4 })).toBe('queued')
  })

  test('R09: go on over the other bus within the timeout, none twice and none out of order, whichever bus is cut, and when it heals', () => {
    const { clock, started, wires } = createCyphalBench()
    const [a, b] = [started(1), started(2)]
    const got: { index: number; bus: number; lateMs: number }[] = []
    b.subscribe(100, interest, ({ payload, bus, atMs }) => {
      const index = (payload[0] ?? 0) + 256 * (payload[1] ?? 0)
      got.push({ index, bus, lateMs: atMs - index * 20 })
    })
    for (let index = 0; index < 400; index += 1) {
      if (index === 100) wires[0]?.cut('n1')
      if (index === 200) wires[0]?.heal('n1')
      if (index === 300) wires[1]?.cutAll()
      a.publish(100, bytes(index & 255, index >> 8), { priority: 4, lifetimeMs: 15 })
      clock.runUntil((index + 1) * 20)
    }
    const indexes = got.map(({ index }) => index)
    expect(indexes).toEqual([...new Set(indexes)].sort((one, other) => one - other))
    const missing = Array.from({ length: 400 }, (_, index) => index).filter((index) => !indexes.includes(index))
    expect(missing.every((index) => (index >= 100 && index <= 106) || (index >= 300 && index <= 306))).toBe(true)
    expect(new Set(got.filter(({ index }) => index > 106 && index < 300).map(({ bus }) => bus))).toEqual(new Set([1]))
    expect(got.at(-1)).toMatchObject({ index: 399, bus: 0 })
  })

  test('of a status only the newest goes out after a bus was busy', () => {
    const { clock, started } = createCyphalBench({ busCount: 1 })
    const [a, b] = [started(1), started(2)]
    const got: number[] = []
    b.subscribe(100, interest, ({ payload }) => got.push(payload[0] ?? -1))
    for (let value = 0; value < 10; value += 1) a.publish(100, bytes(value), { priority: 6, key: 'status' })
    clock.advanceBy(10)
    expect(got.length).toBeLessThan(5)
    expect(got.at(-1)).toBe(9)
  })
})

describe('requests of a Cyphal node', () => {
  test('are answered once, also by who answers later and twice', () => {
    const { clock, started } = createCyphalBench()
    const [a, b] = [started(1), started(2)]
    b.serve(10, interest, ({ payload }, respond) => {
      clock.setTimer(30, () => {
        expect(respond(payload.map((byte) => byte + 1))).toBe('queued')
        expect(respond(payload)).toBe('invalid')
      })
    })
    const got: (ReceivedTransfer | undefined)[] = []
    const ask = (value: number) =>
      a.request(10, { destination: 2, priority: 3, payload: bytes(value), timeoutMs: 100 }, (one) => got.push(one))
    expect([ask(5), ask(7)]).toEqual(['queued', 'queued'])
    clock.advanceBy(500)
    expect(got).toMatchObject([
      { kind: 'response', source: 2, destination: 1, priority: 3, transferId: 0, payload: bytes(6) },
      { transferId: 1, payload: bytes(8) },
    ])
  })

  test("that nobody answers end after their time; an answer after that is nobody's", () => {
    const { clock, started } = createCyphalBench()
    const [a, b] = [started(1), started(2)]
    b.serve(10, interest, (_, respond) => void clock.setTimer(200, () => respond(bytes(1))))
    const got: unknown[] = []
    a.request(10, { destination: 2, priority: 3, payload: bytes(), timeoutMs: 100 }, (one) => got.push(one))
    a.request(11, { destination: 9, priority: 3, payload: bytes(), timeoutMs: 100 }, (one) => got.push(one))
    clock.advanceBy(1000)
    expect(got).toEqual([undefined, undefined])
  })

  test('wait at most 32 at a time for one service of one node, and all of them are told when the node stops', () => {
    const { clock, started } = createCyphalBench()
    const a = started(1)
    const told: unknown[] = []
    const options = { destination: 2, priority: 3, payload: bytes(), timeoutMs: 1000 }
    const taken = Array.from({ length: 33 }, () => a.request(10, options, (one) => told.push(one)))
    expect(taken).toEqual([...Array.from({ length: 32 }, () => 'queued'), 'busy'])
    const stopped: string[] = []
    a.stop(() => stopped.push('stopped'))
    clock.advanceBy(10)
    expect(told).toEqual(new Array(32).fill(undefined))
    expect(stopped).toEqual(['stopped'])
    expect(a.request(10, { ...options, destination: 1 }, (one) => told.push(one))).toBe('invalid')
  })
})

describe('the health of a bus', () => {
  test('R09: a node that hears nobody for three periods says so, of the right bus, although its controller is not off', () => {
    const { clock, started, wires } = createCyphalBench()
    const [a, b] = [started(1), started(2)]
    const healths = () => a.health().map(({ name, state, isHealthy }) => ({ name, state, isHealthy }))
    const talk = (ms: number) => {
      for (let now = 0; now < ms; now += 50) {
        b.publish(7, bytes(1), { priority: 4, key: 'x' })
        a.publish(7, bytes(1), { priority: 4, key: 'x' })
        clock.advanceBy(50)
      }
    }
    talk(200)
    expect(healths()).toMatchObject([{ isHealthy: true }, { isHealthy: true }])
    wires[1]?.cut('n1')
    talk(250)
    expect(healths()).toMatchObject([{ isHealthy: true }, { isHealthy: true }])
    talk(150)
    expect(healths()).toEqual([
      { name: 'can0', state: 'active', isHealthy: true },
      { name: 'can1', state: 'passive', isHealthy: false },
    ])
    expect(a.health()[1]).toMatchObject({ waiting: expect.any(Number), oldestMs: expect.any(Number) })
    wires[1]?.heal('n1')
    talk(100)
    expect(a.health()[1]?.isHealthy).toBe(true)
  })

  test('R65: somebody else under our node id is counted, and not listened to', () => {
    const { clock, started, wires } = createCyphalBench()
    const a = started(1)
    const twin = wires[0]?.attach('twin')
    twin?.start({ received() {}, sent() {}, stateChanged() {} })
    const got: ReceivedTransfer[] = []
    a.subscribe(100, interest, (one) => got.push(one))
    twin?.send({ id: 0x10606401, isExtended: true, isFd: false, isBitRateSwitched: false, data: bytes(1, 0xe0) })
    clock.advanceBy(1)
    expect(a.collisions).toBe(1)
    expect(got).toEqual([])
  })
})
