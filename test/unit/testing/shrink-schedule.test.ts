import { expect, test } from 'vitest'
import type { Fault } from '../../../src/testing/fault.ts'
import { shrinkSchedule } from '../../../src/testing/shrink-schedule.ts'

const crashes = (count: number): Fault[] =>
  Array.from({ length: count }, (_, index) => ({
    atMs: index * 1_000,
    forMs: 10_000,
    kind: 'crash',
    node: `n${index}`,
    isNoticed: true,
  }))

const nodesOf = (faults: readonly Fault[]) => faults.flatMap((fault) => (fault.kind === 'crash' ? fault.node : []))

test('leaves what is needed, and of that no more time than is needed', () => {
  const needed = ['n3', 'n17']
  const short = shrinkSchedule(crashes(40), 60_000, (faults) => {
    const isWhole = needed.every((node) => nodesOf(faults).includes(node))
    return isWhole && faults.every(({ forMs }) => (forMs ?? 0) >= 1_000) ? 20_000 : undefined
  })
  expect(nodesOf(short)).toEqual(needed)
  expect(short.map(({ forMs }) => forMs)).toEqual([1_250, 1_250])
})

test('drops at once what begins after the violation', () => {
  const tried: number[] = []
  const holds = (faults: readonly Fault[]) => {
    tried.push(faults.length)
    return undefined
  }
  shrinkSchedule(crashes(40), 4_500, holds, { triesMax: 1 })
  expect(tried).toEqual([5])
})

test('gives back what it began with when nothing less fails', () => {
  const all = crashes(8)
  expect(shrinkSchedule(all, 60_000, () => undefined)).toEqual(all)
})

test('ends after as many tries as it may have, with something that fails', () => {
  let tries = 0
  const isFailing = (faults: readonly Fault[]) => nodesOf(faults).includes('n5')
  const short = shrinkSchedule(
    crashes(64),
    64_000,
    (faults) => {
      tries += 1
      return isFailing(faults) ? 64_000 : undefined
    },
    { triesMax: 4 },
  )
  expect(tries).toBe(4)
  expect(isFailing(short)).toBe(true)
  expect(short.length).toBeLessThan(64)
})
