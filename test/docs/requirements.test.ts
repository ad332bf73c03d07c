import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const page = read('docs/requirements.md')

/** From the first of a chapter to its last, as the requirements were numbered. */
const chapters: [first: number, last: number][] = [
  [1, 19],
  [20, 28],
  [30, 39],
  [40, 49],
  [50, 58],
  [60, 65],
  [67, 68],
]
const numbers = chapters.flatMap(([first, last]) =>
  Array.from({ length: last - first + 1 }, (_, i) => `R${String(first + i).padStart(2, '0')}`),
)

interface Row {
  readonly row: string
  readonly state: string
  readonly tests: readonly string[]
}

const rows: readonly Row[] = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^R\d\d$/.test(cells[1] ?? ''))
  .map(([, row = '', , state = '', tests = '']) => ({
    row,
    state,
    tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
  }))

/** Files that hold tests, and the rows that each names in a title. */
const titles: readonly { path: string; rows: readonly string[] }[] = readdirSync(new URL('test', root), {
  recursive: true,
  encoding: 'utf8',
})
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith('.ts') && !path.startsWith('test/docs/') && !path.startsWith('test/tidy/'))
  .map((path) => ({ path, rows: rowsNamedBy(read(path)) }))

/** In the titles of tests: `test('R12: …')`, `describe('R12 R13: …')`, `test.each(…)('R12: %s', …)`. */
function rowsNamedBy(text: string): string[] {
  const starts = text.matchAll(/['"`](R\d\d(?:[,\s]+(?:and )?R\d\d)*)(?=[: ])/g)
  return [...starts].flatMap(([, named = '']) => named.match(/R\d\d/g) ?? [])
}

test('docs/requirements.md has every row once, in order', () => {
  expect(rows.map(({ row }) => row)).toEqual(numbers)
})

test('a row is done, part or open, and only an open one has no test', () => {
  expect(rows.filter(({ state }) => !['done', 'part', 'open'].includes(state))).toEqual([])
  expect(rows.filter(({ state, tests }) => (state === 'open') !== (tests.length === 0))).toEqual([])
})

describe.each(rows.filter(({ tests }) => tests.length > 0))('$row', ({ row, tests }) => {
  test.each(tests)(`%s exists and names ${row} in a title`, (path) => {
    expect(existsSync(new URL(path, root))).toBe(true)
    expect(rowsNamedBy(read(path))).toContain(row)
  })
})

test('no test names a row that the page calls open, nor one that is not there', () => {
  const proven = new Set(rows.filter(({ state }) => state !== 'open').map(({ row }) => row))
  const stale = titles.flatMap((file) =>
    file.rows.filter((row) => !proven.has(row)).map((row) => `${file.path}: ${row}`),
  )
  expect([...new Set(stale)]).toEqual([])
})

test('rows are read from titles only', () => {
  const text =
    "// R01 is elsewhere\ntest('R02: a', f)\ndescribe('R03, R04: b', f)\ntest.each(x)('R05 and R06: %s', f)\nconst a = 'see R07'"
  expect(rowsNamedBy(text)).toEqual(['R02', 'R03', 'R04', 'R05', 'R06'])
})
