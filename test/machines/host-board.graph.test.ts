import { expect, test } from 'vitest'
import type { HostBoardModelEvent } from '../../models/host-board-model.ts'
import { hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { coverByPaths } from './drive.ts'
import { facts, heard, hostBoardInput } from './host-board.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const command = { move: 'mv-1', step: 'powerOff', attempt: 1, epoch: 1, index: 1, group: null }
  const said: HostBoardModelEvent[] = [
    { type: 'opened' },
    { type: 'woken' },
    { type: 'request', epoch: 1, master: 'm1' },
    { type: 'command', command },
    { type: 'command', command: { ...command, attempt: 2, epoch: 0 } },
    { type: 'ended', key: 'mv-1/powerOff/1', outcome: 'done', isClean: false },
    { type: 'reading' },
    { type: 'close' },
  ]
  const events = [
    ...said.map(heard),
    { type: 'board.poll', from: 'bw://here/m1/master' },
    { type: 'board.heartbeat.due' },
    // Begun while the first command was in hand.
    { type: 'board.reading.taken', facts, revision: 1 },
    { type: 'board.blade.lost' },
    heard({ type: 'request', epoch: 1, master: 'm2' }),
  ]
  const { missedStates, missedTransitions } = coverByPaths(hostBoardMachine, {
    input: hostBoardInput,
    events,
    distinguish: ({ value, context }) => [value, context.memory.promisedEpoch, context.memory.records.length],
  })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
})
