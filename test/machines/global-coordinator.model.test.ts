import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CoordinatorModel,
  type CoordinatorModelEvent,
  coordinatorModel,
  type ModelLoan,
  siteOrder,
} from '../../models/global-coordinator-model.ts'
import {
  type GlobalCoordinatorContext,
  globalCoordinatorMachine,
} from '../../src/machines/global-coordinator-machine.ts'
import type { Loan } from '../../src/machines/loan-book.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { heardByCoordinator } from './global-coordinator.events.ts'
import { globalCoordinatorMutants } from './global-coordinator.mutants.ts'

const at = 0
/** Loans of two sites' making are met more often than by chance. */
const site = fc.constantFrom(...siteOrder, 'west' as const, 'middle' as const)
/** Names that an object already has are names like others. */
const loan = fc.constantFrom('l1', 'l1', 'l1', 'l2', 'l2', 'constructor', '__proto__')
const blades = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(['c01-s01'], ['c01-s02'], ['c01-s01', 'c01-s02']) },
  { weight: 1, arbitrary: fc.constantFrom([], ['c01-s01', 'c01-s01'], ['c01-s01', 'c01-s02', 'c01-s03', 'c01-s04']) },
)
/** Mostly a site speaks for itself. */
const speaker = fc.tuple(site, fc.option(site, { freq: 9 })).map(([own, other]) => ({ site: own, by: other ?? own }))

const event: fc.Arbitrary<CoordinatorModelEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(speaker, fc.integer({ min: 0, max: 6 }))
      .map(([who, spare]): CoordinatorModelEvent => ({ type: 'reported', ...who, spare, at })),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(loan, speaker, fc.integer({ min: 1, max: 3 }))
      .map(([name, who, count]): CoordinatorModelEvent => ({ type: 'request', loan: name, ...who, count, at })),
  },
  {
    weight: 9,
    arbitrary: fc.record({ type: fc.constant('lent' as const), loan, by: site, blades, at: fc.constant(at) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('refused' as const, 'returned' as const, 'return' as const, 'return' as const),
      loan,
      by: site,
      at: fc.constant(at),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('timedOut' as const), loan, at: fc.constant(at) }) },
)

const check: ModelCheck<CoordinatorModel, CoordinatorModelEvent> = {
  model: coordinatorModel,
  lengthMax: 80,
  // A site that is not heard of for 10 s is silent: sometimes, not mostly.
  waitMsMax: 4_000,
  event,
  heard: heardByCoordinator,
  project({ value, context }, said) {
    const { sites, loans } = context as GlobalCoordinatorContext
    return {
      state: stateName(value) as CoordinatorModel['state'],
      sites: Object.values(sites).map((one) => ({ site: one.site, spare: one.spare, at: one.at })),
      loans: Object.values(loans).map(outlineOf),
      did: said.map(({ effect }) => effect).filter((effect) => effect !== 'reportChange'),
    }
  },
}

function outlineOf({ loan: name, borrower, lender, count, state, blades: lent, lentAt }: Loan): ModelLoan {
  return { loan: name, borrower, lender, count, state, blades: lent, lentAt }
}

test('R50, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(globalCoordinatorMachine, check))

test.each(globalCoordinatorMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
