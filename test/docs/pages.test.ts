// What the pages point at is there: files, links, tests, and the promises' proofs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const pages = ['README.md', 'CONTRIBUTING.md', ...listed('docs')]

function listed(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `${folder}/${path}`)
}

const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** `src/errors.ts`, `test/contract/`: a path in code marks, from the root. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`((?:src|test|models|docs|bench|examples|schema|\.ci)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  )
}

/** Relative links, without their anchors. */
function linksIn(text: string): { target: string; anchor: string }[] {
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, target = '', anchor = '']) => ({
    target,
    anchor,
  }))
}

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(pages)('%s', (page) => {
  const text = read(page)

  test('names only files and folders that exist', () => {
    expect(pathsIn(text).filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })

  test('links only to what exists', () => {
    const dead = linksIn(text).filter(({ target, anchor }) => {
      const place = target === '' ? new URL(page, root) : new URL(target, new URL(page, root))
      if (!existsSync(place)) return true
      return anchor !== '' && !anchorsOf(readFileSync(place, 'utf8')).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  test('holds no date: it says what is true now', () => {
    expect(text.match(/\b20\d\d-\d\d(?:-\d\d)?\b/g) ?? []).toEqual([])
  })
})

test('a dead path, link or anchor would be found', () => {
  expect(pathsIn('see `src/none.ts` and `npm test`')).toEqual(['src/none.ts'])
  expect(linksIn('[a](b.md#c) [d](https://e) [f](#g)')).toEqual([
    { target: 'b.md', anchor: 'c' },
    { target: '', anchor: 'g' },
  ])
  expect(anchorsOf('# A move, and more\n')).toEqual(['a-move-and-more'])
})

test('each of the eight promises names a test that exists, or says that it is not proven yet', () => {
  const rows = read('docs/guarantees.md')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^\d$/.test(cells[1] ?? ''))
  expect(rows.map((cells) => cells[1])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
  const unproven = rows.filter(([, , , proof = '']) => {
    const tests = pathsIn(proof).filter((path) => path.startsWith('test/') && existsSync(new URL(path, root)))
    return tests.length === 0 && !proof.startsWith('not yet')
  })
  expect(unproven).toEqual([])
})

test('every folder of src has its line in docs/architecture.md', () => {
  const page = read('docs/architecture.md')
  const folders = readdirSync(new URL('src', root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(new URL(`src/${entry.name}`, root)).length > 0)
    .map((entry) => `src/${entry.name}/`)
  expect(folders.filter((folder) => !page.includes(`\`${folder}\``))).toEqual([])
})
