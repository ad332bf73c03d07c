import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface Manifest {
  readonly version: string
  readonly license: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

const root = new URL('../../', import.meta.url)
const manifestOf = (path: string): Manifest => JSON.parse(readFileSync(new URL(`${path}package.json`, root), 'utf8'))
const { dependencies, devDependencies } = manifestOf('')
const page = readFileSync(new URL('docs/dependencies.md', root), 'utf8')
const [runtimePart = '', developmentPart = ''] = page.split('\n## ').slice(1)

/** Rows `| package | version | licence | kB | since | why |`. */
function rowsOf(part: string) {
  return [...part.matchAll(/^\| `([^`]+)` \| (.+?) \| (.+?) \| ([\d,]+) \| (\d{4}) \| (.+) \|$/gm)].map(
    ([, name = '', version, licence, size = '', since, why]) => ({
      name,
      version,
      licence,
      kilobytes: Number(size.replaceAll(',', '')),
      since: Number(since),
      why: why ?? '',
    }),
  )
}

describe.each([
  ['dependencies', rowsOf(runtimePart), dependencies],
  ['devDependencies', rowsOf(developmentPart), devDependencies],
])('docs/dependencies.md and the %s of package.json', (_kind, rows, declared) => {
  test('name the same packages, in the same versions', () => {
    expect(Object.fromEntries(rows.map(({ name, version }) => [name, version]))).toEqual(declared)
  })

  test('pin every version exactly', () => {
    expect(Object.values(declared).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('give the licence that is installed', () => {
    const installed = rows.map(({ name }) => [name, manifestOf(`node_modules/${name}/`).license])
    expect(rows.map(({ name, licence }) => [name, licence])).toEqual(installed)
  })

  test('give each a reason in a sentence', () => {
    expect(rows.filter(({ why }) => why.length < 20 || !why.endsWith('.'))).toEqual([])
  })
})

test('an optional peer is tested here in the version that is asked for, and is no dependency', () => {
  const { peerDependencies, peerDependenciesMeta } = manifestOf('')
  expect(Object.keys(peerDependencies)).toEqual(Object.keys(peerDependenciesMeta))
  expect(Object.values(peerDependenciesMeta).every(({ optional }) => optional)).toBe(true)
  for (const [name, range] of Object.entries(peerDependencies)) expect(range).toBe(`^${devDependencies[name]}`)
  expect(Object.keys(dependencies).filter((name) => Object.hasOwn(peerDependencies, name))).toEqual([])
})

test('the sizes of what an installation brings are the measured ones, to a tenth', () => {
  const off = rowsOf(runtimePart)
    .map(({ name, kilobytes }) => ({
      name,
      kilobytes,
      measured: bytesBelow(new URL(`node_modules/${name}/`, root)) / 1000,
    }))
    .filter(({ kilobytes, measured }) => Math.abs(kilobytes - measured) > 0.1 * measured)
  expect(off).toEqual([])
})

function bytesBelow(folder: URL): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    if (entry.isDirectory()) return sum + bytesBelow(new URL(`${entry.name}/`, folder))
    return sum + statSync(new URL(entry.name, folder)).size
  }, 0)
}
