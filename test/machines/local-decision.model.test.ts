import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type LocalDecisionModel,
  type LocalDecisionModelEvent,
  localDecisionModel,
} from '../../models/local-decision-model.ts'
import { type LocalDecisionContext, localDecisionMachine } from '../../src/machines/local-decision-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { heardByDecision, withGivenOpinions } from './local-decision.events.ts'
import { localDecisionMutants } from './local-decision.mutants.ts'

const group = fc.constantFrom('shop/web', 'shop/web', 'shop/web', 'news/web')
const role = fc.constantFrom('front', 'front', 'front', 'back')
const opinion = fc.option(
  fc.record({
    kind: fc.constantFrom('request' as const, 'offer' as const, 'steady' as const),
    desired: fc.integer({ min: 1, max: 3 }),
  }),
  { freq: 6 },
)

const check: ModelCheck<LocalDecisionModel, LocalDecisionModelEvent> = {
  model: localDecisionModel,
  event: fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('designate' as const),
        group,
        role,
        isOn: fc.constantFrom(true, true, false),
      }),
    },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('report' as const), group, opinion }) },
  ),
  heard: heardByDecision,
  lengthMax: 50,
  project({ value, context }, effects) {
    const { mandate, said } = context as LocalDecisionContext
    return {
      state: stateName(value).replace('designated.', '') as LocalDecisionModel['state'],
      designatedFor: mandate === null ? null : ([mandate.group, mandate.role] as const),
      said: said === null ? null : ([said.opinion.kind, said.opinion.desired, said.at] as const),
      spoke: effects.some(({ effect }) => effect === 'sayWish'),
    }
  },
}

test('R24, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(withGivenOpinions(localDecisionMachine), check))

test.each(localDecisionMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(withGivenOpinions(machine), check)).toThrow(/Property failed/)
})
