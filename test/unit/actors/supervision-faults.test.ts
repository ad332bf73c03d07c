// Some of all points here; every one in test/real/supervision-faults.test.ts.
import { describe, expect, test } from 'vitest'
import type { FaultMode } from './fault-farm.ts'
import { faultKinds } from './fault-injector.ts'
import { brokenBy, faultPoints, poisonPoints } from './supervision-faults.ts'

const countOfEachKind = 24

describe('R40: a fault at any event, or at any effect of it', () => {
  test('alone: leaves no trace in snapshots, timers, children, mail, journal and effects', () => {
    expectUnbroken('alone')
  })

  test('together: nor does it when it takes all other cells down, whatever they are doing', () => {
    expectUnbroken('together')
  })

  test('waking: moves that are told to look around anew end where they would have ended, and no command is begun twice', () => {
    expectUnbroken('waking')
  })
})

test('an event that crashes at both attempts, whichever it is, is one dead letter; all cells are there and go on', () => {
  const points = poisonPoints(30)
  expect(points.length).toBeGreaterThan(50)
  for (const point of points) expect(brokenBy(point, 'alone')).toBeUndefined()
})

function expectUnbroken(mode: FaultMode): void {
  const points = faultPoints(countOfEachKind, mode)
  const kinds = new Set(points.map(({ kind }) => kind))
  expect(kinds.size).toBeGreaterThanOrEqual(faultKinds.length - 1)
  for (const point of points) expect(brokenBy(point, mode)).toBeUndefined()
}
