import { expect, test } from 'vitest'
import { childError } from '../../../src/processes/child-error.ts'

test.each([
  ['{"event":"process.failed","code":"PORT_IN_USE","detail":"port 80"}', 'PORT_IN_USE at lb: port 80'],
  ['{"code":"NO_SUCH_CODE","detail":"x"}', 'CONFIG_INVALID at lb: {"code":"NO_SUCH_CODE","detail":"x"}'],
  ['{"code":"PORT_IN_USE","detail":7}', 'CONFIG_INVALID at lb: {"code":"PORT_IN_USE","detail":7}'],
  ['null', 'CONFIG_INVALID at lb: null'],
  ['Error: boom', 'CONFIG_INVALID at lb: Error: boom'],
  ['', 'CONFIG_INVALID at lb: '],
])('a last line %j is told as %j', (line, message) => {
  expect(childError('lb', line).message).toBe(message)
})
