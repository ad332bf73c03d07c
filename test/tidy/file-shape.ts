// Names, lengths and barrels. The lengths are a ratchet: they may be lowered here, never raised.
import type { SourceFile } from './import-direction.ts'
import { headerOf, readSource } from './source-text.ts'

export const medianLinesMax = 120
const longFileLines = 300
const longFileShareMax = 0.1
const explainedFileLines = 400

/** The public list and the subpath entries of package.json. */
const entries = ['src/index.ts', 'src/machines/index.ts', 'src/testing/index.ts', 'src/transport/index.ts']
const emptyNames = ['utils', 'util', 'helpers', 'helper', 'types', 'common', 'misc', 'shared']

export function wrongNames(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const parts = path.split('/')
    const isKebab = parts.every((part) => /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*$/.test(part))
    if (!isKebab) return [`${path}: not in kebab-case`]
    const empty = parts.slice(1).find((part) => emptyNames.includes(part.replace(/\..*$/, '')))
    return empty === undefined || path.startsWith('test/types/')
      ? []
      : [`${path}: ${empty} says nothing of what is in it`]
  })
}

/** A file that only passes on what others export. */
export function barrels(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, text }) => !entries.includes(path) && (path.endsWith('/index.ts') || onlyPassesOn(text)))
    .map(({ path }) => `${path}: a barrel`)
}

function onlyPassesOn(text: string): boolean {
  const passedOn = /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*(?:'[^']*'|"[^"]*")\s*;?/g
  const { code } = readSource(text)
  return (
    passedOn.test(code) &&
    code
      .replace(passedOn, '')
      .replace(/\bimport\b[^'"]*(?:'[^']*'|"[^"]*")/g, '')
      .trim() === ''
  )
}

export function wrongLengths(files: readonly SourceFile[]): string[] {
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1, header: headerOf(text) }))
  const sorted = lengths.map(({ lines }) => lines).toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0
  const long = lengths.filter(({ lines }) => lines > longFileLines)
  const unexplained = lengths.filter(
    ({ lines, header }) => lines > explainedFileLines && !header.includes(`${explainedFileLines} lines because`),
  )
  return [
    ...(median > medianLinesMax ? [`the median file has ${median} lines, more than ${medianLinesMax}`] : []),
    ...(long.length > longFileShareMax * lengths.length
      ? [
          `${long.length} of ${lengths.length} files are longer than ${longFileLines} lines: ${long.map(({ path }) => path).join(', ')}`,
        ]
      : []),
    ...unexplained.map(({ path }) => `${path}: its header does not say "over ${explainedFileLines} lines because …"`),
  ]
}
