import { expect, test } from 'vitest'
import { isToken, readBearer } from '../../../src/processes/bearer-token.ts'

test('only the token is the token, and where there is none nothing is', () => {
  expect(isToken('right', 'right')).toBe(true)
  for (const [given, expected] of [
    ['wrong', 'right'],
    ['', ''],
    ['', undefined],
    ['undefined', undefined],
  ] as const)
    expect(isToken(given, expected)).toBe(false)
})

test('a header that holds no token reads as none', () => {
  expect(readBearer({ authorization: 'Bearer abc' })).toBe('abc')
  for (const authorization of ['abc', 'Bearer a b', 'bearer abc', `Bearer ${'x'.repeat(513)}`, 'Bearer \u00e4'])
    expect(readBearer({ authorization })).toBeUndefined()
})
