// Rules as an operator writes them (R23): one a line, `#` begins a comment.
//
//   rule       = "if" any "then" ("request" | "offer")
//   any        = all { "or" all }
//   all        = condition { "and" condition }
//   condition  = "(" any ")" | variable "is" [ "not" ] term
//
// A line that is not understood is reported with its place and the words allowed there; one bad line refuses the whole text, for
// half a rule set is another rule set. So is a rule that could wish for fewer blades as things get worse (fuzzy-sets.ts).
import { type Direction, type FuzzyVariable, fuzzyVariables, isVariable, setOf } from './fuzzy-sets.ts'

export type Condition =
  | { readonly kind: 'is'; readonly variable: FuzzyVariable; readonly term: string; readonly negated: boolean }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }

export interface FuzzyRule {
  /** As written, without the comment. */
  readonly text: string
  /** From 1. */
  readonly line: number
  readonly condition: Condition
  readonly outcome: 'request' | 'offer'
}

export interface RuleError {
  readonly line: number
  /** From 1, of the word that was not understood. */
  readonly column: number
  readonly message: string
}

export type ParsedRules =
  | { readonly ok: true; readonly rules: readonly FuzzyRule[] }
  | { readonly ok: false; readonly errors: readonly RuleError[] }

const rulesMax = 128
const errorsMax = 16
/** Bounds the recursion: the text comes from people and over channels. */
const depthMax = 8

export function parseRules(text: string): ParsedRules {
  const rules: FuzzyRule[] = []
  const errors: RuleError[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const source = raw.replace(/#.*$/, '').trimEnd()
    if (source.trim() === '') continue
    if (rules.length === rulesMax) errors.push({ line: index + 1, column: 1, message: `more than ${rulesMax} rules` })
    if (errors.length >= errorsMax || rules.length === rulesMax) break
    const parsed = parseRule(source, index + 1)
    if ('message' in parsed) errors.push(parsed)
    else rules.push(parsed)
  }
  if (errors.length === 0 && rules.length === 0) errors.push({ line: 1, column: 1, message: 'there is no rule' })
  return errors.length > 0 ? { ok: false, errors } : { ok: true, rules }
}

interface Word {
  readonly text: string
  readonly column: number
}

/** Thrown and caught inside this file only. */
class Misread {
  readonly column: number
  readonly message: string
  constructor(word: Word, message: string) {
    this.column = word.column
    this.message = message
  }
}

function parseRule(source: string, line: number): FuzzyRule | RuleError {
  try {
    return { ...new RuleReader(source).rule(), text: source.trim(), line }
  } catch (misread) {
    if (!(misread instanceof Misread)) throw misread
    return { line, column: misread.column, message: misread.message }
  }
}

class RuleReader {
  private readonly words: readonly Word[]
  private readonly end: Word
  private position = 0
  private depth = 0

  constructor(source: string) {
    this.words = [...source.matchAll(/[()]|[^\s()]+/g)].map((match) => ({ text: match[0], column: match.index + 1 }))
    this.end = { text: 'the end of the line', column: source.length + 1 }
  }

  rule(): Pick<FuzzyRule, 'condition' | 'outcome'> {
    this.expect('if')
    const condition = this.any()
    this.expect('then')
    const word = this.take()
    const outcome = word.text
    if (outcome !== 'request' && outcome !== 'offer') throw unexpected(word, ['request', 'offer'])
    if (this.peek() !== this.end) throw unexpected(this.peek(), ['the end of the line'])
    this.refuseContrary(outcome)
    return { condition, outcome }
  }

  private readonly uses: { word: Word; direction: Direction }[] = []

  private any(): Condition {
    return this.joined('or', () => this.joined('and', () => this.one()))
  }

  private joined(kind: 'and' | 'or', part: () => Condition): Condition {
    const first = part()
    const parts = [first]
    while (this.peek().text === kind) {
      this.take()
      parts.push(part())
    }
    return parts.length === 1 ? first : { kind, parts }
  }

  private one(): Condition {
    if (this.peek().text !== '(') return this.comparison()
    this.depth += 1
    if (this.depth > depthMax) throw new Misread(this.peek(), `more than ${depthMax} brackets inside each other`)
    this.expect('(')
    const inner = this.any()
    this.expect(')')
    this.depth -= 1
    return inner
  }

  private comparison(): Condition {
    const variableWord = this.take()
    const variable = variableWord.text
    if (!isVariable(variable)) throw unexpected(variableWord, Object.keys(fuzzyVariables))
    this.expect('is')
    const negated = this.peek().text === 'not'
    if (negated) this.take()
    const termWord = this.take()
    const set = setOf(variable, termWord.text)
    if (set === undefined) throw unexpected(termWord, Object.keys(fuzzyVariables[variable]))
    this.uses.push({ word: termWord, direction: negated ? opposite[set.direction] : set.direction })
    return { kind: 'is', variable, term: termWord.text, negated }
  }

  private refuseContrary(outcome: 'request' | 'offer'): void {
    const contrary = outcome === 'request' ? 'falling' : 'rising'
    const use = this.uses.find(({ direction }) => direction === contrary)
    if (use === undefined) return
    const [change, effect] = outcome === 'request' ? ['worse', 'request less'] : ['better', 'offer less']
    throw new Misread(use.word, `'${use.word.text}' here would ${effect} as things get ${change}`)
  }

  private expect(text: string): void {
    const word = this.take()
    if (word.text !== text) throw unexpected(word, [text])
  }

  private peek(): Word {
    return this.words[this.position] ?? this.end
  }

  private take(): Word {
    const word = this.peek()
    this.position += 1
    return word
  }
}

const opposite: Record<Direction, Direction> = { rising: 'falling', falling: 'rising', free: 'free' }

function unexpected(word: Word, allowed: readonly string[]): Misread {
  return new Misread(word, `'${word.text.slice(0, 40)}' is not understood, allowed here: ${allowed.join(', ')}`)
}
