import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import type { LocalDecisionModelEvent } from '../../models/local-decision-model.ts'
import { localDecisionMachine } from '../../src/machines/local-decision-machine.ts'
import { coverByPaths } from './drive.ts'
import { heardByDecision, withGivenOpinions } from './local-decision.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const said: LocalDecisionModelEvent[] = [
    { type: 'designate', group: 'shop/web', role: 'front', isOn: true },
    { type: 'designate', group: 'news/web', role: 'front', isOn: true },
    { type: 'designate', group: 'news/web', role: 'front', isOn: false },
    { type: 'designate', group: 'shop/web', role: 'front', isOn: false },
    { type: 'report', group: 'shop/web', opinion: null },
    { type: 'report', group: 'shop/web', opinion: { kind: 'request', desired: 3 } },
    { type: 'report', group: 'shop/web', opinion: { kind: 'offer', desired: 2 } },
    { type: 'report', group: 'shop/web', opinion: { kind: 'steady', desired: 2 } },
  ]
  const { missedStates, missedTransitions } = coverByPaths(withGivenOpinions(localDecisionMachine), {
    events: said.map((one) => ({ ...heardByDecision(one), at: 0 }) as EventObject),
    distinguish: ({ value, context }) => [value, context.mandate?.group, context.said?.opinion.kind],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
