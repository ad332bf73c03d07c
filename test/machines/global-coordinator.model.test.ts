import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CoordinatorModel,
  type CoordinatorModelEvent,
  coordinatorModel,
  siteOrder,
} from '../../models/global-coordinator-model.ts'
import {
  type GlobalCoordinatorContext,
  globalCoordinatorMachine,
} from '../../src/machines/global-coordinator-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { heardByCoordinator } from './global-coordinator.events.ts'
import { globalCoordinatorMutants } from './global-coordinator.mutants.ts'

const site = fc.constantFrom(...siteOrder)
const loan = fc.constantFrom('l1', 'l2', 'l3')

const check: ModelCheck<CoordinatorModel, CoordinatorModelEvent> = {
  model: coordinatorModel,
  lengthMax: 40,
  // Reports do not age here: that a silent site is not counted on is decided, and tested, in decision/broker.ts.
  waitMsMax: 100,
  event: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('reported' as const), site, spare: fc.integer({ min: 0, max: 4 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('request' as const),
        loan,
        site,
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constantFrom('lent' as const, 'refused' as const, 'returned' as const, 'return' as const),
        loan,
        by: site,
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('timedOut' as const), loan }) },
  ),
  heard: heardByCoordinator,
  project({ value, context }) {
    const { sites, loans } = context as GlobalCoordinatorContext
    return {
      state: stateName(value) as CoordinatorModel['state'],
      sites: Object.fromEntries(Object.values(sites).map((one) => [one.site, one.spare])),
      loans: Object.fromEntries(
        Object.values(loans).map(({ loan: name, borrower, lender, count, state }) => [
          name,
          { borrower, lender, count, state },
        ]),
      ),
    }
  },
}

test('R50, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(globalCoordinatorMachine, check))

test.each(globalCoordinatorMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
