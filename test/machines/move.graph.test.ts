import { expect, test } from 'vitest'
import type { MoveModelEvent } from '../../models/move-model.ts'
import { moveMachine } from '../../src/machines/move-machine.ts'
import { moveStep } from '../../src/protocol/board.ts'
import { type Coverage, coverByPaths } from './drive.ts'
import { answered, moveInput, otherEvents, outcomes } from './move.events.ts'

/** The list of steps is data, so a machine of one move does not take the transitions of steps that it does not have. */
function cover(steps: readonly (typeof moveStep.options)[number][]): Coverage {
  // Only what can be in hand: whatever else comes changes nothing, which the model test shows.
  const inHand = [
    ...steps.flatMap((step) => [1, 2].map((attempt) => ({ step, attempt }))),
    ...moveInput.rollback.flatMap((step) => [3, 4].map((attempt) => ({ step, attempt }))),
  ]
  const events: MoveModelEvent[] = inHand.flatMap(({ step, attempt }) => [
    ...outcomes.map((result) => answered(step, attempt, result)),
    { type: 'move.step.timedOut' as const, step, attempt },
  ])
  return coverByPaths(moveMachine, {
    input: { ...moveInput, steps },
    events: [...events, ...otherEvents],
    distinguish: ({ value, context }) => [value, context.index, context.attempt, context.rollingBack],
  })
}

test('R49: generated paths reach every state and take every transition', () => {
  const all = moveStep.options
  const halves = [all.slice(0, 7), all.slice(7)].map(cover)
  const missedByAll = (of: (coverage: Coverage) => readonly string[]) =>
    halves.map(of).reduce((missed, next) => missed.filter((name) => next.includes(name)))
  expect(missedByAll(({ missedStates }) => missedStates)).toEqual([])
  expect(missedByAll(({ missedTransitions }) => missedTransitions)).toEqual([])
})
