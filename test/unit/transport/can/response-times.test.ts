import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  describeLate,
  responseTimes,
  type TimedMessage,
  utilisationOfBus,
} from '../../../../src/transport/can/response-times.ts'
import { playBus, type Release, releasesOf } from './brute-force-bus.ts'

const classic = { isExtended: true, isFd: false, isBitRateSwitched: false }
const rates = { bitRate: 1_000_000 }
const message = (id: number, periodMs: number, lengths: readonly number[], jitterMs = 0): TimedMessage => ({
  name: `m${id}`,
  id,
  periodMs,
  jitterMs,
  deadlineMs: periodMs,
  frames: lengths.map((dataBytes) => ({ ...classic, dataBytes })),
})
const bits = (found: ReturnType<typeof responseTimes>) =>
  found.map(({ responseMs }) => (responseMs === null ? null : Math.round(responseMs * 1000)))

/** Sets that may ask for more than the bus has. Periods and jitters in whole bits of 1 µs. */
const anySet = fc
  .array(
    fc.record({
      periodBits: fc.integer({ min: 300, max: 4_000 }),
      jitterShare: fc.constantFrom(0, 0, 0.3, 1.4),
      lengths: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) =>
    all.map(({ periodBits, jitterShare, lengths }, id) =>
      message(id, periodBits / 1000, lengths, Math.floor(periodBits * jitterShare) / 1000),
    ),
  )

describe('the worst-case response times', () => {
  test('of the counterexample of Davis, Burns, Bril and Lukkien are 2.0, 3.0 and 3.5 ms', () => {
    const frame = { isExtended: false, isFd: false, isBitRateSwitched: false, dataBytes: 7 }
    const one = (name: string, id: number, periodMs: number): TimedMessage => ({
      ...message(id, periodMs, []),
      name,
      frames: [frame],
      deadlineMs: 3.25,
    })
    const found = responseTimes([one('C', 3, 3.5), one('A', 1, 2.5), one('B', 2, 3.5)], { bitRate: 125_000 })
    expect(found.map(({ message: { name }, responseMs }) => [name, responseMs])).toEqual([
      ['A', 2],
      ['B', 3],
      ['C', 3.5],
    ])
    expect(found.map(({ isInTime }) => isInTime)).toEqual([true, true, false])
    expect(found.map(describeLate)[2]).toBe(
      'C takes up to 3.500 ms, and has 3.25 ms; with all that is more urgent it asks for 97.1 % of the bus',
    )
  })

  test('of one top frame of 32 blades, of the 32nd alarm at once and of 32 heartbeats below are those of the plan', () => {
    const alarms = Array.from({ length: 32 }, (_, slot) => message(slot, 1_000, [8]))
    const heartbeats = Array.from({ length: 32 }, (_, slot) => message(100 + slot, 1_000, [8]))
    const found = bits(responseTimes([...alarms, ...heartbeats], rates))
    expect([found[0], found[31], found[63]]).toEqual([320, 33 * 160, 64 * 160])
  })

  test('are never exceeded by a bus that is played bit by bit, and are reached', () => {
    let [reached, compared] = [0, 0]
    fc.assert(
      fc.property(anySet, fc.array(fc.nat(3_000), { minLength: 25, maxLength: 25 }), (set, chance) => {
        fc.pre(utilisationOfBus(set, rates) < 0.97)
        const found = responseTimes(set, rates)
        for (const [place, { message: own, responseMs }] of found.entries()) {
          const bound = Math.round((responseMs ?? Number.POSITIVE_INFINITY) * 1000)
          const worst = playBus(worstPhases(set, own, 30_000)).get(own.name) ?? 0
          expect(worst).toBeLessThanOrEqual(bound)
          // Nothing is in the way of the least urgent, so nothing is rounded away: one bit of a frame that has begun.
          if (place === found.length - 1) expect(worst).toBe(bound)
          compared += 1
          if (worst >= bound - 1) reached += 1
        }
        const observed = playBus(chancePhases(set, chance, 20_000))
        for (const { message: own, responseMs } of found)
          expect(observed.get(own.name)).toBeLessThanOrEqual(Math.round((responseMs ?? 0) * 1000))
      }),
      { seed: 11, numRuns: 200 },
    )
    expect(reached / compared).toBeGreaterThan(0.8)
  })

  test('grow with every parameter of every message, with each message, with slowness and with errors', () => {
    const spoil = fc.record({ at: fc.nat(), how: fc.constantFrom('period', 'jitter', 'bytes', 'frames', 'more') })
    fc.assert(
      fc.property(anySet, spoil, (set, { at, how }) => {
        const before = responseTimes(set, rates)
        const index = at % set.length
        const spoilt = set.map((one, place) => (place === index ? worse(one, how) : one))
        if (how === 'more') spoilt.push({ ...message(index, 2, [4]), name: 'new' })
        const after = responseTimes(spoilt, rates)
        const slower = responseTimes(set, { bitRate: 900_000 })
        const disturbed = responseTimes(set, { ...rates, errorPeriodMs: 20 })
        for (const { message: own, responseMs } of before)
          for (const other of [after, slower, disturbed]) {
            const now = other.find((one) => one.message.name === own.name)?.responseMs ?? Number.POSITIVE_INFINITY
            expect(now).toBeGreaterThanOrEqual(responseMs ?? Number.POSITIVE_INFINITY)
          }
      }),
      { seed: 5, numRuns: 300 },
    )
  })

  test('count an error as a repetition of the longest frame, and its error frame', () => {
    const set = [message(1, 10, [8]), message(2, 10, [0])]
    expect(bits(responseTimes(set, rates))).toEqual([160 + 80, 160 + 80])
    expect(bits(responseTimes(set, { ...rates, errorPeriodMs: 10 }))).toEqual([240 + 191, 240 + 191])
  })

  test('of switched FD frames take what both rates say', () => {
    const frame = { isExtended: true, isFd: true, isBitRateSwitched: true, dataBytes: 64 }
    const set = [{ ...message(1, 10, []), frames: [frame, frame] }]
    expect(bits(responseTimes(set, { ...rates, dataBitRate: 5_000_000 }))).toEqual([384])
  })

  test('have no end when more is asked for than there is: it says so, with the numbers, and of nobody more urgent', () => {
    const found = responseTimes([message(1, 0.32, [8]), message(2, 0.4, [8]), message(3, 0.4, [8])], rates)
    expect(bits(found)).toEqual([320, 640, null])
    expect(found.map(describeLate)[2]).toBe(
      'm3 may wait for ever: with all that is more urgent it asks for 130.0 % of the bus, and must ask for less than 100 %',
    )
  })

  test('are those of messages: one without a frame or a period is none', () => {
    expect(() => responseTimes([message(1, 10, [])], rates)).toThrow(RangeError)
    expect(() => responseTimes([message(1, 0, [8])], rates)).toThrow(RangeError)
    expect(() => responseTimes([message(1, 10, [8], Number.NaN)], rates)).toThrow(RangeError)
  })
})

/** All that is more urgent comes with it, late at first and then in time, just after the longest frame of what is less urgent has begun. */
function worstPhases(set: readonly TimedMessage[], own: TimedMessage, untilBits: number): readonly Release[] {
  const rivals = set.filter(({ id }) => id <= own.id)
  const lateAtFirst = rivals.flatMap((one) => {
    const jitterBits = Math.round(one.jitterMs * 1000)
    const periodBits = Math.round(one.periodMs * 1000)
    return releasesOf(one, -jitterBits, untilBits, (instance) => Math.max(0, jitterBits - instance * periodBits))
  })
  const others = set.filter(({ id }) => id > own.id)
  const longest = others.reduce<TimedMessage | null>(
    (found, one) => (found && lengthOf(found) >= lengthOf(one) ? found : one),
    null,
  )
  const blocking = longest && {
    ...longest,
    frames: longest.frames.filter((frame) => frame.dataBytes === lengthOf(longest)),
  }
  return blocking ? [...lateAtFirst, { message: blocking, dueBits: -1, queuedBits: -1 }] : lateAtFirst
}

function chancePhases(set: readonly TimedMessage[], chance: readonly number[], untilBits: number): readonly Release[] {
  return set.flatMap((one, index) =>
    releasesOf(one, chance[index] ?? 0, untilBits, (instance) =>
      Math.floor(((chance[(5 + index * 7 + instance) % chance.length] ?? 0) / 3_000) * one.jitterMs * 1000),
    ),
  )
}

function lengthOf({ frames }: TimedMessage): number {
  return Math.max(...frames.map((frame) => frame.dataBytes))
}

function worse(one: TimedMessage, how: string): TimedMessage {
  const { frames, periodMs, jitterMs } = one
  if (how === 'period') return { ...one, periodMs: periodMs * 0.9 }
  if (how === 'jitter') return { ...one, jitterMs: jitterMs + 0.1 }
  if (how === 'frames') return { ...one, frames: [...frames, ...frames.slice(0, 1)] }
  if (how !== 'bytes') return one
  return { ...one, frames: frames.map((frame) => ({ ...frame, dataBytes: Math.min(8, frame.dataBytes + 1) })) }
}
