import { describe, expect, test } from 'vitest'
import { playTraffic } from '../../../../src/testing/can-traffic.ts'
import { type BusPlan, backboneMessages, cabinetMessages, reportBuses } from '../../../../src/transport/can/bus-load.ts'
import { priorityOf, sourceOf } from '../../../../src/transport/can/cyphal/identifier.ts'
import { type TrafficClass, trafficClasses } from '../../../../src/transport/can/traffic-classes.ts'

const farm = (cabinetCount: number, more: Partial<BusPlan> = {}): BusPlan => ({
  cabinets: Array.from({ length: cabinetCount }, (_, index) => ({ id: `c${index + 1}`, slots: 32 })),
  masterCount: 2,
  leaseMs: 1_000,
  movesMax: 8,
  isFd: false,
  bitRate: 1_000_000,
  ...more,
})
const reportOf = (bus: string, plan: BusPlan) => reportBuses(plan).find((report) => report.bus === bus)

describe('the budget of the buses', () => {
  test('a cabinet of 32 at rest loads its bus by less than a tenth, with nothing but heartbeats, states and the lease', () => {
    const { loadAtRest = 1, late } = reportOf('c1', farm(1)) ?? {}
    // 34 heartbeats, 32 states of 3 frames a second, and of each master 1 + 9 transfers of 3 frames, five times a lease.
    expect(loadAtRest).toBeCloseTo((34 * 2 * 150 + 32 * (2 * 160 + 130) + 2 * 10 * 5 * (2 * 160 + 150)) / 1e6, 1)
    expect(loadAtRest).toBeLessThanOrEqual(0.1)
    expect(late).toEqual([])
  })

  test.each([1, 10, 26])('everything comes in time in a site of %i full cabinets', (cabinets) => {
    const buses = reportBuses(farm(cabinets))
    expect(buses.flatMap(({ late }) => late)).toEqual([])
    expect(buses.map(({ bus }) => bus).slice(0, 2)).toEqual(cabinets === 1 ? ['c1'] : ['backbone', 'c1'])
    expect(buses).toHaveLength(cabinets === 1 ? 1 : cabinets + 1)
  })

  test('a bus that is too slow is refused, message by message, with numbers', () => {
    const [backbone, cabinet] = reportBuses(farm(10, { bitRate: 250_000 }))
    expect(backbone?.late[0]).toMatch(
      /^backbone: order .* takes up to \d+\.\d{3} ms, and has 50 ms; with all that is more urgent it asks for \d+\.\d % of the bus$/,
    )
    expect(cabinet?.late.length).toBeGreaterThan(0)
    const lateOf = (bitRate: number) => reportBuses(farm(10, { bitRate })).flatMap(({ late }) => late)
    expect(lateOf(50_000).join('\n')).toMatch(
      /may wait for ever: .* asks for \d{3}\.\d % of the bus, and must ask for less/,
    )
  })

  test('a short lease is asked for more often than a full bus can answer: refused', () => {
    expect(reportBuses(farm(1, { leaseMs: 200 })).flatMap(({ late }) => late)[0]).toContain('c1: lease')
  })

  test('FD needs fewer frames and less of the bus', () => {
    const classic = reportOf('c1', farm(1))
    const fd = reportOf('c1', farm(1, { isFd: true, dataBitRate: 5_000_000 }))
    expect(fd?.loadMax).toBeLessThan((classic?.loadMax ?? 0) / 2)
    expect(fd?.classes.map(({ frames }) => frames)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  test('more cabinets than there are node numbers for gateways are refused', () => {
    expect(() => reportBuses(farm(27))).toThrow('26 cabinets, not of 27')
  })

  test('every message has an identifier of its class and its node, and no two nodes share one', () => {
    for (const messages of [cabinetMessages(farm(2), 32), backboneMessages(farm(26))]) {
      expect(
        messages.filter((one) => priorityOf(one.id) !== trafficClasses[one.trafficClass as TrafficClass].priority),
      ).toEqual([])
      expect(new Set(messages.map(({ id }) => sourceOf(id)))).not.toContain(126)
    }
  })
})

describe('a bus in memory that carries the budget', () => {
  const timely = { isFd: false, bitRate: 1_000_000, seed: 4, framesMin: 6_000, roundMs: 2_000, restMs: 500 }

  test('through queues before three mailboxes is never later than the report says, and alarms come near it', () => {
    const plan = farm(1)
    const messages = cabinetMessages(plan, 32)
    const { longestMs } = playTraffic({ ...timely, messages, mailboxes: 3 })
    const bounds = new Map(reportOf('c1', plan)?.classes.map((one) => [one.trafficClass, one.responseMs ?? 0]))
    for (const [index, { trafficClass, name }] of messages.entries())
      expect([name, longestMs[index] ?? 0]).toSatisfy(
        ([, ms]) => Number(ms) <= (bounds.get(trafficClass) ?? 0) || trafficClass === 'bulk',
      )
    const alarms = messages.flatMap(({ trafficClass }, index) =>
      trafficClass === 'alarm' ? [longestMs[index] ?? 0] : [],
    )
    expect(Math.max(...alarms)).toBeGreaterThan(0.6 * (bounds.get('alarm') ?? Number.POSITIVE_INFINITY))
  })

  test('at rest is loaded a little less than the report says: no frame is always as long as it can be', () => {
    const messages = cabinetMessages(farm(1), 32).filter(({ isAtRest }) => isAtRest)
    const { load } = playTraffic({ ...timely, messages, mailboxes: 3, framesMin: 1, roundMs: 5_000, restMs: 0 })
    const { loadAtRest = 0 } = reportOf('c1', farm(1)) ?? {}
    expect(load).toBeLessThanOrEqual(loadAtRest)
    expect(load).toBeGreaterThan(0.8 * loadAtRest)
  })
})
