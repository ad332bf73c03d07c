// The isolation table is what the runtime prints at start and docs/security.md cites. Here a hostile image makes every attempt in it,
// once with a user of its own and once sharing the agent's: the table must say what happened, row by row, and no row may be untried.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { isolationOf, isolationTable } from '../../src/drivers/process/isolation.ts'
import type { HostileTrial } from './hostile-trial.ts'

const root = process.getuid?.() === 0
const anybody = 40_000

async function trial(identity: { uid?: number; gid?: number }): Promise<HostileTrial> {
  const script = join(import.meta.dirname, 'hostile-trial.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script], { ...identity, timeout: 60_000 })
  return JSON.parse(stdout)
}

/** What a refusal looks like; an attempt that merely broke proves nothing. */
const refusals =
  /ERR_ACCESS_DENIED|ERR_DLOPEN_DISABLED|ERR_UNKNOWN_BUILTIN_MODULE|EPERM|EACCES|BLADE_UNHEALTHY|IMAGE_HAS_SYMLINK|VOLUME_FAILED|MODULE_NOT_FOUND|no file/

function provesTheTable(name: string, ownUid: boolean, run: () => Promise<HostileTrial>): void {
  describe(name, () => {
    let result: HostileTrial
    beforeAll(async () => {
      result = await run()
    })
    const outcomes = (wanted: string) =>
      Object.entries(result.attempts).flatMap(([attempt, { outcome }]) => (outcome === wanted ? [attempt] : []))

    test('every row of the isolation table was tried, and stands as it says', () => {
      expect(result.ownUid).toBe(ownUid)
      expect(Object.keys(result.attempts).sort()).toEqual(Object.keys(isolationTable).sort())
      const table = isolationOf({ root: ownUid })
      expect(outcomes('blocked').sort()).toEqual([...table.closed].sort())
      expect(outcomes('succeeded').sort()).toEqual([...table.open].sort())
    })

    test('what was blocked was refused, and did not merely break', () => {
      const broken = Object.entries(result.attempts).filter(
        ([, { outcome, detail }]) => outcome === 'blocked' && !refusals.test(detail),
      )
      expect(broken).toEqual([])
    })

    test('its environment is PORT and DATA_DIR, nothing of the agent’s', () => {
      expect(Object.keys(result.environment.env).sort()).toEqual(['DATA_DIR', 'PORT'])
      expect(result.environment.argv).toContain('--permission')
    })

    test('R08: what it left is scrubbed, and the search from outside then finds nothing', () => {
      expect(result.scrubVerified).toBe('ok')
      if (ownUid) expect(result.socketLeft).toBe(false)
    })
  })
}

if (root) {
  provesTheTable('a hostile image with a user of its own', true, () => trial({}))
  provesTheTable('a hostile image under the agent’s own user', false, () => trial({ uid: anybody, gid: anybody }))
} else {
  provesTheTable('a hostile image under the agent’s own user', false, () => trial({}))
}
