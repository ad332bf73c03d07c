// Reads TypeScript as text, well enough for rules: what is code, what is comment, what is a string. One pass, one state at a
// time; everything outside the wanted kind becomes a space, so that positions and lines stay true.
//
// A slash is a division after a value and a regular expression after anything else: the only guess made here.

export interface SourceText {
  /** Comments, strings and regular expressions blanked; the code inside `${}` is kept. */
  readonly code: string
  /** Only what comments say. */
  readonly comments: string
}

export interface Import {
  readonly specifier: string
  /** From 1. */
  readonly line: number
  /** True when nothing of it is left after types are stripped. */
  readonly isType: boolean
}

export function readSource(text: string): SourceText {
  const code: string[] = []
  const comments: string[] = []
  const put = (from: number, to: number, kind: 'code' | 'comment' | 'other') => {
    const piece = text.slice(from, to)
    code.push(kind === 'code' ? piece : blank(piece))
    comments.push(kind === 'comment' ? piece : blank(piece))
  }
  const braces: ('block' | 'template')[] = []
  let at = 0
  while (at < text.length) {
    const start = at
    const two = text.slice(at, at + 2)
    const one = text.charAt(at)
    if (two === '//') {
      at = indexOr(text, '\n', at)
      put(start, at, 'comment')
    } else if (two === '/*') {
      at = indexOr(text, '*/', at + 2) + 2
      put(start, at, 'comment')
    } else if (one === "'" || one === '"') {
      at = closing(text, at + 1, one)
      put(start, start + 1, 'code')
      put(start + 1, at - 1, 'other')
      put(at - 1, at, 'code')
    } else if (one === '`' || (one === '}' && braces.at(-1) === 'template')) {
      if (one === '}') braces.pop()
      at = templateEnd(text, at + 1)
      if (text.slice(at - 2, at) === '${') braces.push('template')
      put(start, at, 'other')
    } else if (one === '/' && startsRegularExpression(text, at)) {
      at = regularExpressionEnd(text, at + 1)
      put(start, at, 'other')
    } else {
      if (one === '{') braces.push('block')
      if (one === '}') braces.pop()
      at += 1
      put(start, at, 'code')
    }
  }
  return { code: code.join(''), comments: comments.join('') }
}

/** Static and dynamic imports and re-exports. */
export function importsOf(text: string): Import[] {
  const { code } = readSource(text)
  const pattern =
    /(?:^|[\n;}])\s*(?:import|export)\s+(type\s)?[\w$*{}\s,]*?\bfrom\s*(['"])|(?:^|[\n;}])\s*import\s*(['"])|\bimport\s*\(\s*(['"])/g
  return [...code.matchAll(pattern)].map((match) => {
    const open = match.index + match[0].length
    const line = text.slice(0, open).split('\n').length
    return { specifier: text.slice(open, closing(text, open, text.charAt(open - 1)) - 1), line, isType: !!match[1] }
  })
}

/** The comment lines before the first line of code. */
export function headerOf(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('//'))
  return lines.slice(0, end < 0 ? lines.length : end).join('\n')
}

function blank(piece: string): string {
  return piece.replace(/[^\n]/g, ' ')
}

function indexOr(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from)
  return index < 0 ? text.length : index
}

function closing(text: string, from: number, quote: string): number {
  let at = from
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function templateEnd(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    if (text[at] === '`') return at + 1
    if (text.startsWith('${', at)) return at + 2
    at += text[at] === '\\' ? 2 : 1
  }
  return text.length
}

function startsRegularExpression(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 32), at).trimEnd()
  return before === '' || /(?:[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void))$/.test(before)
}

function regularExpressionEnd(text: string, from: number): number {
  let at = from
  let isInClass = false
  while (at < text.length && text[at] !== '\n') {
    if (text[at] === '[') isInClass = true
    else if (text[at] === ']') isInClass = false
    else if (text[at] === '/' && !isInClass) return at + 1
    at += text[at] === '\\' ? 2 : 1
  }
  return at
}
