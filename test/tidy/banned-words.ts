// What may not be written, and where. Each rule is a pattern over code or comments, so that a string or a sentence that
// mentions the word is free.
import type { SourceFile } from './import-direction.ts'
import { importsOf, readSource } from './source-text.ts'

interface Rule {
  readonly why: string
  readonly pattern: RegExp
  readonly where: (path: string) => boolean
  /** Default code. */
  readonly over?: 'code' | 'comments' | 'text'
}

const inSource = (path: string) => path.startsWith('src/') || path.startsWith('models/')
const inTypeScript = (path: string) => path.endsWith('.ts')
const inInside = (path: string) => inSource(path) && !/^src\/(?:drivers|processes|cli)\//.test(path)
const inVirtualTime = (path: string) =>
  /^test\/(?:machines|model|simulation|scenarios|unit\/(?:actors|decision|machines|pair|protocol|runtime|store|testing))\//.test(
    path,
  )

const timers = /(?<![.\w$])(?:setTimeout|setInterval|setImmediate)\b/
/** Written in two halves, so that this file does not break its own rule. */
const checkouts = new RegExp(['(?<![\\w.-])/wo', 'rk/|\\.\\./sha', 'red\\b'].join(''))

export const rules: readonly Rule[] = [
  { why: 'time comes from the Clock port', pattern: /(?<![.\w$])(?:Date|performance)\b/, where: inInside },
  { why: 'time comes from the Clock port', pattern: timers, where: inInside },
  {
    why: 'chance comes from the Random port',
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/,
    where: inInside,
  },
  { why: 'settings come from the configuration', pattern: /\bprocess\.env\b/, where: inInside },
  { why: 'what is said goes to the Log port', pattern: /(?<![.\w$])console\s*\./, where: inInside },
  { why: 'tests of the inside run on a virtual clock', pattern: timers, where: inVirtualTime },
  { why: 'no `any`', pattern: /(?<![.\w$])any\b(?!\s*[:(])|\bz\.any\(/, where: inTypeScript },
  { why: 'no `as unknown as`', pattern: /\bas\s+unknown\s+as\b/, where: inTypeScript },
  { why: 'no silenced compiler', pattern: /@ts-(?:ignore|nocheck)\b/, where: inTypeScript, over: 'comments' },
  {
    why: 'a refused program belongs in test/types',
    pattern: /@ts-expect-error\b/,
    where: (path) => inTypeScript(path) && !path.startsWith('test/types/'),
    over: 'comments',
  },
  {
    why: 'every test runs',
    pattern: /\b(?:describe|test|it|suite)(?:\s*\.\s*\w+)*\s*\.\s*(?:only|skip|todo|fails)\b|\bx(?:it|test|describe)\(/,
    where: (path) => path.startsWith('test/'),
  },
  {
    why: 'machines name effects, they perform none',
    pattern:
      /\b(?:invoke|after|delays)\s*:|\b(?:spawnChild|sendTo|sendParent|fromPromise|fromCallback|fromObservable)\b/,
    where: (path) => path.startsWith('src/machines/'),
  },
  { why: 'no open ends', pattern: /\b(?:TODO|FIXME|XXX)\b/, where: inTypeScript, over: 'comments' },
  { why: 'no path of one machine', pattern: checkouts, where: () => true, over: 'text' },
]

export function bannedWords(files: readonly SourceFile[], chosen = rules): string[] {
  return files.flatMap((file) => {
    const source = inTypeScript(file.path) ? readSource(file.text) : { code: file.text, comments: file.text }
    return chosen.flatMap(({ why, pattern, where, over = 'code' }) => {
      if (!where(file.path) || (inInside(file.path) && where === inInside && isSocketFile(file))) return []
      const lines = (over === 'text' ? file.text : source[over]).split('\n')
      return lines.flatMap((line, index) => {
        const found = pattern.exec(line)
        return found ? [`${file.path}:${index + 1}: ${found[0].trim()} (${why})`] : []
      })
    })
  })
}

/** The one kind of file outside drivers and cli that touches the world: where a transport holds its socket. */
function isSocketFile({ path, text }: SourceFile): boolean {
  const sockets = ['ws', 'node:net', 'node:dgram', 'node:http']
  return (
    path.startsWith('src/transport/') &&
    importsOf(text).some(({ specifier, isType }) => !isType && sockets.includes(specifier))
  )
}
