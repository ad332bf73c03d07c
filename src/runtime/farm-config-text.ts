// Text to plain data, with the line of every value. The text is a stranger's: its size is bounded before it is parsed, aliases are
// refused (nobody needs them here, and nine lines of them can stand for gigabytes), and so are maps as keys (quoted anew at each
// level: 50 levels are more than memory), tags, duplicate keys and a second document. JSON is YAML, so one parser reads both.
import { type Document, isMap, isScalar, LineCounter, type Pair, parseDocument, visit, type YAMLMap } from 'yaml'
import type { ConfigPath, ConfigProblem } from './farm-config-problem.ts'

export type ParsedText =
  | { readonly ok: true; readonly data: unknown; readonly lineOf: (path: ConfigPath) => number | undefined }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** A farm of 99 cabinets and 256 accounts is below 128 kB. */
export const configCharactersMax = 256 * 1024
const depthMax = 32

export function parseConfigText(text: string): ParsedText {
  if (text.length > configCharactersMax)
    return unreadable(`${text.length} characters`, `at most ${configCharactersMax} characters`)
  if (text.includes('\0')) return unreadable('a NUL character', 'text')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const wrong = [...document.errors, ...document.warnings][0]
  // The parser recurses, and reports its own stack overflow as an error of the text.
  if (wrong?.message.includes('call stack')) return unreadable('deep nesting', `at most ${depthMax} levels`)
  if (wrong) return unreadable(wrong.message, 'YAML or JSON', lines.linePos(wrong.pos[0]).line)
  const refused = findRefused(document)
  if (refused) return unreadable(refused.value, refused.allowed, lines.linePos(refused.offset).line)
  return { ok: true, data: document.toJS({ maxAliasCount: 0 }), lineOf: (path) => lineOf(document, lines, path) }
}

interface Refused {
  readonly value: string
  readonly allowed: string
  readonly offset: number
}

function findRefused(document: Document.Parsed): Refused | undefined {
  let found: Refused | undefined
  const refuse = (value: string, allowed: string, node: unknown) => {
    found = { value, allowed, offset: offsetOf(node) ?? 0 }
    return visit.BREAK
  }
  visit(document, {
    Alias: (_key, node) => refuse(`the alias *${node.source}`, 'values written out', node),
    Map: (_key, node) => {
      const odd = node.items.find((pair) => !isScalar(pair.key))
      if (odd) return refuse('a list or map as a key', 'keys of plain text', odd.key)
      const repeated = repeatedKey(node)
      return repeated && refuse(`the key ${String(repeated.key).slice(0, 64)} again`, 'each key once', repeated.key)
    },
    // An ancestor a level, and a pair between two maps.
    Node: (_key, node, ancestors) =>
      ancestors.length > depthMax * 2 ? refuse('deep nesting', `at most ${depthMax} levels`, node) : undefined,
  })
  return found
}

/** The parser's own check compares each key with each: seconds for a text within bounds. */
function repeatedKey(map: YAMLMap): Pair | undefined {
  const seen = new Set<string>()
  return map.items.find((pair) => {
    const key = String(pair.key)
    return seen.has(key) || !seen.add(key)
  })
}

/** The line of the key or item at the path; of the nearest thing above it that exists when it is missing. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: ConfigPath): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined
    const offset = offsetOf(pair?.key) ?? offsetOf(document.getIn(path.slice(0, length), true))
    if (offset !== undefined) return lines.linePos(offset).line
  }
  return offsetOf(document.contents) === undefined ? undefined : 1
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined
  const offset: unknown = node.range[0]
  return typeof offset === 'number' ? offset : undefined
}

function unreadable(value: string, allowed: string, line?: number): ParsedText {
  const problem = { code: 'CONFIG_UNREADABLE', path: '', value, allowed } as const
  return { ok: false, problems: [line === undefined ? problem : { ...problem, line }] }
}
