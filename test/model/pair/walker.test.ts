// The pair's steps under chaos, and every state of a small site: what must hold does, and enough happens for it to mean something.
import { expect, test } from 'vitest'
import { explore, scopes } from './explorer.ts'
import { sound } from './reducers.ts'
import { walkOne } from './walker.ts'

test('R42, R43: 1200 walks through crashes, cuts, drift and stalls break no law, and heal', () => {
  let [steps, won, carriedOut] = [0, 0, 0]
  const broken: string[] = []
  for (let seed = 1; seed <= 1_200; seed += 1) {
    const walked = walkOne(seed, sound)
    if (walked.violation !== null) broken.push(`seed ${seed}: ${walked.violation.message}`)
    steps += walked.steps
    won += walked.won
    carriedOut += walked.carriedOut
  }
  expect(broken).toEqual([])
  expect(steps).toBeGreaterThan(4_000_000)
  expect(won).toBeGreaterThan(2_000)
  expect(carriedOut).toBeGreaterThan(20_000)
})

test('the same seed gives the same walk', () => {
  for (const seed of [3, 8, 57]) expect(walkOne(seed, sound)).toEqual(walkOne(seed, sound))
})

test.each(scopes)('R42: no law is broken in the first states of the scope $name', (scope) => {
  const { states, violation } = explore(scope, sound, 20_000)
  expect(violation).toBeNull()
  expect(states).toBeGreaterThan(scope.name === 'small' ? 1_000 : 19_999)
})
