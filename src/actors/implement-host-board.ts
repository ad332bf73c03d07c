// The actor of one blade's gate: what the host-board machine asks for, done with the ports of its blade.
import { z } from 'zod'

import {
  afterRestart,
  type BoardFacts,
  type BoardMemory,
  freshMemory,
  recordCountMax,
  recordOf,
} from '../machines/host-board-gate.ts'
import {
  type HostBoardContext,
  type HostBoardEvent,
  hostBoardMachine,
  refusal,
} from '../machines/host-board-machine.ts'
import type { Log } from '../ports/log.ts'
import type { Address } from '../protocol/address.ts'
import { formatAddress, leaderNode } from '../protocol/address.ts'
import {
  type BoardAlive,
  type BoardOperation,
  type BoardResult,
  type BoardStatus,
  boardResult,
  type CommandId,
  commandKey,
  commandOrder,
  receipt,
} from '../protocol/board.ts'
import { boardDigest } from '../protocol/board-digest.ts'
import { type BladeId, bladeId, groupId, type SiteId } from '../protocol/ids.ts'
import type { BoardLeases } from './board-leases.ts'
import { type BladePorts, performOperation, readFacts } from './board-operations.ts'
import type { Effects, JournalEntry } from './effects.ts'
import { bladePath } from './paths.ts'

export interface HostBoardParts {
  readonly site: SiteId
  readonly log: Log
  portsOf(blade: BladeId): BladePorts
  /** What the agent's journal says at this moment. */
  restored(blade: BladeId): BoardMemory | null
  readonly leases: Pick<BoardLeases, 'isGranted' | 'promisedOf'>
}

/** A board that did not answer when its agent began is asked again. */
const readAgainMs = 1_000
/** Longer than any step may take at its master's, which has given it up by then. */
const unansweredMs = 60_000

function unansweredAfterMs(operation: BoardOperation): number {
  return unansweredMs + (operation.step === 'boot' ? operation.withinMs : 0)
}

const leaseOver: BoardResult = {
  outcome: 'failed',
  code: 'BOARD_NOT_GRANTED',
  detail: 'the lease of this board ended before the act',
  retriable: true,
}

export function implementHostBoard(effects: Effects, parts: HostBoardParts) {
  const blades = (blade: BladeId) => formatAddress(parts.site, leaderNode, bladePath(blade))

  function answer(to: Address, blade: BladeId, id: CommandId, result: BoardResult): void {
    effects.send(to, { type: 'board.answered', blade, id, result }, { lane: 'control' })
  }

  function status(context: HostBoardContext): BoardStatus {
    return statusOf(context, parts.leases.promisedOf(context.blade), effects.now)
  }

  return hostBoardMachine.provide({
    actions: {
      open({ context }) {
        const ports = parts.portsOf(context.blade)
        const restored = parts.restored(context.blade)
        const memory = restored === null ? null : afterRestart(restored)
        effects.call('open', (opened) => {
          // Until it was read whole it is not known what is, and it must not be said to be off.
          const again = () => {
            const next = ports.clock.setTimer(readAgainMs, again)
            readFacts(ports, context.facts, (facts, isWhole) => {
              if (!isWhole) return
              next.cancel()
              opened({ type: 'board.opened', memory, facts } as HostBoardEvent)
            })
          }
          again()
        })
      },
      journalMemory({ context, event }) {
        effects.journal(entryOf(context, touchedKey(context, event)))
      },
      answerRecord({ context, event }) {
        const asked = event.type === 'board.command' ? event : context.command
        if (asked === null) return
        const record = recordOf(context.memory, commandKey(asked.id))
        if (record) answer(asked.from, context.blade, asked.id, record.result)
      },
      answerRefusal({ context, event }) {
        const refused = refusal(context, event)
        if (event.type !== 'board.command' || refused === undefined) return
        const { id, order, from } = event
        parts.log.warn('board.command.refused', { blade: context.blade, id, order, code: refused.code })
        answer(from, context.blade, id, { outcome: 'failed', ...refused })
      },
      answerMute({ context, event }) {
        if (event.type !== 'board.command') return
        const detail = 'the board has just started and reads its record'
        answer(event.from, context.blade, event.id, { outcome: 'failed', code: 'BOARD_BUSY', detail, retriable: true })
      },
      perform({ context }) {
        const { command, memory, facts } = context
        if (command === null) return
        const ports = parts.portsOf(context.blade)
        const key = commandKey(command.id)
        effects.call(command.operation.step, (answer) => {
          const say = (result: BoardResult, found: BoardFacts) => {
            patience.cancel()
            answer({ type: 'board.operation.ended', key, result, facts: found } as HostBoardEvent)
          }
          const ended = (result: BoardResult) => readFacts(ports, facts, (found) => say(result, found))
          // Its answer is lost: whether it was done is for the master to read, and the next command must not wait for ever.
          const patience = ports.clock.setTimer(unansweredAfterMs(command.operation), () =>
            say({ outcome: 'interrupted' }, facts),
          )
          // It waited for the disk, and its lease may have run out meanwhile (P9).
          if (parts.leases.isGranted(context.blade, command.order.epoch)) {
            parts.log.info('board.performing', { blade: context.blade, key, epoch: command.order.epoch })
            performOperation(ports, command.id, command.operation, memory, ended)
          } else ended(leaseOver)
        })
      },
      takeReading({ context }) {
        const ports = parts.portsOf(context.blade)
        effects.call('reading', (taken) =>
          readFacts(ports, context.facts, (facts) =>
            taken({ type: 'board.reading.taken', facts, revision: context.revision } as HostBoardEvent),
          ),
        )
      },
      reportStatus({ context }) {
        effects.send(blades(context.blade), status(context), { lane: 'status', key: context.blade })
      },
      reportAlive({ context }) {
        effects.send(blades(context.blade), aliveOf(status(context)), { lane: 'status', key: `alive ${context.blade}` })
      },
      answerStatus({ context, event }) {
        if (event.type !== 'board.poll') return
        effects.send(event.from, status(context), { lane: 'control' })
      },
      startHeartbeatTimer({ context }) {
        effects.setTimer('heartbeat', context.heartbeatMs, { type: 'board.heartbeat.due' })
      },
      closeBoard({ context }) {
        const { board } = parts.portsOf(context.blade)
        effects.call('close', () => board.close())
      },
    },
  })
}

export function statusOf(context: HostBoardContext, promisedEpoch: number, at: number): BoardStatus {
  const { blade, boardType, incarnation, memory, facts, command } = context
  const { bootId: _bootId, volumes, networks, ...rest } = facts
  return {
    type: 'board.status',
    blade,
    boardType,
    incarnation,
    promisedEpoch,
    ...rest,
    volumes: [...volumes],
    networks: [...networks],
    formerGroup: memory.formerGroup,
    receipt: memory.receipt,
    running: command === null ? null : commandKey(command.id),
    at,
  }
}

function aliveOf(status: BoardStatus): BoardAlive {
  const { blade, cpuRatio, memoryBytes } = status
  const [cpuPerMille, memoryKiB] = [Math.round(1_000 * cpuRatio), Math.round(memoryBytes / 1_024)]
  return { type: 'board.alive', blade, digest: boardDigest(status), cpuPerMille, memoryKiB }
}

// — the board's record in the agent's journal ————————————————————————————————————————————————

const entryType = 'board.memory'

/** What changed, never the whole: a record a command, and the few words that are always there. */
function entryOf(context: HostBoardContext, key: string | null): JournalEntry {
  const { records: _records, ...word } = context.memory
  const record = key === null ? null : (recordOf(context.memory, key) ?? null)
  return { type: entryType, blade: context.blade, word, record }
}

function touchedKey(context: HostBoardContext, event: HostBoardEvent): string | null {
  if (event.type === 'board.command') return commandKey(event.id)
  return context.command === null ? null : commandKey(context.command.id)
}

const boardRecord = z.object({ key: z.string(), result: boardResult })

const boardEntry = z.object({
  type: z.literal(entryType),
  blade: bladeId,
  word: z.object({
    lastOrder: commandOrder,
    formerGroup: z.union([groupId, z.literal('unknown')]).nullable(),
    receipt: receipt.nullable(),
  }),
  record: boardRecord.nullable(),
})

const snapshotType = 'board.memory.whole'

const boardSnapshot = z.object({
  type: z.literal(snapshotType),
  blade: bladeId,
  memory: boardEntry.shape.word.extend({ records: z.array(boardRecord).max(recordCountMax) }),
})

/** The fewest entries that amount to these memories: one a board. */
export function memoryEntries(memories: ReadonlyMap<BladeId, BoardMemory>): JournalEntry[] {
  return [...memories].map(([blade, memory]) => ({ type: snapshotType, blade, memory }))
}

export interface BoardJournal {
  /** Of what is durable. */
  lastIndex(): number
  entriesUpTo(index: number): Iterable<JournalEntry>
}

/**
 * What the journal says of a board now, read anew when it has grown: a gate that starts afresh because its supervisor gave up must not
 * go back to what was so when the agent began. Between the two a scrubbed blade may have become somebody's.
 */
export function boardMemoryReader(journal: BoardJournal): (blade: BladeId) => BoardMemory | null {
  let readUpTo = -1
  let memories = new Map<BladeId, BoardMemory>()
  return (blade) => {
    const index = journal.lastIndex()
    if (index !== readUpTo) memories = boardMemories(journal.entriesUpTo(index))
    readUpTo = index
    return memories.get(blade) ?? null
  }
}

/** The memories that an agent's journal amounts to. Entries of others are passed over; a board entry that is none throws. */
export function boardMemories(entries: Iterable<JournalEntry>): Map<BladeId, BoardMemory> {
  const memories = new Map<BladeId, BoardMemory>()
  for (const entry of entries) {
    if (entry.type === snapshotType) {
      const { blade, memory } = boardSnapshot.parse(entry)
      memories.set(blade, memory)
    }
    if (entry.type !== entryType) continue
    const { blade, word, record } = boardEntry.parse(entry)
    const records = memories.get(blade)?.records ?? freshMemory.records
    const others = record === null ? records : records.filter(({ key }) => key !== record.key)
    memories.set(blade, { ...word, records: record === null ? others : [...others, record].slice(-recordCountMax) })
  }
  return memories
}
