import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type MasterDeed,
  type MasterLife,
  type SiteMasterModel,
  type SiteMasterModelEvent,
  siteMasterModel,
} from '../../models/site-master-model.ts'
import { siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { dutyEvents, endings, leaseEvents, siteMasterInput } from './site-master.events.ts'
import { siteMasterMutants } from './site-master.mutants.ts'

const deeds: readonly string[] = [
  'campaign',
  'stopCampaign',
  'recover',
  'weigh',
  'dispatch',
  'operate',
  'agree',
  'serveLoan',
  'letGo',
] satisfies MasterDeed[]
const timers = { Recovery: 'recovery', Tick: 'tick' } as const

/** Which timers wait is known only from what was said before; every run begins in standby, where none does. */
function check(): ModelCheck<SiteMasterModel, SiteMasterModelEvent> {
  let waiting: SiteMasterModel['timers'] = []
  return {
    input: siteMasterInput,
    model: siteMasterModel,
    lengthMax: 40,
    event: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...leaseEvents) },
      { weight: 6, arbitrary: fc.constantFrom(...dutyEvents) },
      { weight: 1, arbitrary: fc.constantFrom(...endings) },
    ),
    project({ value, context }, said) {
      const life = stateName(value) as MasterLife
      if (life === 'standby') waiting = []
      const effects = said.map(({ effect }) => effect)
      for (const effect of effects)
        for (const [name, timer] of Object.entries(timers)) {
          if (effect === `cancel${name}Timer`) waiting = waiting.filter((other) => other !== timer)
          // `recover` asks again by the recovery timer.
          const isStarted = effect === `start${name}Timer` || (effect === 'recover' && timer === 'recovery')
          if (isStarted && !waiting.includes(timer)) waiting = [...waiting, timer]
        }
      return {
        life,
        epoch: context.epoch,
        hasReason: context.why !== null,
        timers: waiting,
        takings: context.memory.takings.length,
        did: effects.filter((effect): effect is MasterDeed => deeds.includes(effect)),
      }
    },
  }
}

test('R42, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(siteMasterMachine, check()))

test.each(siteMasterMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check())).toThrow(/Property failed/)
})
