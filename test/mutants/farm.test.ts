// The bugs of a farm are hunted by `npm run mutants`, for minutes. Here: that each still fits its source, and that
// one which shows at once is caught, as it would be there.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { farmMutants } from './farm.ts'
import { farmTable } from './farm-hunts.ts'

const shownAtOnce = 'a move is resumed one step too far'
const root = new URL('../../', import.meta.url)

describe('the bugs of a farm', () => {
  test.each(farmMutants)('$name: is one change of a source file, and its tests exist', (mutant) => {
    const { path, find, replace, tests = [] } = mutant
    expect(readFileSync(new URL(path, root), 'utf8').split(find)).toHaveLength(2)
    expect(replace).not.toBe(find)
    for (const file of tests) expect(existsSync(new URL(file, root))).toBe(true)
  })

  test('have a name each', () => {
    expect(new Set(farmMutants.map(({ name }) => name)).size).toBe(farmMutants.length)
  })

  test('are caught: one in the first seconds', async () => {
    const [hunt] = farmTable.mutants.find(({ name }) => name === shownAtOnce)?.hunts ?? []
    expect(await hunt?.run()).toMatchObject({ unit: 'seeds' })
  }, 60_000)
})
