import { expect, test } from 'vitest'
import type { SiteMasterModelEvent } from '../../models/site-master-model.ts'
import { siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { coverByPaths } from './drive.ts'
import { boards, dutyEvents, promisedBy, refusedBy, siteMasterInput, stranger } from './site-master.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const epochMax = 11
  const endings: readonly SiteMasterModelEvent[] = [
    { type: 'master.resign', why: 'asked to' },
    { type: 'master.deposed', epoch: 8 },
  ]
  const { paths, missedStates, missedTransitions } = coverByPaths(siteMasterMachine, {
    input: siteMasterInput,
    events: [
      { type: 'master.lead' },
      ...endings,
      ...[5, 7, 9].flatMap((epoch) => [...boards, stranger].map((board) => promisedBy(board, epoch))),
      refusedBy('c01-s01', 5, 6),
      ...dutyEvents,
    ],
    // A campaign can be begun for ever; beyond these epochs nobody promises anything any more.
    distinguish: ({ value, context }) => [value, Math.min(context.epoch, epochMax), context.promised.length],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
  expect(paths).toBeGreaterThan(20)
})
