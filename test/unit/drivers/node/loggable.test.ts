import { expect, test } from 'vitest'
import { loggable } from '../../../../src/drivers/node/loggable.ts'

test('what is called a token, a password or a secret is never said, at any depth', () => {
  const fields = {
    token: 'abc',
    controlToken: 'abc',
    options: [{ listen: { Authorization: 'Bearer abc', deeper: { secret: { is: 'abc' }, password: 1 } } }],
    toJSON: undefined,
    nested: { toJSON: () => ({ token: 'abc' }) },
  }
  expect(JSON.stringify(loggable(fields))).not.toContain('abc')
  expect(loggable({ tokens: 3, secrets: 'two' })).toEqual({ tokens: 3, secrets: 'two' })
})

test('plain values are themselves; an error is its stack, bytes are their number', () => {
  const error = new Error('boom')
  expect(loggable({ a: [1, null, true, 'x'], n: 5n, error, bytes: new Uint8Array(7), at: new Date(0) })).toEqual({
    a: [1, null, true, 'x'],
    n: '5',
    error: error.stack,
    bytes: '[7 bytes]',
    at: '1970-01-01T00:00:00.000Z',
  })
})

test('cycles, wide graphs, long lists and long texts make a bounded line', () => {
  const ring: Record<string, unknown> = {}
  for (let i = 0; i < 50; i += 1) ring[`again${i}`] = ring
  const list = Array.from({ length: 1_000_000 }, (_, i) => i)
  for (const fields of [
    ring,
    { list },
    { lists: Array.from({ length: 2_000 }, () => list.slice(0, 100)) },
    { text: 'x'.repeat(10_000_000) },
    { deep: JSON.parse('['.repeat(9_000) + ']'.repeat(9_000)) },
  ])
    expect(JSON.stringify(loggable(fields)).length).toBeLessThan(64 * 1024)
})

test('a getter that throws is said to be unreadable, and nothing is thrown', () => {
  const fields = {
    get bad(): string {
      throw new Error('not ready')
    },
  }
  expect(loggable(fields)).toEqual({ unreadable: 'Error: not ready' })
})
