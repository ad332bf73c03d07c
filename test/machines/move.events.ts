// A short move, and what can be said to it: answers to the step in hand, to others, to other attempts, from other moves.
import type { MoveModelEvent, MoveOutline } from '../../models/move-model.ts'
import type { MoveInput } from '../../src/machines/move-machine.ts'

export const outline: MoveOutline = {
  move: 'mv-1',
  steps: ['powerOff', 'scrub', 'join'],
  rollback: ['unjoin', 'powerOff'],
  attemptMax: 2,
}

export const moveInput: MoveInput = {
  move: 'mv-1',
  blade: 'c01-s01',
  from: 'news/web',
  fromRole: 'front',
  to: { kind: 'group', group: 'shop/web', role: 'front' },
  cause: 'request',
  steps: ['powerOff', 'scrub', 'join'],
  rollback: ['unjoin', 'powerOff'],
  attemptMax: 2,
  decidedAt: 0,
}

type Answer = Extract<MoveModelEvent, { type: 'move.step.answered' }>['result']
const identity = { group: 'shop/web', role: 'front', imageDigest: 'sha256:1', bootId: 'b-1' }
const receipt = { blade: 'c01-s01', formerGroup: 'news/web' }
export const outcomes: readonly Answer[] = [
  { outcome: 'done' },
  { outcome: 'running' },
  { outcome: 'interrupted' },
  { outcome: 'failed', code: 'BOARD_BUSY', detail: 'busy', retriable: true },
  { outcome: 'failed', code: 'BOARD_STEP_REFUSED', detail: 'no', retriable: false },
]
/** With what a step that is done may prove. */
export const answers: readonly Answer[] = [
  ...outcomes,
  { outcome: 'done', address: '10.0.0.7:80' },
  { outcome: 'done', identity, receipt },
]

export function answered(step: string, attempt: number, result: Answer, move = 'mv-1'): MoveModelEvent {
  return { type: 'move.step.answered', move, step, attempt, result }
}

export const otherEvents: readonly MoveModelEvent[] = [
  { type: 'move.ask.due' },
  { type: 'move.retry.due' },
  { type: 'move.cancel', why: 'its blade is quarantined' },
]
