// Faults as data and as text: what is drawn, written and read again is the same.
import { describe, expect, test } from 'vitest'
import { drawFaults } from '../../../src/testing/draw-faults.ts'
import { type Fault, familyOf, faultFamilies, formatFault, parseFault, parseMs } from '../../../src/testing/fault.ts'
import { generatedFarm } from '../../../src/testing/generated-farms.ts'

const config = generatedFarm('small')
const seeds = Array.from({ length: 200 }, (_, index) => index + 1)
const untilMs = 120_000
const draw = (seed: number) => drawFaults(seed, config, { untilMs })
const read = (line: string) => parseFault(line.split(' '), 0)

const written: readonly (readonly [string, Fault])[] = [
  ['at 3s for 2s crash m1', { atMs: 3_000, forMs: 2_000, kind: 'crash', node: 'm1', isNoticed: true }],
  ['at 3s crash m1 unnoticed', { atMs: 3_000, forMs: null, kind: 'crash', node: 'm1', isNoticed: false }],
  ['at 0ms for 1ms cut m1 > a01', { atMs: 0, forMs: 1, kind: 'cut', from: 'm1', to: 'a01', isOneWay: true }],
  ['at 5ms for 2s cut a01 all', { atMs: 5, forMs: 2_000, kind: 'cut', from: 'a01', to: 'all', isOneWay: false }],
  [
    'at 1s for 1s delay 5ms 1.2s m1 lb',
    { atMs: 1_000, forMs: 1_000, kind: 'delay', minMs: 5, maxMs: 1_200, between: ['m1', 'lb'] },
  ],
  ['at 1s for 1s lose 0.25', { atMs: 1_000, forMs: 1_000, kind: 'lose', ratio: 0.25, between: null }],
  ['at 1s for 1s corrupt m2', { atMs: 1_000, forMs: 1_000, kind: 'corrupt', node: 'm2' }],
  ['at 1s for 1s disk m1 forgetsSync', { atMs: 1_000, forMs: 1_000, kind: 'disk', node: 'm1', fault: 'forgetsSync' }],
  ['at 1s jump m1 -10s', { atMs: 1_000, forMs: null, kind: 'jump', node: 'm1', byMs: -10_000 }],
  ['at 1s handover', { atMs: 1_000, forMs: null, kind: 'handover' }],
]

test.each(written)('%s is written and read', (line, fault) => {
  expect(read(line)).toEqual(fault)
  expect(formatFault(fault)).toBe(line)
})

test('whatever is drawn is the same after it was written and read', () => {
  for (const fault of seeds.flatMap(draw)) expect(read(formatFault(fault))).toEqual(fault)
})

test.each([
  'at soon crash m1',
  'at 3s for 0s crash m1',
  'at 3s for 1s kill c01-s01',
  'at 3s explode m1',
  'at 3s crash',
  'at 3s crash m1 quietly',
  'at 3s cut m1',
  'at 3s noise ws 0.1',
  'at 3s lose 2',
  'at 3s lose 0.1 m1',
  'at 3s delay 80ms 5ms',
  'at 3s disk m1 round',
  'at 3s fault gloomy c01-s01',
  'at 3s load shop -1',
])('%s is refused, with a reason', (line) => expect(read(line)).toEqual(expect.stringMatching(/./)))

test('a time is exact to the microsecond', () => {
  expect([parseMs('4.015s'), parseMs('250ms'), parseMs('1m'), parseMs('-2s'), parseMs('3')]).toEqual([
    4_015,
    250,
    60_000,
    -2_000,
    undefined,
  ])
})

describe('a schedule that is drawn', () => {
  test('R62: is the same for the same seed, and another for another', () => {
    expect(draw(7)).toEqual(draw(7))
    expect(draw(8)).not.toEqual(draw(7))
  })

  test('begins when the farm is up, in order, and is over in time', () => {
    for (const faults of seeds.map(draw)) {
      expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
      expect(faults.filter(({ atMs, forMs }) => atMs < 8_000 || atMs + (forMs ?? 0) > untilMs)).toEqual([])
    }
  })

  test('has every kind of fault in some schedule, and only what was asked for', () => {
    const kinds = new Set(seeds.flatMap(draw).map(({ kind }) => kind))
    expect(Object.keys(familyOf).filter((kind) => !kinds.has(kind as Fault['kind']))).toEqual([
      'cutChannel',
      'noise',
      'corrupt',
    ])
    for (const family of faultFamilies) {
      const faults = seeds.flatMap((seed) => drawFaults(seed, config, { families: [family], untilMs }))
      expect(new Set(faults.map(({ kind }) => familyOf[kind]))).toEqual(new Set([family]))
    }
  })

  test('has nothing that no farm of two masters and their boards survives', () => {
    const faults = seeds.flatMap(draw)
    expect(faults.filter((fault) => fault.kind === 'disk' && fault.fault === 'forgetsSync')).toEqual([])
    expect(faults.filter((fault) => fault.kind === 'drift' && Math.abs(fault.ratio) > 0.005)).toEqual([])
  })
})
