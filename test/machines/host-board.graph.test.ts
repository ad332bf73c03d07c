import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import type { HostBoardModelEvent } from '../../models/host-board-model.ts'
import { hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { coverByPaths } from './drive.ts'
import { facts, heard, hostBoardInput } from './host-board.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const command = {
    move: 'mv-1',
    step: 'powerOff',
    attempt: 1,
    epoch: 1,
    index: 1,
    group: null,
    isMisnamed: false,
    standing: 'granted',
  } as const
  const said: HostBoardModelEvent[] = [
    { type: 'opened', word: null },
    { type: 'woken' },
    { type: 'command', command },
    { type: 'command', command: { ...command, attempt: 2, standing: 'outbid' } },
    { type: 'ended', key: 'mv-1/powerOff/1', outcome: 'done', hasReceipt: false, pointers: null },
    { type: 'reading', pointers: null, isLate: false },
    { type: 'reading', pointers: 'shop/web', isLate: false },
    { type: 'poll' },
    { type: 'heartbeat' },
    { type: 'lost' },
    { type: 'close' },
  ]
  const whileExecuting = [facts, { ...facts, lost: true }].map(
    (found) => ({ type: 'board.reading.taken', facts: found, revision: 1 }) as EventObject,
  )
  const { missedStates, missedTransitions } = coverByPaths(hostBoardMachine, {
    input: hostBoardInput,
    events: [...said.map((one) => heard(one)), ...whileExecuting],
    distinguish: ({ value, context }) => [value, context.memory.records.length],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
