import { expect, test } from 'vitest'
import { closestTo } from '../../../src/cli/closest.ts'
import { commands } from '../../../src/cli/commands.ts'

const names = commands.map(({ name }) => name)

test.each([
  ['drian', 'drain'],
  ['statsu', 'status'],
  ['explian', 'explain'],
  ['mov', 'move'],
  ['cordn', 'cordon'],
  ['unhld', 'unhold'],
  ['balancers', 'balancer'],
  ['hold', 'hold'],
])('who types %s may have meant %s', (word, meant) => {
  expect(closestTo(word, names)).toBe(meant)
})

test.each(['', 'x', 'frobnicate', 'a'.repeat(10_000)])('nobody can say what %j was meant to be', (word) => {
  expect(closestTo(word, names)).toBeUndefined()
})

test('two letters that changed places are one slip, at either end too', () => {
  expect(closestTo('ab', ['ba'])).toBe('ba')
  expect(closestTo('abcd', ['bacd'])).toBe('bacd')
  expect(closestTo('abcd', ['badc'])).toBeUndefined()
})
