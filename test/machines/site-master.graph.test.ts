import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import { boards } from '../../models/site-master-model.ts'
import { emptyPlanMemory } from '../../src/decision/plan-memory.ts'
import { siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { coverByPaths } from './drive.ts'

const siteMasterInput = { site: 'here', node: 'm1', parity: 1, boards, epochSeen: 0 }

const events = [
  { type: 'master.lead' },
  ...boards.map((board) => ({ type: 'epoch.promised', board, epoch: 1 })),
  { type: 'epoch.refused', board: 'c01-s01', epoch: 1, promised: 6 },
  { type: 'master.campaign.due' },
  { type: 'master.recovery.due' },
  { type: 'master.recovered' },
  { type: 'master.tick.due' },
  { type: 'master.weighed', memory: emptyPlanMemory },
  { type: 'master.dispatch', decision: 'd-000001' },
  { type: 'master.operate', operation: 'hold', subject: 'shop/web', on: true },
  { type: 'master.deposed', epoch: 9 },
  { type: 'master.resign', why: 'maintenance' },
  { type: 'link.up', peer: 'a01', incarnation: 1 },
] as EventObject[]

test('R49: generated paths reach every state and take every transition', () => {
  const { missedStates, missedTransitions } = coverByPaths(siteMasterMachine, {
    input: siteMasterInput,
    events,
    distinguish: ({ value, context }) => [value, Math.min(context.epoch, 12), context.promised.length],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
