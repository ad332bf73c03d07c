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
  await inGuest('buses of a kernel', parts, {
    files: ['contract', 'interface', 'two-controllers'],
    checksMin: 28,
    processors: 1,
  })
  await inGuest('a farm on a bus of a kernel', parts, { files: ['farm'], checksMin: 4, processors: 2 })
}

interface Wanted {
  readonly files: readonly string[]
  /** A guest that ends early, or runs something else, must not look well. */
  readonly checksMin: number
  readonly processors: number
}

async function inGuest(name: string, parts: GuestParts, { files, checksMin, processors }: Wanted): Promise<void> {
  const begin = [join(import.meta.dirname, 'in-guest/begin.sh'), repository, parts.addon]
  const run = await runInGuest(parts, ['/bin/sh', ...begin, ...files], guestMsMax, processors)
  const checks = run.lines.filter(isCheck)
  for (const line of run.lines) if (!isCheck(line)) process.stdout.write(`${name}: ${JSON.stringify(line)}\n`)
  process.stdout.write(
    `${name}: ${checks.length} checks, ${(run.tookMs / 1000).toFixed(1)} s with the start of the guest\n`,
  )
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
