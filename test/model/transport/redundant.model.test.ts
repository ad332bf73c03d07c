import { expect, test } from 'vitest'
import { type Walked, walkRedundant } from './redundant-walk.ts'

const steps = 120

function walkAll(count: number, walk: (seed: number) => Walked): Walked {
  const sum = { cuts: 0, sent: 0, delivered: 0, lost: 0 }
  for (let seed = 1; seed <= count; seed += 1) {
    const walked = walk(seed)
    for (const name of Object.keys(sum) as (keyof Walked)[]) sum[name] += walked[name]
  }
  return sum
}

test('R44: over channels that are cut at random, each lane delivers once and in order, or both ends hear that it could not', () => {
  const { cuts, lost, delivered } = walkAll(400, (seed) => walkRedundant(seed, { steps }))
  expect(cuts).toBeGreaterThan(4_000)
  // Both were met: sessions that ended, and many more messages than what they took with them.
  expect(lost).toBeGreaterThan(0)
  expect(delivered).toBeGreaterThan(20_000)
})

test.each(['can0', 'can1', 'ws'] as const)(
  'R44: as long as %s is not cut nobody notices what happens to the others',
  (keeps) => {
    const { cuts, lost } = walkAll(300, (seed) => walkRedundant(seed, { steps, keeps }))
    expect(cuts).toBeGreaterThan(2_000)
    expect(lost).toBe(0)
  },
)
