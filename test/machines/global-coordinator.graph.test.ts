import { expect, test } from 'vitest'
import type { CoordinatorModelEvent } from '../../models/global-coordinator-model.ts'
import {
  type GlobalCoordinatorContext,
  globalCoordinatorMachine,
} from '../../src/machines/global-coordinator-machine.ts'
import { coverByPaths } from './drive.ts'
import { heardByCoordinator } from './global-coordinator.events.ts'

const at = 0
const said: readonly CoordinatorModelEvent[] = [
  { type: 'reported', site: 'west', by: 'west', spare: 2, at },
  { type: 'reported', site: 'west', by: 'east', spare: 2, at },
  { type: 'reported', site: 'east', by: 'east', spare: 2, at },
  { type: 'request', loan: 'l1', site: 'west', by: 'west', count: 1, at },
  { type: 'request', loan: 'l1', site: 'west', by: 'east', count: 1, at },
  { type: 'lent', loan: 'l1', by: 'east', blades: ['c01-s01'], at },
  { type: 'refused', loan: 'l1', by: 'east', at },
  { type: 'return', loan: 'l1', by: 'west', at },
  { type: 'returned', loan: 'l1', by: 'east', at },
  { type: 'timedOut', loan: 'l1', at },
]

test('R49: generated paths reach every state and take every transition', () => {
  const { paths, missedStates, missedTransitions } = coverByPaths(globalCoordinatorMachine, {
    events: said.map(heardByCoordinator),
    distinguish({ value, context }) {
      const { sites, loans } = context as GlobalCoordinatorContext
      return [value, Object.keys(sites), Object.values(loans).map(({ state }) => state)]
    },
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
  expect(paths).toBeGreaterThan(6)
})
