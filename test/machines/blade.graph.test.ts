import { expect, test } from 'vitest'
import type { BladeModelEvent } from '../../models/blade-model.ts'
import { bladeMachine } from '../../src/machines/blade-machine.ts'
import { bladeEvents, bladeInput } from './blade.events.ts'
import { coverByPaths } from './drive.ts'

const late: BladeModelEvent = { type: 'blade.move.began', move: 'mv-1', to: { kind: 'cold' }, at: 5 }

test('R49: generated paths reach every state and take every transition', () => {
  const { paths, missedStates, missedTransitions } = coverByPaths(bladeMachine, {
    input: bladeInput,
    // A move that began after all failures: its rollback is a failure of its own.
    events: [...bladeEvents, late],
    distinguish: ({ value, context }) => [
      value,
      context.move,
      context.moveSince,
      context.failures.length,
      context.quarantineReason,
    ],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
  expect(paths).toBeGreaterThan(20)
})
