import { expect, test } from 'vitest'
import { alwaysRedundant, foldedRedundancy, redundancyAfter, redundancyAt } from '../../../src/actors/redundancy.ts'

const lost = (since: number) => ({ type: 'redundancy.lost', since }) as const
const restored = (at: number) => ({ type: 'redundancy.restored', at }) as const
const after = (...entries: Parameters<typeof redundancyAfter>[1][]) => entries.reduce(redundancyAfter, alwaysRedundant)

test('R41: times add up; the last and the longest are kept', () => {
  expect(after(lost(100), restored(600), lost(1_000), restored(1_200))).toEqual({
    since: null,
    times: 2,
    lastMs: 200,
    longestMs: 500,
    totalMs: 700,
  })
})

test('the time that has not ended counts in the sum, and not yet as the last', () => {
  expect(redundancyAt(after(lost(100), restored(600), lost(1_000)), 3_000)).toEqual({
    since: 1_000,
    times: 2,
    lastMs: 500,
    longestMs: 2_000,
    totalMs: 2_500,
  })
})

test('said twice it counts once, and by two clocks it is never less than nothing', () => {
  expect(after(lost(100), lost(300), restored(600), restored(900))).toMatchObject({ times: 1, totalMs: 500 })
  expect(after(lost(100), restored(40))).toMatchObject({ times: 1, lastMs: 0, totalMs: 0 })
  expect(redundancyAt(after(lost(100)), 40)).toMatchObject({ longestMs: 0, totalMs: 0 })
})

test('a journal without any needs no entry for it when it is folded', () => {
  expect(foldedRedundancy(alwaysRedundant)).toEqual([])
})
