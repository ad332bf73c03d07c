// The words of the rules and what they mean: membership functions over the four inputs (R23).
//
// Every word of response_time, probability and balance is a shoulder: it holds fully from some point on in one direction. "high"
// means high or worse, "low" means low or better; there is no word for "just so". That is what makes the inference monotone: a rule
// that asks for blades may only use words that come true as things get worse (`rising`), a rule that offers blades only words that
// come true as they get better (`falling`), and the parser refuses others. Priority is no measurement: its words are free.

export type Direction = 'rising' | 'falling' | 'free'

/** Trapezoid: 0 up to a, rises to 1 at b, 1 up to c, falls to 0 at d. A triangle where b = c, a shoulder where an end is infinite. */
export interface FuzzySet {
  readonly direction: Direction
  readonly points: readonly [a: number, b: number, c: number, d: number]
}

export interface FuzzyInputs {
  /** Expected response time by its limit: 1 is the limit. */
  readonly response_time: number
  /** That the limit is passed, 0..1. */
  readonly probability: number
  /** The worst B_k, -50 best, 50 the limit. Undefined, when there is none yet, is read as 0: neither slack nor strained. */
  readonly balance: number | undefined
  /** 0..1 */
  readonly priority: number
}

export type FuzzyVariable = keyof FuzzyInputs

export const fuzzyVariables: Readonly<Record<FuzzyVariable, Readonly<Record<string, FuzzySet>>>> = {
  response_time: {
    low: falling(0.4, 0.7),
    acceptable: falling(0.7, 1),
    high: rising(0.6, 0.9),
    too_high: rising(0.8, 1.1),
  },
  probability: {
    negligible: falling(0.01, 0.05),
    rare: falling(0.05, 0.2),
    likely: rising(0.1, 0.3),
    abundant: rising(0.2, 0.5),
  },
  balance: {
    slack: falling(-30, -5),
    strained: rising(10, 30),
    exhausted: rising(30, 50),
  },
  priority: {
    low: { direction: 'free', points: [-Infinity, -Infinity, 0.2, 0.5] },
    normal: { direction: 'free', points: [0.2, 0.5, 0.5, 0.8] },
    urgent: { direction: 'free', points: [0.5, 0.8, Infinity, Infinity] },
  },
}

/** 0..1. A value that is no number belongs to no set. */
export function membership({ points: [a, b, c, d] }: FuzzySet, x: number): number {
  if (Number.isNaN(x) || x < a || x > d) return 0
  if (x < b) return (x - a) / (b - a)
  if (x > c) return (d - x) / (d - c)
  return 1
}

export function isVariable(word: string): word is FuzzyVariable {
  return Object.hasOwn(fuzzyVariables, word)
}

/** Undefined when the variable has no such word. */
export function setOf(variable: FuzzyVariable, term: string): FuzzySet | undefined {
  const sets = fuzzyVariables[variable]
  return Object.hasOwn(sets, term) ? sets[term] : undefined
}

function rising(from: number, to: number): FuzzySet {
  return { direction: 'rising', points: [from, to, Infinity, Infinity] }
}

function falling(from: number, to: number): FuzzySet {
  return { direction: 'falling', points: [-Infinity, -Infinity, from, to] }
}
