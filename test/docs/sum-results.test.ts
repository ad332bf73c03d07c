import { describe, expect, test } from 'vitest'
import { sumResults } from '../../.ci/sum-results.ts'

const report = (...files: (readonly string[])[]) =>
  JSON.stringify({
    testResults: files.map((statuses, i) => ({
      name: `file ${i}`,
      status: statuses.includes('failed') || statuses.length === 0 ? 'failed' : 'passed',
      assertionResults: statuses.map((status, j) => ({ status, fullName: `test ${i}.${j}` })),
    })),
  })

describe('the sum of all test results', () => {
  test('adds the suites', () => {
    expect(sumResults([report(['passed', 'passed'], ['passed']), report(['passed', 'failed'])], 1)).toEqual({
      passed: 4,
      failed: 1,
      skipped: [],
    })
  })

  test('counts a test file that could not be loaded', () => {
    expect(sumResults([report(['passed'], [])], 1)).toMatchObject({ passed: 1, failed: 1 })
  })

  test('counts a suite that never wrote its results', () => {
    expect(sumResults([report(['passed']), undefined], 1)).toMatchObject({ passed: 1, failed: 1 })
  })

  test('counts a command that failed although no test did: types, lint, a crash at the end', () => {
    expect(sumResults([report(['passed']), report(['passed'])], 1)).toMatchObject({ passed: 2, failed: 1 })
  })

  test('names what was skipped', () => {
    expect(sumResults([report(['passed', 'skipped', 'todo'])], 0).skipped).toEqual(['test 0.1', 'test 0.2'])
  })
})
