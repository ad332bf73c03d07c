import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import { plotCourses } from '../../../src/evaluation/course-plot.ts'
import { evaluateTraces } from '../../../src/evaluation/evaluate-traces.ts'
import { farmTerms } from '../../../src/evaluation/farm-terms.ts'

const minute = 60_000
/** Quiet, then ten times as much for an hour, then quiet. */
const values = Array.from({ length: 288 }, (_, step) => (step >= 100 && step < 112 ? 100 : 10))
const traces = [{ name: 'a', stepMs: 5 * minute, values }]
const evaluated = (terms: object, points = 0) =>
  evaluateTraces({
    ...{ traces, policies: ['hpa', 'clairvoyant'], terms: farmTerms.parse({ perBlade: 5, ...terms }) },
    ...{ random: () => createSeededRandom(1), coursePoints: points },
  })

describe('the terms of an evaluation', () => {
  test('R27: time in the band of headroom is counted: a wider band holds more of it', () => {
    const share = (headroom: [number, number]) => evaluated({ headroom }).policies.hpa?.headroomShare ?? 0
    expect(share([0, 10])).toBeGreaterThan(share([0, 0.5]))
    expect(share([0, 0])).toBeLessThan(1)
  })

  test('R34: levels have prices, and each level is billed for itself', () => {
    const free = { committed: 0, expansion: 0, extension: 0, entry: 0 }
    const bill = (prices: object) => evaluated({ prices: { ...free, ...prices } }).policies.hpa?.bill ?? 0
    expect(bill({})).toBe(0)
    // Three committed blades over a day at one hundredth an hour, held or not.
    expect(bill({ committed: 1 })).toBe(72)
    expect(bill({ entry: 7 }) % 7).toBe(0)
    expect(bill({ committed: 3, expansion: 5, extension: 9, entry: 2 })).toBe(
      bill({ committed: 3 }) + bill({ expansion: 5 }) + bill({ extension: 9 }) + bill({ entry: 2 }),
    )
  })

  test('what a farm has no blades for is nobody’s fault, and is said', () => {
    const { farm, policies } = evaluated({ blades: 10 })
    expect(farm.unavoidableShare).toBeGreaterThan(0.1)
    expect(policies.clairvoyant?.unservedShare).toBeCloseTo(farm.unavoidableShare, 6)
    expect(evaluated({ blades: 100 }).farm.unavoidableShare).toBe(0)
  })

  test('terms that cannot be are refused', () => {
    expect(farmTerms.safeParse({ coldSeconds: [300, 180] }).success).toBe(false)
    expect(farmTerms.safeParse({ comitted: 3 }).success).toBe(false)
    expect(farmTerms.safeParse({ prices: { entry: 0.5 } }).success).toBe(false)
  })
})

describe('the picture of demand against capacity', () => {
  test('R27: has each account and policy, what was not served in red, and nothing unescaped', () => {
    const { courses, farm } = evaluated({}, 100)
    expect(courses.hpa?.[0]?.points).toHaveLength(100)
    const svg = plotCourses({ accounts: ['<a> & "b"'], courses, days: farm.days })
    expect(svg).toContain('&#60;a&#62; &#38; &#34;b&#34;')
    for (const name of ['hpa', 'clairvoyant']) expect(svg).toContain(`>${name}</text>`)
    expect(svg).toMatch(/<path d="M[^"]+" fill="#d62828"\/>/)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('who asks for no picture pays for none', () => {
    expect(evaluated({}).courses.hpa).toEqual([])
  })
})
