import { expect, test } from 'vitest'
import type { Lane } from '../../../../src/protocol/envelope.ts'
import { type Way, waysFor } from '../../../../src/transport/redundant/class-table.ts'

const names = ['can0', 'can1', 'ws'] as const
type Name = (typeof names)[number]

/** @param ill the channels that are not to be relied on */
function carriersOf(lane: Lane, ill: readonly Name[] = [], { bytes = 40, attempt = 0 } = {}): readonly Name[] {
  const ways = names.map(
    (name): Way => ({
      kind: name === 'ws' ? 'websocket' : 'can',
      isPreferred: !ill.includes(name),
    }),
  )
  return waysFor(lane, bytes, attempt, ways).map((index) => names[index] ?? 'can0')
}

const all = [...names]
const cans = ['can0', 'can1'] as const

test('R44: commands, leases and votes go over every channel, whatever is known of it', () => {
  for (const ill of [[], ['can0'], cans, ['ws'], all] as const) expect(carriersOf('control', ill)).toEqual(all)
})

test('R44: status goes over both buses, and over WebSocket only while no bus is healthy', () => {
  expect(carriersOf('status')).toEqual(cans)
  expect(carriersOf('status', ['can0'])).toEqual(cans)
  expect(carriersOf('status', ['ws'])).toEqual(cans)
  expect(carriersOf('status', cans)).toEqual(['ws'])
})

test('R44: requests and decisions go over the best healthy bus, else over WebSocket', () => {
  expect(carriersOf('normal')).toEqual(['can0'])
  expect(carriersOf('normal', ['can0'])).toEqual(['can1'])
  expect(carriersOf('normal', cans)).toEqual(['ws'])
  expect(carriersOf('normal', [], { bytes: 400 })).toEqual(['ws'])
  expect(carriersOf('normal', ['ws'], { bytes: 400 })).toEqual(['can0'])
})

test('R44: bulk goes over WebSocket, and over one bus only while WebSocket is down', () => {
  expect(carriersOf('bulk')).toEqual(['ws'])
  expect(carriersOf('bulk', cans)).toEqual(['ws'])
  expect(carriersOf('bulk', ['ws'])).toEqual(['can0'])
})

test('what is not acknowledged goes over every healthy channel; where none is healthy, over all', () => {
  expect(carriersOf('normal', ['can1'], { attempt: 1 })).toEqual(['can0', 'ws'])
  expect(carriersOf('status', [], { attempt: 1 })).toEqual(all)
  expect(carriersOf('bulk', [], { attempt: 1 })).toEqual(['ws'])
  expect(carriersOf('bulk', [], { attempt: 2 })).toEqual(all)
  for (const lane of ['normal', 'status', 'bulk'] as const) expect(carriersOf(lane, all)).toEqual(all)
})

test('with CAN alone, or WebSocket alone, everything has a way', () => {
  for (const lane of ['control', 'normal', 'status', 'bulk'] as const)
    for (const kind of ['can', 'websocket'] as const)
      expect(waysFor(lane, 500, 0, [{ kind, isPreferred: true }])).toEqual([0])
})
