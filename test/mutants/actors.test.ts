// In plain node, because what is planted is another text of a source file; vitest loads those by itself.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { actorsMutants } from './actors.ts'

test('R40: each planted bug of supervision is caught', { timeout: 120_000 }, async () => {
  const program = new URL('./run.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--room', 'actors'], { env: {} })
  const { mutants, survivors } = JSON.parse(stdout)
  expect({ mutants, survivors }).toEqual({ mutants: actorsMutants.length, survivors: 0 })
})

test('there are enough of them, each once', () => {
  expect(actorsMutants.length).toBeGreaterThanOrEqual(25)
  expect(new Set(actorsMutants.map(({ name }) => name)).size).toBe(actorsMutants.length)
})
