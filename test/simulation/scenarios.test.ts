// Every scenario file of models/scenarios, on the farm that it names.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { openScenario, parseScenario, runScenario } from '../../src/testing/scenario.ts'
import { broughtUp } from './demo-farm.ts'

const folder = new URL('../../models/scenarios/', import.meta.url)

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', (name) => {
  const scenario = parseScenario(readFileSync(new URL(name, folder), 'utf8'), name)
  expect(runScenario(openScenario(scenario), scenario)).toEqual([])
})

test('a line that is not understood is refused with its place', () => {
  expect(() => parseScenario('wait 1s\nexplode c01-s01\n', 'x.txt')).toThrow(ConfigError)
  expect(() => parseScenario('wait 1s\nexplode c01-s01\n', 'x.txt')).toThrow(/x\.txt:2/)
})

test('what does not come true is said with its line', () => {
  const scenario = parseScenario('wait 1ms\nexpect blade c01-s01 quarantined', 'x.txt')
  expect(runScenario(broughtUp(), scenario)).toEqual([
    expect.stringMatching(/^line 2: .*seen c01-s01 joined shop\/web/),
  ])
})
