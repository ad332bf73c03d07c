import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import { groupMachine } from '../../src/machines/group-machine.ts'
import { coverByPaths } from './drive.ts'
import { groupInput } from './group.events.ts'

const newer = { epoch: 5, index: 9 }
const wish = { group: 'shop/web', role: 'front', count: 1, desired: 3, wish: 0.5, reasons: [] }
const ask = { move: 'mv-1', blade: 'c01-s01', attempt: 1, from: 'x' }
const digest = groupInput.roles[0]?.imageDigest
const receipt = { id: 'r', blade: 'c01-s01', formerGroup: 'unknown', removed: [], digest, at: 0 }
const join = { type: 'group.member.join', ...ask, role: 'front', address: 'a:1', bootId: 'b', imageDigest: digest }
const events = [
  { type: 'group.blades.requested', ...wish },
  { type: 'group.blades.offered', ...wish },
  { type: 'group.demand.steady', ...wish },
  { type: 'group.wish.dropped', role: 'front' },
  { type: 'group.hold' },
  { type: 'group.unhold' },
  { type: 'group.member.drain', ...ask },
  { type: 'group.member.unjoin', ...ask },
  { ...join, receipt },
  { ...join, receipt: null },
  { type: 'group.member.lost', blade: 'c01-s01' },
  {
    type: 'group.member.found',
    member: { blade: 'c01-s01', address: 'c01-s01:80', bootId: 'b1', state: 'ready' },
  },
  { type: 'balancer.members.applied', group: 'shop/web', version: { epoch: 5, index: 1 } },
  { type: 'balancer.members.applied', group: 'shop/web', version: { epoch: 5, index: 2 } },
  { type: 'balancer.members.refused', group: 'shop/web', version: { epoch: 5, index: 1 }, current: newer },
  { type: 'balancer.member.drained', group: 'shop/web', blade: 'c01-s01', version: { epoch: 5, index: 2 } },
  { type: 'balancer.report', group: 'shop/web' },
  { type: 'group.list.due' },
  { type: 'link.up', peer: 'lb' },
] as EventObject[]

test('R49: generated paths reach every state and take every transition', () => {
  const { missedStates, missedTransitions } = coverByPaths(groupMachine, {
    input: groupInput,
    events,
    distinguish: ({ value, context }) => [value, context.table.members.length, context.table.isApplied],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
