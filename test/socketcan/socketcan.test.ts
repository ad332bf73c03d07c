// A kernel that has CAN, in emulation, where this machine's may have none: what is checked is in `in-guest`, and each of its checks is
// a test here. Skipped where parts are missing; with CI=true that is a failure.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type GuestRun, runInGuest } from './guest.ts'
import { type GuestParts, guestParts, repository, whatIsMissing } from './guest-parts.ts'
import type { Check } from './in-guest/line-reporter.ts'

const guestMsMax = 240_000
const missing = whatIsMissing()

if (missing !== undefined) {
  test.skipIf(process.env.CI !== 'true')(`SocketCAN of a kernel in emulation (${missing})`, () => {
    expect(missing).toBeUndefined()
  })
} else {
  // Not in a hook: what the guest checked is known only afterwards.
  const parts = guestParts()
  // One after the other: side by side they are too slow for one another's deadlines.
  tell(await inGuest(parts, 'buses of a kernel', 28, ['contract', 'interface', 'two-controllers']))
  tell(await inGuest(parts, 'a farm on a bus of a kernel', 4, ['farm']))
}

interface Guest {
  readonly name: string
  /** One that ends early, or runs something else, must not look well. */
  readonly checksMin: number
  readonly run: GuestRun
}

async function inGuest(parts: GuestParts, name: string, checksMin: number, files: readonly string[]): Promise<Guest> {
  const begin = [join(import.meta.dirname, 'in-guest/begin.sh'), repository, parts.addon]
  return { name, checksMin, run: await runInGuest(parts, ['/bin/sh', ...begin, ...files], guestMsMax) }
}

function tell({ name, checksMin, run }: Guest): void {
  const checks = run.lines.filter(isCheck)
  for (const line of run.lines) if (!isCheck(line)) process.stdout.write(`${name}: ${JSON.stringify(line)}\n`)
  process.stdout.write(`${name}: ${checks.length} checks, ${(run.tookMs / 1000).toFixed(1)} s\n`)
  describe(name, () => {
    test.each(checks)('$check', ({ state, problem }) => {
      expect({ state, problem }).toEqual({ state: 'passed', problem: null })
    })
    test('the guest ran to its end', () => {
      expect({ code: run.code, text: run.code === 0 ? '' : lastOf(run) }).toEqual({ code: 0, text: '' })
      expect(checks.length).toBeGreaterThanOrEqual(checksMin)
    })
  })
}

function isCheck(line: unknown): line is Check {
  return typeof line === 'object' && line !== null && 'check' in line
}

function lastOf({ text }: GuestRun): string {
  return text.slice(-4000)
}
