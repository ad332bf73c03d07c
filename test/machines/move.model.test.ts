import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MoveModel, type MoveModelEvent, moveModel } from '../../models/move-model.ts'
import { moveMachine } from '../../src/machines/move-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { answered, answers, moveInput, otherEvents, outline } from './move.events.ts'
import { moveMutants } from './move.mutants.ts'

const steps = [...new Set([...outline.steps, ...outline.rollback])]
const answer = fc
  .tuple(
    fc.constantFrom(...steps),
    fc.integer({ min: 1, max: 4 }),
    fc.oneof({ weight: 5, arbitrary: fc.constant(answers[0]) }, { weight: 4, arbitrary: fc.constantFrom(...answers) }),
    fc.constantFrom('mv-1', 'mv-1', 'mv-1', 'mv-2'),
  )
  .map(([step, attempt, result = { outcome: 'done' }, move]) => answered(step, attempt, result, move))

/** Each run keeps the commands it saw: the model lists all of them, the machine says one at a time. */
function check(): ModelCheck<MoveModel, MoveModelEvent> {
  let given: string[] = []
  return {
    input: moveInput,
    model: moveModel(outline),
    lengthMax: 60,
    event: fc.oneof(
      { weight: 12, arbitrary: answer },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom(...steps), fc.integer({ min: 1, max: 4 }))
          .map(([step, attempt]): MoveModelEvent => ({ type: 'move.step.timedOut', step, attempt })),
      },
      { weight: 1, arbitrary: fc.constantFrom(...otherEvents) },
    ),
    project({ value, context, status }, said) {
      const name = stateName(value)
      const isFirst = given.length > 0 && said.some(({ effect }) => effect === 'journalStart')
      if (isFirst) given = []
      const step = context.steps[context.index]
      for (const { effect } of said) if (effect === 'performStep') given = [...given, `${step}/${context.attempt}`]
      return {
        state: status === 'done' ? (name as MoveModel['state']) : name === 'retrying' ? 'waiting' : 'step',
        isWayOut: context.rollingBack,
        left: context.steps.slice(context.index),
        attempt: context.attempt,
        given,
      }
    },
  }
}

test('R03, R49: the machine does what the model does, whatever comes', () => checkAgainstModel(moveMachine, check()))

test.each(moveMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check())).toThrow(/Property failed/)
})
