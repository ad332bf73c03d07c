// Says on the serial line how each test went: one JSON object a line, after a line end, since others write there as well.
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export interface Check {
  readonly check: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
  readonly tookMs: number
  readonly problem: string | null
}

export default class LineReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result()
    const problem = errors.map(({ message, stack = '' }) => `${message}\n${stack}`).join('\n')
    say({ check: test.fullName, state, tookMs: Math.round(test.diagnostic()?.duration ?? 0), problem: problem || null })
  }

  onTestModuleEnd(file: TestModule): void {
    for (const { message, stack = '' } of file.errors())
      say({ check: file.moduleId, state: 'failed', tookMs: 0, problem: `${message}\n${stack}` })
  }
}

function say(check: Check): void {
  process.stdout.write(`\n${JSON.stringify(check)}\n`)
}
