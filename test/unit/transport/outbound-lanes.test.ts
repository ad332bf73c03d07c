import { expect, test } from 'vitest'
import { createOutboundLanes, statusKey, takeMostUrgent } from '../../../src/transport/outbound-lanes.ts'
import { numbered } from '../../contract/transport.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

test('a reliable lane is a queue that is full at its bound, in messages or in bytes', () => {
  const { control } = createOutboundLanes({ control: { messagesMax: 3, bytesMax: 5 } })
  expect(control.offer(bytes(1, 1, 1, 1), '')).toBe('queued')
  expect(control.offer(bytes(2, 2), '')).toBe('full')
  expect(control.offer(bytes(3), '')).toBe('queued')
  expect(control.take()).toEqual(bytes(1, 1, 1, 1))
  expect([4, 5, 6].map((value) => control.offer(bytes(value), ''))).toEqual(['queued', 'queued', 'full'])
  expect([control.take(), control.take(), control.take(), control.take()]).toEqual([
    bytes(3),
    bytes(4),
    bytes(5),
    undefined,
  ])
})

test('the status lane holds the newest per key, in the order of the newest', () => {
  const { status } = createOutboundLanes({ status: { messagesMax: 2, bytesMax: 100 } })
  expect(status.offer(bytes(1), 'a')).toBe('queued')
  expect(status.offer(bytes(2), 'b')).toBe('queued')
  expect(status.offer(bytes(3), 'a')).toBe('replaced')
  expect(status.offer(bytes(4), 'c')).toBe('full')
  expect([status.take(), status.take(), status.take()]).toEqual([bytes(2), bytes(3), undefined])
})

test('a long queue is taken from in order, and what was taken is let go of', () => {
  const { bulk } = createOutboundLanes()
  for (let i = 0; i < 4_000; i += 1) bulk.offer(bytes(i & 255, i >> 8), '')
  for (let i = 0; i < 4_000; i += 1) expect(bulk.take()).toEqual(bytes(i & 255, i >> 8))
  expect(bulk.waiting).toBe(0)
})

test('control goes before normal, normal before status, status before bulk', () => {
  const lanes = createOutboundLanes()
  for (const [i, lane] of (['bulk', 'status', 'normal', 'control'] as const).entries()) lanes[lane].offer(bytes(i), 'k')
  expect([1, 2, 3, 4].map(() => takeMostUrgent(lanes)?.[0])).toEqual([3, 2, 1, 0])
})

test('a status replaces only what the same sender told the same receiver', () => {
  const one = numbered('m1', 'c01-s01', 'status', 1)
  expect(statusKey({ ...one, key: 'k' })).toBe(statusKey({ ...numbered('m1', 'c01-s01', 'status', 2), key: 'k' }))
  expect(statusKey({ ...one, key: 'k' })).not.toBe(statusKey({ ...numbered('m1', 'c01-s02', 'status', 1), key: 'k' }))
  expect(statusKey({ ...one, key: 'k' })).not.toBe(statusKey({ ...numbered('m2', 'c01-s01', 'status', 1), key: 'k' }))
})
