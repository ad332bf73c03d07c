import { expect, test } from 'vitest'
import { siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { coverByPaths } from './drive.ts'
import { dutyEvents, endings, leaseEvents, siteMasterInput } from './site-master.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const { paths, missedStates, missedTransitions } = coverByPaths(siteMasterMachine, {
    input: siteMasterInput,
    events: [...leaseEvents, ...dutyEvents, ...endings],
    distinguish: ({ value, context }) => [value, context.epoch, context.why],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
  expect(paths).toBeGreaterThan(10)
})
