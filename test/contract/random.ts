import { describe, expect, test } from 'vitest'
import type { Random } from '../../src/ports/random.ts'

export function randomContract(name: string, make: (seed: number | string) => Random): void {
  const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next())

  describe(`the random contract, ${name}`, () => {
    test('the same seed gives the same numbers, another seed gives others', () => {
      expect(draw(make(7), 100)).toEqual(draw(make(7), 100))
      expect(draw(make('7'), 100)).toEqual(draw(make(7), 100))
      expect(draw(make(8), 100)).not.toEqual(draw(make(7), 100))
    })

    test('numbers are uniform in [0, 1)', () => {
      const buckets = new Array<number>(16).fill(0)
      for (const value of draw(make('uniform'), 64_000)) {
        expect(value >= 0 && value < 1).toBe(true)
        const bucket = Math.floor(value * 16)
        buckets[bucket] = (buckets[bucket] ?? 0) + 1
      }
      // Chi-squared with 15 degrees of freedom: 37.7 is passed once in a thousand seeds, and this seed is fixed.
      const chiSquared = buckets.reduce((sum, count) => sum + (count - 4_000) ** 2 / 4_000, 0)
      expect(chiSquared).toBeLessThan(37.7)
    })

    test('one draw does not foretell the next', () => {
      const values = draw(make('serial'), 20_000)
      let sum = 0
      for (let i = 1; i < values.length; i += 1) sum += ((values[i - 1] ?? 0) - 0.5) * ((values[i] ?? 0) - 0.5)
      expect(Math.abs((sum / (values.length - 1)) * 12)).toBeLessThan(0.03)
    })

    test('a fork is the same whatever its parent drew, and disturbs nobody', () => {
      const parent = make(1)
      const early = parent.fork('jitter')
      draw(parent, 10)
      expect(draw(parent.fork('jitter'), 20)).toEqual(draw(early, 20))

      const untouched = make(1)
      const forked = make(1)
      draw(forked.fork('other'), 5)
      expect(draw(forked, 20)).toEqual(draw(untouched, 20))
    })

    test('forks of different names, and of different parents, are different streams', () => {
      const streams = [
        make(1),
        make(1).fork('a'),
        make(1).fork('b'),
        make(1).fork('a').fork('b'),
        make(1).fork('ab'),
        make(1).fork('a","b'),
        make(2).fork('a'),
      ]
      const firsts = streams.map((stream) => draw(stream, 4).join())
      expect(new Set(firsts).size).toBe(streams.length)
    })
  })
}
