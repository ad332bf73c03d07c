// Adds up what vitest's JSON reporter wrote. A file that is missing is a suite that never ran, a test file that failed
// without a failed test could not be loaded, and a command that failed without any failed test failed all the same: each is one failure.
import { existsSync, readFileSync } from 'node:fs'

interface FileResult {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
}

export interface Sum {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
}

/** @param reports the text of each report, undefined where it is missing; @param brokenCount commands that exited with an error */
export function sumResults(reports: readonly (string | undefined)[], brokenCount: number): Sum {
  const sums = reports.map((text) => (text === undefined ? { passed: 0, failed: 1, skipped: [] } : sumReport(text)))
  const passed = sums.reduce((sum, one) => sum + one.passed, 0)
  const failed = sums.reduce((sum, one) => sum + one.failed, 0)
  const failedReports = sums.filter((one) => one.failed > 0).length
  return {
    passed,
    failed: failed + Math.max(0, brokenCount - failedReports),
    skipped: sums.flatMap((one) => one.skipped),
  }
}

function sumReport(text: string): Sum {
  const files: readonly FileResult[] = JSON.parse(text).testResults
  const tests = files.flatMap((file) => file.assertionResults)
  const unloadable = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  )
  return {
    passed: tests.filter((one) => one.status === 'passed').length,
    failed: tests.filter((one) => one.status === 'failed').length + unloadable.length,
    skipped: tests.filter((one) => one.status !== 'passed' && one.status !== 'failed').map((one) => one.fullName),
  }
}

if (import.meta.main) {
  const [unit = '', real = '', broken = ''] = process.argv.slice(2)
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  const brokenCount = (read(broken) ?? '').split('\n').filter((line) => line !== '').length
  const { passed, failed, skipped } = sumResults([read(unit), read(real)], brokenCount)
  for (const name of skipped) console.log(`skipped: ${name}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1
}
