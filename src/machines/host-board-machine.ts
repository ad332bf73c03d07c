// The gate of one blade, in its agent (R09): no command reaches the hardware, the network switch or the storage switch but through it.
// It holds the board's durable record of every command, and whose traces may be on the blade. Which epoch the board has promised, and
// to whom it granted its lease, is said with each command (`standing`), and looked at once more right before the act.
// Order of every answer: intent durable, act, result durable, answer.
import { assign, setup } from 'xstate'
import type { Address } from '../protocol/address.ts'
import {
  type BoardOperation,
  type BoardResult,
  type CommandId,
  type CommandOrder,
  commandKey,
} from '../protocol/board.ts'
import type { BladeId } from '../protocol/ids.ts'
import {
  type BoardFacts,
  type BoardMemory,
  factsAfter,
  freshMemory,
  type GateCommand,
  type GateRefusal,
  isSameReading,
  memoryAfter,
  memoryBefore,
  recordOf,
  refusalOf,
} from './host-board-gate.ts'
import { unprovided } from './unprovided.ts'

export interface HostBoardInput {
  readonly blade: BladeId
  readonly boardType: string
  /** Life of the agent. */
  readonly incarnation: number
  readonly heartbeatMs: number
}

export interface HostBoardContext extends HostBoardInput {
  readonly memory: BoardMemory
  /** What the last reading found. */
  readonly facts: BoardFacts
  /** The command in hand. */
  readonly command: CommandInHand | null
  /** Commands begun and ended: a reading that was begun before the last of them is out of date. */
  readonly revision: number
}

export interface CommandInHand {
  readonly id: CommandId
  readonly order: CommandOrder
  readonly operation: BoardOperation
  readonly from: Address
}

export type HostBoardEvent =
  /** The board's own record was read from disk, and the hardware was asked. Null: there was no record. */
  | { type: 'board.opened'; memory: BoardMemory | null; facts: BoardFacts }
  | ({ type: 'board.command'; from: Address } & GateCommand)
  | { type: 'board.operation.ended'; key: string; result: BoardResult; facts: BoardFacts }
  | { type: 'board.reading.taken'; facts: BoardFacts; revision: number }
  | { type: 'board.poll'; from: Address }
  | { type: 'board.heartbeat.due' }
  | { type: 'board.blade.lost' }
  /** The cell starts, or starts again after a crash: what it waited for from the hardware will not come. */
  | { type: 'board.woken' }
  | { type: 'board.close' }

export const hostBoardMachine = setup({
  types: { input: {} as HostBoardInput, context: {} as HostBoardContext, events: {} as HostBoardEvent },
  guards: {
    isKnown: ({ context, event }) =>
      event.type === 'board.command' && recordOf(context.memory, commandKey(event.id)) !== undefined,
    isRefused: ({ context, event }) => refusal(context, event) !== undefined,
    isFreshReading: ({ context, event }) => event.type === 'board.reading.taken' && event.revision === context.revision,
    isUnchangedReading: ({ context, event }) =>
      event.type === 'board.reading.taken' &&
      event.revision === context.revision &&
      isSameReading(event.facts, context.facts),
    isInHand: ({ context, event }) =>
      event.type === 'board.operation.ended' &&
      context.command !== null &&
      event.key === commandKey(context.command.id),
  },
  actions: {
    restore: assign(({ context, event }) =>
      event.type === 'board.opened' ? { ...context, memory: event.memory ?? freshMemory, facts: event.facts } : context,
    ),
    take: assign(({ context, event }) => {
      if (event.type !== 'board.command') return context
      const { id, order, operation, from } = event
      const command = { id, order, operation, from }
      const memory = memoryBefore(context.memory, event, context.facts)
      return { ...context, memory, command, revision: context.revision + 1 }
    }),
    finish: assign(({ context, event }) => {
      if (event.type !== 'board.operation.ended' || context.command === null) return context
      return {
        ...context,
        memory: memoryAfter(context.memory, context.command, event.result),
        facts: factsAfter(event.facts, event.result, context.command.operation),
      }
    }),
    interrupt: assign(({ context }) =>
      context.command === null
        ? context
        : { ...context, memory: memoryAfter(context.memory, context.command, { outcome: 'interrupted' }) },
    ),
    letGo: assign(({ context }) => ({ ...context, command: null, revision: context.revision + 1 })),
    noteReading: assign(({ context, event }) =>
      event.type === 'board.reading.taken' ? { ...context, facts: event.facts } : context,
    ),
    noteLost: assign(({ context }) => ({ ...context, facts: { ...context.facts, lost: true, identity: null } })),
    // effects
    open: unprovided('open'),
    journalMemory: unprovided('journalMemory'),
    answerRecord: unprovided('answerRecord'),
    answerRefusal: unprovided('answerRefusal'),
    answerMute: unprovided('answerMute'),
    perform: unprovided('perform'),
    takeReading: unprovided('takeReading'),
    reportStatus: unprovided('reportStatus'),
    reportAlive: unprovided('reportAlive'),
    answerStatus: unprovided('answerStatus'),
    startHeartbeatTimer: unprovided('startHeartbeatTimer'),
    closeBoard: unprovided('closeBoard'),
  },
}).createMachine({
  id: 'hostBoard',
  description: 'The gate of one blade',
  context: ({ input }) => ({
    ...input,
    memory: freshMemory,
    facts: {
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
    },
    command: null,
    revision: 0,
  }),
  initial: 'mute',
  on: { 'board.close': { target: '.closed' } },
  states: {
    mute: {
      description: 'Reads its record and its hardware; carries out no command, for it does not know yet what it did',
      on: {
        'board.woken': { actions: 'open' },
        'board.opened': {
          target: 'idle',
          actions: ['restore', 'journalMemory', 'reportStatus', 'startHeartbeatTimer'],
        },
        'board.command': { actions: 'answerMute' },
      },
    },
    idle: {
      description: 'No command in hand',
      on: {
        ...always(),
        // What crashed twice may have been the heartbeat itself, which sets the next one.
        'board.woken': { actions: ['takeReading', 'startHeartbeatTimer'] },
        'board.command': [
          { guard: 'isKnown', actions: 'answerRecord' },
          { guard: 'isRefused', actions: 'answerRefusal' },
          { target: 'executing', actions: ['take', 'journalMemory', 'perform'] },
        ],
      },
    },
    executing: {
      description: 'One command in hand; another one is refused as busy, a repeat is told that it runs',
      on: {
        ...always(),
        'board.command': [
          { guard: 'isKnown', actions: 'answerRecord' },
          { guard: 'isRefused', actions: 'answerRefusal' },
        ],
        'board.woken': {
          target: 'idle',
          actions: ['interrupt', 'journalMemory', 'answerRecord', 'letGo', 'takeReading', 'startHeartbeatTimer'],
        },
        'board.operation.ended': {
          guard: 'isInHand',
          target: 'idle',
          actions: ['finish', 'journalMemory', 'answerRecord', 'letGo', 'reportStatus'],
        },
      },
    },
    closed: { type: 'final', description: 'The agent stops; the blade goes on running', entry: 'closeBoard' },
  },
})

/** What a board does whether it acts or not. */
function always() {
  return {
    'board.poll': { actions: 'answerStatus' },
    'board.heartbeat.due': { actions: ['takeReading', 'startHeartbeatTimer'] },
    'board.reading.taken': [
      { guard: 'isUnchangedReading', actions: ['noteReading', 'reportAlive'] },
      { guard: 'isFreshReading', actions: ['noteReading', 'reportStatus'] },
    ],
    'board.blade.lost': { actions: ['noteLost', 'reportStatus', 'takeReading'] },
  } as const
}

/** Why a command is not taken; undefined when it is. Also used by the effect that answers. */
export function refusal(context: HostBoardContext, event: HostBoardEvent): GateRefusal | undefined {
  return event.type === 'board.command'
    ? refusalOf({ memory: context.memory, facts: context.facts, isBusy: context.command !== null }, event)
    : undefined
}
