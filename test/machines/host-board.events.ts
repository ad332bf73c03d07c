// What can be said to a board's gate, as the model says it and as the machine hears it. The hardware itself raises no objection here:
// what depends on power and wiring is tested with the gate alone (test/unit/machines/host-board-gate.test.ts).
import fc from 'fast-check'
import type { AnyMachineSnapshot, EventObject } from 'xstate'
import { type HostBoardModelEvent, keyOf, type ModelCommand } from '../../models/host-board-model.ts'
import type { BoardFacts, BoardMemory } from '../../src/machines/host-board-gate.ts'
import type { HostBoardContext } from '../../src/machines/host-board-machine.ts'
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

function pointersOf(group: string) {
  return { group, role: 'front', image: 'web', imageDigest: digest, healthPath: '/healthz' }
}

function factsWith(pointers: string | null): BoardFacts {
  return { ...facts, pointers: pointers === null ? null : pointersOf(pointers) }
}

function operationOf({ step, group }: ModelCommand): BoardOperation {
  if (step === 'setPointers' && group !== null) return { step, pointers: pointersOf(group) }
  return step === 'powerOff' || step === 'powerOn' ? { step } : { step: 'verifyScrub' }
}

type Word = Extract<HostBoardModelEvent, { type: 'opened' }>['word']

function memoryOf(word: Word): BoardMemory | null {
  if (word === null) return null
  const { lastOrder, records, traces } = word
  const [epoch, index] = lastOrder
  return {
    lastOrder: { epoch, index },
    records: records.map(([key]) => ({ key, result: { outcome: 'interrupted' } })),
    formerGroup: traces,
    receipt: null,
  }
}

/** As the machine hears it. */
export function heard(event: HostBoardModelEvent, snapshot?: AnyMachineSnapshot): EventObject {
  const from = 'bw://here/m1/moves/mv-1'
  switch (event.type) {
    case 'opened':
      return { type: 'board.opened', memory: memoryOf(event.word), facts } as EventObject
    case 'command': {
      const { move, step, attempt, epoch, index, isMisnamed, standing: stands } = event.command
      const id = { move, step: isMisnamed ? 'probe' : step, attempt }
      const order = { epoch, index }
      const promised = stands === 'outbid' ? epoch + 1 : epoch
      const standing = { promised, isGranted: stands === 'granted' || stands === 'old', isRecent: stands !== 'old' }
      return { type: 'board.command', id, order, operation: operationOf(event.command), standing, from } as EventObject
    }
    case 'ended': {
      const failed = { outcome: 'failed', code: 'BOARD_POWER_FAILED', detail: '', retriable: true }
      const result = event.outcome === 'failed' ? failed : { outcome: 'done', ...(event.hasReceipt && { receipt }) }
      return { type: 'board.operation.ended', key: event.key, result, facts: factsWith(event.pointers) } as EventObject
    }
    case 'reading': {
      const { revision } = (snapshot?.context ?? { revision: 0 }) as HostBoardContext
      const begun = event.isLate ? revision - 1 : revision
      return { type: 'board.reading.taken', facts: factsWith(event.pointers), revision: begun } as EventObject
    }
    case 'poll':
      return { type: 'board.poll', from } as EventObject
    case 'heartbeat':
      return { type: 'board.heartbeat.due' }
    case 'lost':
      return { type: 'board.blade.lost' }
    default:
      return { type: `board.${event.type}` }
  }
}

const group = fc.constantFrom('shop/web', 'news/web')
const pointers = fc.option(group)
const command = fc
  .record({
    move: fc.constantFrom('mv-1', 'mv-2'),
    step: fc.constantFrom('powerOff', 'verifyScrub', 'setPointers', 'setPointers', 'powerOn'),
    attempt: fc.integer({ min: 1, max: 3 }),
    epoch: fc.integer({ min: 0, max: 3 }),
    index: fc.integer({ min: 0, max: 12 }),
    group,
    isMisnamed: fc.constantFrom(...new Array(15).fill(false), true),
    standing: fc.constantFrom(...new Array(9).fill('granted'), 'notGranted', 'outbid', 'old'),
  })
  .map((drawn): ModelCommand => ({ ...drawn, group: drawn.step === 'setPointers' ? drawn.group : null }))

const word = fc.record({
  lastOrder: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 6 })),
  records: fc.constantFrom([], [['mv-1/powerOff/1', 'interrupted'] as const]),
  traces: fc.constantFrom('unknown', 'shop/web', null),
})

export const hostBoardEvent: fc.Arbitrary<HostBoardModelEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('opened' as const), word: fc.option(word) }) },
  { weight: 8, arbitrary: command.map((one): HostBoardModelEvent => ({ type: 'command', command: one })) },
  {
    weight: 8,
    arbitrary: fc.tuple(command, fc.constantFrom('done', 'done', 'failed'), fc.boolean(), pointers).map(
      ([one, outcome, hasReceipt, found]): HostBoardModelEvent => ({
        type: 'ended',
        key: keyOf(one),
        outcome: outcome as 'done' | 'failed',
        hasReceipt,
        pointers: found,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('reading' as const), pointers, isLate: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<HostBoardModelEvent>(
      { type: 'woken' },
      { type: 'poll' },
      { type: 'heartbeat' },
      { type: 'lost' },
    ),
  },
)
