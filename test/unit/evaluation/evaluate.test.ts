// The farm on paper: what it counts is what happened, whoever decides.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import { evaluateTraces, policies } from '../../../src/evaluation/evaluate-traces.ts'
import { usualTerms } from '../../../src/evaluation/farm-terms.ts'
import { summarize } from '../../../src/evaluation/score.ts'
import { type EvaluatedAccount, evaluate, type Policy, type WorldOptions } from '../../../src/evaluation/world.ts'

const random = () => createSeededRandom(1)
const minute = 60_000
const hourly = (name: string, phase: number) => ({
  name,
  stepMs: 5 * minute,
  values: Array.from(
    { length: 12 * 24 * 3 },
    (_, step) => 100 + 80 * Math.sin((2 * Math.PI * (step + phase)) / (12 * 24)),
  ),
})
const traces = [hourly('a', 0), hourly('b', 140)]

test.each(Object.keys(policies))(
  '%s keeps within the farm, and its server-hours are the integral of what it holds',
  (name) => {
    const account = (phase: number): EvaluatedAccount => ({
      name: `a${phase}`,
      demand: (tick) => 3 + 3 * Math.sin(tick / 60 + phase),
    })
    const accounts = [account(0), account(2)]
    let heldMs = 0
    const options: WorldOptions = {
      accounts,
      blades: 9,
      ticks: 600,
      tickMs: minute,
      random: random(),
      warm: 1,
      terms: { ...usualTerms, committed: 1 },
    }
    const inner = policies[name]?.() ?? expect.unreachable()
    const watched: Policy = {
      name,
      decide(world) {
        inner.decide(world)
        const held = accounts.map((_, index) => world.blades.filter((blade) => blade.account === index).length)
        expect(held).toEqual(accounts.map((_, index) => world.held(index)))
        expect(held.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(9)
        // Between ticks nobody joins or leaves an account but by a decision.
        heldMs += held.reduce((sum, one) => sum + one, 0) * minute
      },
    }
    const summary = summarize(evaluate(watched, options), options.terms, [])
    expect(summary.serverHours).toBeCloseTo(heldMs / 3_600_000, 6)
    expect(summary.timeshareUnder + summary.timeshareOver).toBeLessThanOrEqual(1 + 1e-9)
  },
)

describe('of policies with the same farm', () => {
  const { farm, policies: found } = evaluateTraces({ traces, policies: Object.keys(policies), random })

  test('who knows the future serves all, with fewer server-hours than who does not know it', () => {
    expect(farm).toMatchObject({ days: 3, terms: { committed: 3 } })
    expect(found.clairvoyant?.unservedShare).toBeLessThan(0.001)
    for (const name of ['bladewright', 'static-max', 'static-p99'])
      expect(found[name]?.serverHours).toBeGreaterThan(found.clairvoyant?.serverHours ?? Number.POSITIVE_INFINITY)
  })

  test('the same seed gives the same figures', () => {
    expect(evaluateTraces({ traces, policies: ['bladewright'], random }).policies.bladewright).toEqual(
      found.bladewright,
    )
  })
})

test('a farm of any size and any demand is evaluated: nothing is served that was not joined, nothing negative', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(30), { minLength: 3, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(...Object.keys(policies)),
      (values, blades, policy) => {
        fc.pre(values.some((value) => value > 0))
        const trace = { name: 'a', stepMs: 5 * minute, values }
        const terms = { ...usualTerms, blades, perBlade: 5 }
        const { policies: found, farm } = evaluateTraces({ traces: [trace], policies: [policy], terms, random })
        const summary = found[policy] ?? expect.unreachable()
        const { violationMinutes, accounts: _accounts, ...rest } = summary
        for (const value of [...Object.values(rest), ...Object.values(violationMinutes)])
          expect(value).toBeGreaterThanOrEqual(0)
        expect(summary.unservedShare).toBeLessThanOrEqual(1)
        expect(summary.unservedShare).toBeGreaterThanOrEqual(farm.unavoidableShare - 1e-9)
        expect(summary.serverHours).toBeLessThanOrEqual((blades * values.length * 5) / 60 + 1e-9)
      },
    ),
    { seed: 1, numRuns: 60 },
  )
})

test('what cannot be evaluated is refused', () => {
  expect(() => evaluateTraces({ traces: [], policies: ['hpa'], random })).toThrow('no trace')
  expect(() => evaluateTraces({ traces, policies: ['crystal-ball'], random })).toThrow('no policy crystal-ball')
  expect(() =>
    evaluateTraces({ traces: [{ name: 'idle', stepMs: minute, values: [0, 0, 0] }], policies: ['hpa'], random }),
  ).toThrow('never asks')
})
