import { describe, expect, test } from 'vitest'
import { learn, provenFor } from '../../../src/decision/proven-levels.ts'

const experience = { held: 2, meanRate: 150, lateRatio: 0, rateMax: 160 }

describe('R22: what a group has shown it can do', () => {
  test('R22: the highest rate served in time counts, as far as the cap', () => {
    const once = learn({}, experience)
    expect(once).toEqual({ 2: 150 })
    expect(learn(once, { ...experience, meanRate: 120 })).toBe(once)
    expect(learn(once, { ...experience, meanRate: 190 })).toEqual({ 2: 160 })
  })

  test('R22: a rate that came late proves nothing, and refutes what was taken for proven', () => {
    const once = learn({}, experience)
    expect(learn(once, { ...experience, meanRate: 155, lateRatio: 0.03 })).toBe(once)
    expect(learn(once, { ...experience, meanRate: 140, lateRatio: 0.05 })).toEqual({})
    expect(learn(once, { ...experience, meanRate: 400, lateRatio: 0.9 })).toEqual({ 2: 150 })
  })

  test('R22: the fewest blades that carried the rate are found, below those that are held', () => {
    const proven = { 2: 150, 3: 240, 6: 450 }
    expect([provenFor(proven, 150, 6), provenFor(proven, 151, 6), provenFor(proven, 300, 6)]).toEqual([2, 3, undefined])
    expect(provenFor(proven, 100, 2)).toBeUndefined()
  })
})
