import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type MasterDeed,
  type MasterLife,
  type SiteMasterModel,
  type SiteMasterModelEvent,
  siteMasterModel,
} from '../../models/site-master-model.ts'
import { nextEpoch, siteMasterMachine } from '../../src/machines/site-master-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { boards, dutyEvents, outline, promisedBy, refusedBy, siteMasterInput, stranger } from './site-master.events.ts'
import { siteMasterMutants } from './site-master.mutants.ts'

const ownEpoch = fc.constantFrom(5, 5, 7, 9, 11)
const someBoard = fc.constantFrom(...boards, ...boards, stranger)
const promise = fc.tuple(someBoard, ownEpoch).map(([board, epoch]) => promisedBy(board, epoch))
const refusal = fc
  .tuple(someBoard, ownEpoch, fc.constantFrom(4, 5, 6, 8))
  .map(([board, epoch, promised]) => refusedBy(board, epoch, promised))
const ending = fc.constantFrom<SiteMasterModelEvent>(
  { type: 'master.resign', why: 'asked to' },
  { type: 'master.deposed', epoch: 4 },
  { type: 'master.deposed', epoch: 8 },
  { type: 'master.deposed', epoch: 10 },
)

const deeds: readonly string[] = [
  'journalEpoch',
  'askPromises',
  'askPromise',
  'recover',
  'weigh',
  'dispatch',
  'operate',
  'serveLoan',
  'letGo',
] satisfies MasterDeed[]
const timers = { Campaign: 'campaign', Recovery: 'recovery', Tick: 'tick' } as const

/** Which timers wait is known only from what was said before; every run begins in standby. */
function check(): ModelCheck<SiteMasterModel, SiteMasterModelEvent> {
  let waiting: SiteMasterModel['timers'] = []
  return {
    input: siteMasterInput,
    model: siteMasterModel(outline),
    lengthMax: 40,
    event: fc.oneof(
      { weight: 8, arbitrary: promise },
      { weight: 6, arbitrary: fc.constantFrom(...dutyEvents) },
      { weight: 3, arbitrary: fc.constant<SiteMasterModelEvent>({ type: 'master.lead' }) },
      { weight: 1, arbitrary: refusal },
      { weight: 1, arbitrary: ending },
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
        seen: context.epochSeen,
        promised: context.promised,
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

test('R42: two masters never ask for the same epoch, and each asks above all that it has seen', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), fc.nat({ max: 1_000_000 }), (seen, seenByOther) => {
      const [even, odd] = [nextEpoch(seen, 0), nextEpoch(seenByOther, 1)]
      expect([even % 2, odd % 2]).toEqual([0, 1])
      expect([even - seen, odd - seenByOther].every((step) => step === 1 || step === 2)).toBe(true)
    }),
    { seed: 20_261_123 },
  )
})
