import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import type { CoordinatorModelEvent } from '../../models/global-coordinator-model.ts'
import { globalCoordinatorMachine } from '../../src/machines/global-coordinator-machine.ts'
import { coverByPaths } from './drive.ts'
import { heardByCoordinator } from './global-coordinator.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const said: CoordinatorModelEvent[] = [
    { type: 'reported', site: 'west', spare: 2 },
    { type: 'reported', site: 'east', spare: 2 },
    { type: 'request', loan: 'l1', site: 'west', count: 1 },
    { type: 'lent', loan: 'l1', by: 'east' },
    { type: 'refused', loan: 'l1', by: 'east' },
    { type: 'return', loan: 'l1', by: 'west' },
    { type: 'returned', loan: 'l1', by: 'east' },
    { type: 'timedOut', loan: 'l1' },
  ]
  const { missedStates, missedTransitions } = coverByPaths(globalCoordinatorMachine, {
    events: said.map((one) => ({ ...heardByCoordinator(one), at: 0 }) as EventObject),
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
