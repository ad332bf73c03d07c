import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MoveModel, type MoveModelEvent, moveModel } from '../../models/move-model.ts'
import { type MoveContext, type MoveInput, moveMachine } from '../../src/machines/move-machine.ts'
import { type MoveStep, moveStep } from '../../src/protocol/board.ts'
import { checkAgainstModel, drive, type ModelCheck, runAgainstModel, type Said, stateName } from './drive.ts'
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
      const isBeginning = context.index === 0 && context.attempt === 1 && !context.rollingBack
      const isFirst = isBeginning && said.some(({ effect }) => effect === 'journalIntent')
      if (isFirst) given = []
      const step = context.steps[context.index]
      for (const { effect } of said) if (effect === 'performStep') given = [...given, `${step}/${context.attempt}`]
      return {
        state: status === 'done' ? (name as MoveModel['state']) : name === 'retrying' ? 'waiting' : 'step',
        isWayOut: context.rollingBack,
        left: context.steps.slice(context.index),
        attempt: context.attempt,
        evidence: context.evidence,
        trouble: context.trouble,
        given,
        said: said.map(inWords),
      }
    },
  }
}

/** An effect speaks of the step and attempt that were in hand when it was asked for. */
function inWords({ effect, context }: Said): string {
  const { steps, index, attempt, trouble } = context as MoveContext
  if (effect === 'journalRollback') return `${effect} ${trouble}`
  if (effect === 'startRetryTimer') return `${effect} ${attempt}`
  const isOfStep = ['journalIntent', 'journalAnswer', 'performStep', 'startStepTimer'].includes(effect)
  return isOfStep ? `${effect} ${steps[index]}/${attempt}` : effect
}

test('R03, R49: the machine does what the model does, whatever comes', () => checkAgainstModel(moveMachine, check()))

test('R03: each of all the steps, on either way, is journalled before it is asked for, and has its deadline', () => {
  const all = moveStep.options
  const whole = { ...outline, steps: all, rollback: all }
  const done = (attempt: number) => all.map((step) => ({ ...answered(step, attempt, { outcome: 'done' }), at: 0 }))
  const refused = { ...answered('join', 1, { outcome: 'failed', code: 'NO', detail: 'no', retriable: false }), at: 0 }
  const input: MoveInput = { ...moveInput, steps: all, rollback: all }
  runAgainstModel(moveMachine, { ...check(), input, model: moveModel(whole) }, [
    ...done(1).slice(0, -1),
    refused,
    ...done(whole.attemptMax + 1),
  ])
})

test('R03: a board that restarts and then never answers is asked so often on the way in, so often on the way out, and then nobody gets the blade', () => {
  const silence = (step: MoveStep, attempt: number): (MoveModelEvent & { at: number })[] => [
    { type: 'move.ask.due', at: 0 },
    { type: 'move.step.timedOut', step, attempt, at: 0 },
    { type: 'move.retry.due', at: 0 },
  ]
  const restart = (step: MoveStep, attempt: number): (MoveModelEvent & { at: number })[] => [
    { ...answered(step, attempt, { outcome: 'interrupted' }), at: 0 },
    { type: 'move.retry.due', at: 0 },
  ]
  const events = [
    ...restart('powerOff', 1),
    ...silence('powerOff', 2),
    ...restart('unjoin', 3),
    ...silence('unjoin', 4),
  ]
  runAgainstModel(moveMachine, check(), events)
  const moved = drive(moveMachine, moveInput)
  for (const event of events) if (moved.snapshot().status === 'active') moved.send(event)
  expect(moved.snapshot().value).toBe('quarantined')
  expect(moved.snapshot().context.trouble).toBe('STEP_TIMED_OUT at unjoin')
})

test.each(moveMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check())).toThrow(/Property failed/)
})
