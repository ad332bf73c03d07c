import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BladeModel, type BladeModelEvent, bladeModel, type Life } from '../../models/blade-model.ts'
import { bladeMachine } from '../../src/machines/blade-machine.ts'
import { bladeInput, moveEvents, operatorEvents, seenEvents } from './blade.events.ts'
import { bladeMutants } from './blade.mutants.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'

const check: ModelCheck<BladeModel, BladeModelEvent> = {
  input: bladeInput,
  model: bladeModel,
  event: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...seenEvents) },
    { weight: 4, arbitrary: fc.constantFrom(...moveEvents) },
    { weight: 1, arbitrary: fc.constantFrom(...operatorEvents) },
  ),
  project: ({ value, context }) => ({
    life: stateName(value) as Life,
    group: context.group,
    preparedFor: context.preparedFor,
    move: context.move,
    moveSince: context.moveSince,
    failures: context.failures,
    isCordoned: context.cordoned,
    isReachable: context.reachable,
  }),
}

test('R40, R49: the machine does what the model does, whatever comes', () => checkAgainstModel(bladeMachine, check))

test.each(bladeMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
