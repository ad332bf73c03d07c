// Every scenario file of models/scenarios, on the demonstration's farm.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { parseScenario, runScenario } from '../../src/testing/scenario.ts'
import { broughtUp } from './demo-farm.ts'

const folder = new URL('../../models/scenarios/', import.meta.url)

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const lines = parseScenario(readFileSync(new URL(name, folder), 'utf8'), name)
  expect(runScenario(broughtUp(), lines)).toEqual([])
})

test('a line that is not understood is refused with its place', () => {
  expect(() => parseScenario('wait 1s\nexplode c01-s01\n', 'x.txt')).toThrow(ConfigError)
  expect(() => parseScenario('wait 1s\nexplode c01-s01\n', 'x.txt')).toThrow(/x\.txt:2/)
})

test('what does not come true is said with its line', () => {
  const lines = parseScenario('wait 1ms\nexpect blade c01-s01 quarantined', 'x.txt')
  expect(runScenario(broughtUp(), lines)).toEqual([expect.stringMatching(/^line 2: .*seen c01-s01 joined shop\/web/)])
})
