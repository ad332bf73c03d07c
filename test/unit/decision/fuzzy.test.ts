import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultRules } from '../../../src/decision/default-rules.ts'
import { decisionSurface, inferWish } from '../../../src/decision/fuzzy-inference.ts'
import { type FuzzyRule, parseRules } from '../../../src/decision/fuzzy-rules.ts'
import { type FuzzyInputs, fuzzyVariables, membership } from '../../../src/decision/fuzzy-sets.ts'

function rulesOf(text: string): readonly FuzzyRule[] {
  const parsed = parseRules(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.rules
}

const rules = rulesOf(defaultRules)
const seedRule = '(priority is urgent) and (probability is abundant) and (response_time is too_high)'
const calm: FuzzyInputs = { response_time: 0.5, probability: 0.08, balance: 0, priority: 0.5 }

const anyInputs = fc.record({
  response_time: fc.double({ min: 0, max: 3, noNaN: true }),
  probability: fc.double({ min: 0, max: 1, noNaN: true }),
  balance: fc.option(fc.double({ min: -80, max: 150, noNaN: true }), { nil: undefined }),
  priority: fc.double({ min: 0, max: 1, noNaN: true }),
})

/** Rule texts of any shape that the parser takes. */
const anyRules = fc
  .array(
    fc
      .tuple(
        fc.constantFrom('request', 'offer'),
        fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.constantFrom('and', 'or')), { minLength: 1, maxLength: 4 }),
      )
      .map(([outcome, picks]) => {
        const wanted = outcome === 'request' ? 'rising' : 'falling'
        const words = Object.entries(fuzzyVariables).flatMap(([variable, sets]) =>
          Object.entries(sets).map(([term, set]) =>
            set.direction === 'free' || set.direction === wanted
              ? `${variable} is ${term}`
              : `${variable} is not ${term}`,
          ),
        )
        const parts = picks.map(([pick, bracket, joint], i) => {
          const word = words[pick % words.length] ?? ''
          return `${i === 0 ? '' : `${joint} `}${bracket ? `(${word})` : word}`
        })
        return `if ${parts.join(' ')} then ${outcome}`
      }),
    { minLength: 1, maxLength: 8 },
  )
  .map((lines) => lines.join('\n'))

describe('R23: rules as text', () => {
  test("R23: the seed's example is the first of the default rules, in the seed's words", () => {
    expect(rules[0]?.text).toBe(`if ${seedRule} then request`)
  })

  test('R23: a rule, brackets, or, not, a comment and empty lines are read', () => {
    const text =
      '\n# first\nif (balance is strained or balance is exhausted) and priority is not low then request # why\n'
    expect(rulesOf(text)).toEqual([
      {
        text: 'if (balance is strained or balance is exhausted) and priority is not low then request',
        line: 3,
        outcome: 'request',
        condition: {
          kind: 'and',
          parts: [
            {
              kind: 'or',
              parts: [
                { kind: 'is', variable: 'balance', term: 'strained', negated: false },
                { kind: 'is', variable: 'balance', term: 'exhausted', negated: false },
              ],
            },
            { kind: 'is', variable: 'priority', term: 'low', negated: true },
          ],
        },
      },
    ])
  })

  test.each([
    [
      'if weather is bad then request',
      4,
      "'weather' is not understood, allowed here: response_time, probability, balance, priority",
    ],
    [
      'if response_time is bad then request',
      21,
      "'bad' is not understood, allowed here: low, acceptable, high, too_high",
    ],
    ['if response_time is high', 25, "'the end of the line' is not understood, allowed here: then"],
    ['if response_time is high then panic', 31, "'panic' is not understood, allowed here: request, offer"],
    ['if response_time is high then request now', 39, "'now' is not understood, allowed here: the end of the line"],
    ['if (response_time is high then request', 27, "'then' is not understood, allowed here: )"],
    ['when response_time is high then request', 1, "'when' is not understood, allowed here: if"],
    [
      'if priority is constructor then request',
      16,
      "'constructor' is not understood, allowed here: low, normal, urgent",
    ],
    [
      'if __proto__ is high then request',
      4,
      "'__proto__' is not understood, allowed here: response_time, probability, balance, priority",
    ],
  ])('R23: a misread line names line, column and what is allowed: %s', (line, column, message) => {
    expect(parseRules(`# a comment first\n${line}`)).toEqual({ ok: false, errors: [{ line: 2, column, message }] })
  })

  test('R23: every bad line is reported, and one is enough to refuse the text', () => {
    const parsed = parseRules('if x\nif probability is abundant then request\nif y')
    expect(parsed.ok ? [] : parsed.errors.map(({ line }) => line)).toEqual([1, 3])
  })

  test('R23: a rule that would wish for less as things get worse is refused', () => {
    expect(parseRules('if response_time is low then request')).toEqual({
      ok: false,
      errors: [{ line: 1, column: 21, message: "'low' here would request less as things get worse" }],
    })
    expect(parseRules('if probability is abundant then offer').ok).toBe(false)
    expect(parseRules('if response_time is not high then request').ok).toBe(false)
    expect(parseRules('if response_time is not high then offer').ok).toBe(true)
  })

  test('R23: a text without a rule, with too many, and one of brackets only are refused, not crashed on', () => {
    expect(parseRules('# nothing').ok).toBe(false)
    expect(parseRules('if probability is abundant then request\n'.repeat(129)).ok).toBe(false)
    expect(parseRules(`if ${'('.repeat(16_000)}`)).toMatchObject({ ok: false, errors: [{ line: 1, column: 12 }] })
  })

  test('R23: any text is either rules or errors with a place', () => {
    const word = fc.constantFrom(
      'if',
      'then',
      'is',
      'not',
      'and',
      'or',
      '(',
      ')',
      'request',
      'offer',
      'low',
      'balance',
      '\n',
      '#',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 30 }), (words) => {
        const parsed = parseRules(words.join(' '))
        if (!parsed.ok) for (const error of parsed.errors) expect(error.line * error.column).toBeGreaterThan(0)
      }),
      { seed: 23 },
    )
  })
})

describe('R23: inference', () => {
  test.each([
    [
      'urgent, abundant, far too late: the whole seed rule',
      { response_time: 1.5, probability: 0.9, balance: 40, priority: 1 },
      1,
    ],
    ['idle', { response_time: 0.2, probability: 0, balance: -40, priority: 0.5 }, -1],
    ['nothing to say', calm, 0],
    [
      'no balance yet, fast: nothing is offered on a guess',
      { response_time: 0.2, probability: 0, balance: undefined, priority: 0.5 },
      0,
    ],
  ])('R23: %s', (_name, inputs, wish) => {
    expect(inferWish(rules, inputs).wish).toBeCloseTo(wish, 9)
  })

  test('R23: the seed rule alone is as strong as its weakest condition', () => {
    const alone = rulesOf(`if ${seedRule} then request`)
    const inputs = { response_time: 0.95, probability: 0.9, balance: 0, priority: 0.8 }
    const { wish, activations } = inferWish(alone, inputs)
    expect(activations).toEqual([
      { rule: `if ${seedRule} then request`, line: 1, outcome: 'request', strength: expect.closeTo(0.5, 9) },
    ])
    expect(wish).toBeGreaterThan(0.5)
    expect(wish).toBeLessThan(0.8)
    expect(inferWish(alone, { ...inputs, priority: 0.5 }).wish).toBe(0)
  })

  test.each([
    [0.2, 0],
    [0.26, 0.3615],
    [0.35, 0.6301],
    [0.44, 0.8562],
    [0.5, 1],
  ])('R23: a probability of %d that is abundant by one rule makes a wish of %d', (probability, wish) => {
    const alone = rulesOf('if probability is abundant then request')
    expect(inferWish(alone, { ...calm, probability }).wish).toBeCloseTo(wish, 3)
  })

  test('R23: the wish is bounded and never falls as response time, probability or balance rise, for any rules', () => {
    const worse = fc.record({
      response_time: fc.double({ min: 0, max: 1, noNaN: true }),
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
      balance: fc.double({ min: 0, max: 60, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.oneof(fc.constant(defaultRules), anyRules), anyInputs, worse, (text, inputs, by) => {
        const chosen = rulesOf(text)
        const before = inferWish(chosen, inputs).wish
        const after = inferWish(chosen, {
          ...inputs,
          response_time: inputs.response_time + by.response_time,
          probability: inputs.probability + by.probability,
          balance: (inputs.balance ?? 0) + by.balance,
        }).wish
        expect(after).toBeGreaterThanOrEqual(before - 1e-9)
        expect(Math.abs(before)).toBeLessThanOrEqual(1)
      }),
      { seed: 23, numRuns: 1000 },
    )
  })

  test('R23: it is smooth: a thousandth of a step in any input moves the wish by less than a twentieth', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { wish } = inferWish(rules, inputs)
        const near = [
          { ...inputs, response_time: inputs.response_time + 0.001 },
          { ...inputs, probability: inputs.probability + 0.0002 },
          { ...inputs, balance: (inputs.balance ?? 0) + 0.1 },
          { ...inputs, priority: inputs.priority + 0.001 },
        ]
        for (const one of near) expect(Math.abs(inferWish(rules, one).wish - wish)).toBeLessThan(0.05)
      }),
      { seed: 23, numRuns: 500 },
    )
  })

  test('R23: the decision surface rises over both of its axes, from offering to asking', () => {
    const { wish, responseTimes, probabilities } = decisionSurface(rules, { priority: 0.9, balance: -20, steps: 12 })
    expect([responseTimes.length, probabilities.length, wish.length, wish[0]?.length]).toEqual([13, 13, 13, 13])
    for (const [i, row] of wish.entries())
      for (const [j, height] of row.entries()) {
        expect(height).toBeGreaterThanOrEqual((wish[i - 1]?.[j] ?? -1) - 1e-9)
        expect(height).toBeGreaterThanOrEqual((row[j - 1] ?? -1) - 1e-9)
      }
    expect(wish[0]?.[0]).toBeLessThan(-0.5)
    expect(wish[12]?.[12]).toBeCloseTo(1, 9)
  })

  test('R23: a trapezoid is 0 outside, 1 on top, and half way up in the middle of its slopes', () => {
    const set = { direction: 'free', points: [0, 2, 3, 5] } as const
    expect([-1, 0, 1, 2, 2.5, 3, 4, 5, 6, Number.NaN].map((x) => membership(set, x))).toEqual([
      0, 0, 0.5, 1, 1, 1, 0.5, 0, 0, 0,
    ])
  })
})
