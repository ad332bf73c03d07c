// What test/unit/actors/supervision-faults.test.ts samples, whole: some 13,000 runs of a farm with one fault each.
import { expect, test } from 'vitest'
import type { FaultMode } from '../unit/actors/fault-farm.ts'
import { brokenBy, faultPoints, poisonPoints } from '../unit/actors/supervision-faults.ts'

test.each<[FaultMode]>([['alone'], ['together'], ['waking']])('R40: all faults, %s', (mode) => {
  for (const point of faultPoints(Number.POSITIVE_INFINITY, mode)) expect(brokenBy(point, mode)).toBeUndefined()
})

test('R40: all poison', () => {
  for (const point of poisonPoints(Number.POSITIVE_INFINITY)) expect(brokenBy(point, 'alone')).toBeUndefined()
})
