// What can be said to a board's gate, as the model says it and as the machine hears it. The hardware itself raises no objection here:
// what depends on power and wiring is tested with the gate alone (test/unit/machines/host-board-gate.test.ts).
import fc from 'fast-check'
import type { EventObject } from 'xstate'
import { type HostBoardModelEvent, keyOf, type ModelCommand } from '../../models/host-board-model.ts'
import type { BoardFacts } from '../../src/machines/host-board-gate.ts'
import type { BoardOperation } from '../../src/protocol/board.ts'

export const hostBoardInput = { blade: 'c01-s01', boardType: 'process', incarnation: 1, heartbeatMs: 500 }

const digest = `sha256:${'a'.repeat(64)}`
export const facts: BoardFacts = {
  power: 'off',
  pid: null,
  pointers: null,
  bootId: null,
  identity: null,
  volumes: [],
  networks: [],
  address: null,
  lost: false,
  cpuRatio: 0,
  memoryBytes: 0,
}

const receipt = { id: 'r1', blade: 'c01-s01', formerGroup: 'unknown', removed: [], digest, at: 0 }

function operationOf({ step, group }: ModelCommand): BoardOperation {
  if (step === 'setPointers' && group !== null)
    return { step, pointers: { group, role: 'front', image: 'web', imageDigest: digest, healthPath: '/healthz' } }
  return step === 'powerOff' ? { step } : { step: 'verifyScrub' }
}

/** As the machine hears it. */
export function heard(event: HostBoardModelEvent): EventObject {
  const from = 'bw://here/m1/moves/mv-1'
  switch (event.type) {
    case 'opened':
      return { type: 'board.opened', memory: null, facts } as EventObject
    case 'woken':
      return { type: 'board.woken' }
    case 'request':
      return { type: 'epoch.request', epoch: event.epoch, master: event.master, from } as EventObject
    case 'command': {
      const { move, step, attempt, epoch, index } = event.command
      const id = { move, step, attempt }
      const order = { epoch, index }
      return { type: 'board.command', id, order, operation: operationOf(event.command), from } as EventObject
    }
    case 'ended': {
      const failed = { outcome: 'failed', code: 'BOARD_POWER_FAILED', detail: '', retriable: true }
      const result = event.outcome === 'failed' ? failed : { outcome: 'done', ...(event.isClean && { receipt }) }
      return { type: 'board.operation.ended', key: event.key, result, facts } as EventObject
    }
    case 'reading':
      return { type: 'board.reading.taken', facts, revision: 0 } as EventObject
    default:
      return { type: 'board.close' }
  }
}

const command = fc
  .record({
    move: fc.constantFrom('mv-1', 'mv-2'),
    step: fc.constantFrom('powerOff', 'verifyScrub', 'setPointers', 'setPointers'),
    attempt: fc.integer({ min: 1, max: 3 }),
    epoch: fc.integer({ min: 0, max: 3 }),
    index: fc.integer({ min: 0, max: 12 }),
    group: fc.constantFrom('shop/web', 'news/web'),
  })
  .map((drawn): ModelCommand => ({ ...drawn, group: drawn.step === 'setPointers' ? drawn.group : null }))

export const hostBoardEvent: fc.Arbitrary<HostBoardModelEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<HostBoardModelEvent>({ type: 'opened' }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('m1', 'm2'))
      .map(([epoch, master]): HostBoardModelEvent => ({ type: 'request', epoch, master })),
  },
  { weight: 8, arbitrary: command.map((one): HostBoardModelEvent => ({ type: 'command', command: one })) },
  {
    weight: 8,
    arbitrary: fc.tuple(command, fc.constantFrom('done', 'done', 'failed'), fc.boolean()).map(
      ([one, outcome, isClean]): HostBoardModelEvent => ({
        type: 'ended',
        key: keyOf(one),
        outcome: outcome as 'done' | 'failed',
        isClean,
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<HostBoardModelEvent>({ type: 'woken' }, { type: 'reading' }) },
)
