import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  boards,
  type SiteMasterModel,
  type SiteMasterModelEvent,
  siteMasterModel,
} from '../../models/site-master-model.ts'
import { siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { siteMasterMutants } from './site-master.mutants.ts'

const epoch = fc.integer({ min: 1, max: 7 })
/** One that it does not have, too. */
const board = fc.constantFrom(...boards, 'c09-s09')

const check: ModelCheck<SiteMasterModel, SiteMasterModelEvent> = {
  input: { site: 'here', node: 'm1', parity: 1, boards, epochSeen: 0 },
  model: siteMasterModel,
  lengthMax: 50,
  event: fc.oneof(
    { weight: 2, arbitrary: fc.constant<SiteMasterModelEvent>({ type: 'master.lead' }) },
    { weight: 12, arbitrary: fc.record({ type: fc.constant('epoch.promised' as const), board, epoch }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('epoch.refused' as const), board, epoch, promised: epoch }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('master.deposed' as const), epoch }) },
    {
      weight: 5,
      arbitrary: fc.constantFrom<SiteMasterModelEvent>(
        { type: 'master.campaign.due' },
        { type: 'master.recovered' },
        { type: 'master.recovery.due' },
        { type: 'master.tick.due' },
        { type: 'link.up', peer: 'a01', incarnation: 1 },
      ),
    },
    { weight: 1, arbitrary: fc.constant<SiteMasterModelEvent>({ type: 'master.resign', why: 'maintenance' }) },
  ),
  project: ({ value, context }, said) => ({
    state: stateName(value) as SiteMasterModel['state'],
    epoch: context.epoch,
    seen: context.epochSeen,
    promised: context.promised,
    weighed: said.filter(({ effect }) => effect === 'weigh').length,
  }),
}

test('R42, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(siteMasterMachine, check))

test.each(siteMasterMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
