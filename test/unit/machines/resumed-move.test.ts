// R43: a move that a new leader takes up goes on under the ids that its predecessor commanded with.
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { openMoves } from '../../../src/actors/move-journal.ts'
import { type MoveInput, moveMachine } from '../../../src/machines/move-machine.ts'

const move = 'mv-000001'
const steps = ['setPointers', 'powerOn', 'boot'] as const
const rollback = ['disconnect', 'powerOff', 'scrub'] as const
const attemptMax = 3

const decided = {
  type: 'decision.made',
  moves: [
    {
      ...{ move, blade: 'c01-s01', from: null, fromRole: null, cause: 'request', attemptMax, decidedAt: 1, why: [] },
      ...{ to: { kind: 'group', group: 'shop/web', role: 'front' }, steps: [...steps], rollback: [...rollback] },
    },
  ],
}
const intent = (index: number, attempt: number, isRollback = false) => ({
  ...{ type: 'move.intent', move, index, attempt, isRollback },
  step: isRollback ? rollback[index] : steps[index],
})
const failed = (index: number, attempt: number) => ({
  ...{ type: 'move.answered', move, index, attempt, step: steps[index] },
  result: { outcome: 'failed', code: 'POWER_FAILED', detail: 'no', retriable: true },
})

function resumed(...entries: readonly { type: string }[]): MoveInput {
  const [input] = openMoves([decided, ...entries])
  if (input === undefined) throw new Error('no move is open')
  return input
}

/** The command that the machine gives first. */
function firstCommand(input: MoveInput) {
  const given: string[] = []
  const nothing = () => {}
  const actions = {
    ...{ journalIntent: nothing, journalAnswer: nothing, journalRollback: nothing, journalEnd: nothing },
    ...{ startStepTimer: nothing, cancelStepTimer: nothing, startAskTimer: nothing, startRetryTimer: nothing },
    ...{ reportEnd: nothing },
    performStep: ({ context }: { context: { steps: readonly string[]; index: number; attempt: number } }) =>
      void given.push(`${context.steps[context.index]}/${context.attempt}`),
  }
  const actor = createActor(moveMachine.provide({ actions }), { input })
  actor.start()
  actor.stop()
  return given
}

test('its attempt is that of the last intent: the board answers it from its record', () => {
  expect(firstCommand(resumed(intent(0, 1)))).toEqual(['setPointers/1'])
  expect(firstCommand(resumed(intent(0, 1), failed(0, 1), intent(0, 2)))).toEqual(['setPointers/2'])
})

test('a way out has attempts of its own: a board must not take its first for one of the way in', () => {
  const out = [intent(0, 1), failed(0, 1), { type: 'move.rollback', move }]
  expect(firstCommand(resumed(...out))).toEqual([`disconnect/${attemptMax + 1}`])
  expect(firstCommand(resumed(...out, intent(0, attemptMax + 1, true)))).toEqual([`disconnect/${attemptMax + 1}`])
})
