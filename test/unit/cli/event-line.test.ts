import { expect, test } from 'vitest'
import { eventLine } from '../../../src/cli/event-line.ts'
import { plainText } from '../../../src/cli/plain-text.ts'
import { at } from './sample-farm.ts'

test('an event is one line: when, what, and every field that one word can say', () => {
  expect(
    eventLine({
      type: 'move.ended',
      at: at + 1_234,
      move: 'mv-000007',
      to: { kind: 'group', group: 'shop/web', role: 'web' },
      cause: 'request',
      trouble: null,
      numbers: { a: 1 },
      decidedAt: 5,
    }),
  ).toBe('12:00:01.234 move.ended move mv-000007, to shop/web, cause request, decidedAt 5')
})

test('a way to the pool is said in words', () => {
  expect(eventLine({ type: 'move.ended', at, to: { kind: 'cold' } })).toBe('12:00:00.000 move.ended to the cold pool')
  expect(eventLine({ type: 'move.ended', at, to: { kind: 'warm', group: 'shop/web', role: 'web' } })).toBe(
    '12:00:00.000 move.ended to warm for shop/web',
  )
})

test('a field of another shape than expected is left out or said as it is', () => {
  expect(eventLine({ type: 'x', at, to: { kind: 'moon' } })).toBe('12:00:00.000 x')
  expect(eventLine({ type: 'x', at, to: 'c01-s01' })).toBe('12:00:00.000 x to c01-s01')
})

test('R65: control characters from elsewhere are shown, not obeyed', () => {
  expect(plainText('a\u001b[2Jb\r\nc\u007f\u0085\u2028\u202ed')).toBe(
    'a\ufffd[2Jb\ufffd\ufffdc\ufffd\ufffd\ufffd\ufffdd',
  )
  expect(plainText('shop/web → c01-s02 “ünïcode” 日本')).toBe('shop/web → c01-s02 “ünïcode” 日本')
})
