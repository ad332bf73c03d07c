// Moves in the master's journal: what is written, and what a later life of the master makes of it (R43). Small entries, one a fact:
//   move.started   the whole input
//   move.intent    this attempt of this step is about to be asked for
//   move.answered  what came of it
//   move.rollback  from here on the way out
//   move.ended     nothing is left to do
import { z } from 'zod'
import { firstAttempt, type MoveContext, type MoveInput, type MoveProgress } from '../machines/move-machine.ts'
import { type BoardResult, boardResult, moveStep } from '../protocol/board.ts'
import { bladeId, groupId, type MoveId, moveId, roleId } from '../protocol/ids.ts'
import { moveCause, placement } from '../protocol/messages.ts'
import type { JournalEntry } from './effects.ts'

export type MoveOutcome = 'done' | 'rolledBack' | 'quarantined'

export function startedEntry(context: MoveContext): JournalEntry {
  const { move, blade, from, fromRole, to, cause, steps, rollback, attemptMax, decidedAt } = context
  const input: MoveInput = { move, blade, from, fromRole, to, cause, steps, rollback, attemptMax, decidedAt }
  return { type: 'move.started', input }
}

export function intentEntry({ move, index, attempt }: MoveContext): JournalEntry {
  return { type: 'move.intent', move, index, attempt }
}

export function answeredEntry({ move, index, attempt }: MoveContext, result: BoardResult): JournalEntry {
  return { type: 'move.answered', move, index, attempt, result }
}

export function rollbackEntry({ move }: MoveContext): JournalEntry {
  return { type: 'move.rollback', move }
}

export function endedEntry({ move }: MoveContext, outcome: MoveOutcome): JournalEntry {
  return { type: 'move.ended', move, outcome }
}

const moveInput = z.object({
  move: moveId,
  blade: bladeId,
  from: groupId.nullable(),
  fromRole: roleId.nullable(),
  to: placement,
  cause: moveCause,
  steps: z.array(moveStep),
  rollback: z.array(moveStep),
  attemptMax: z.number(),
  decidedAt: z.number(),
})

const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('move.started'), input: moveInput }),
  z.object({ type: z.literal('move.intent'), move: moveId, index: z.number(), attempt: z.number() }),
  z.object({
    type: z.literal('move.answered'),
    move: moveId,
    index: z.number(),
    attempt: z.number(),
    result: boardResult,
  }),
  z.object({ type: z.literal('move.rollback'), move: moveId }),
  z.object({ type: z.literal('move.ended'), move: moveId, outcome: z.enum(['done', 'rolledBack', 'quarantined']) }),
])

const fresh: MoveProgress = {
  index: 0,
  attempt: 1,
  rollingBack: false,
  evidence: { identity: null, address: null, receipt: null },
}

/** Moves that were under way when the journal ended, oldest first, each with where it stopped. A malformed entry throws. */
export function openMoves(entries: Iterable<JournalEntry>): MoveInput[] {
  const open = new Map<MoveId, MoveInput>()
  for (const one of entries) {
    if (!one.type.startsWith('move.')) continue
    const parsed = entry.parse(one)
    if (parsed.type === 'move.started') open.set(parsed.input.move, { ...parsed.input, resume: fresh })
    else if (parsed.type === 'move.ended') open.delete(parsed.move)
    else {
      const input = open.get(parsed.move)
      if (input) open.set(parsed.move, { ...input, resume: progressAfter(input, input.resume ?? fresh, parsed) })
    }
  }
  return [...open.values()]
}

function progressAfter({ attemptMax }: MoveInput, progress: MoveProgress, one: z.infer<typeof entry>): MoveProgress {
  if (one.type === 'move.rollback')
    return { ...progress, index: 0, attempt: firstAttempt({ attemptMax, rollingBack: true }), rollingBack: true }
  if (one.type === 'move.intent') return { ...progress, index: one.index, attempt: one.attempt }
  if (one.type !== 'move.answered' || one.result.outcome !== 'done') return progress
  const { identity, address, receipt } = one.result
  const { evidence } = progress
  return {
    ...progress,
    index: one.index + 1,
    attempt: firstAttempt({ attemptMax, rollingBack: progress.rollingBack }),
    evidence: {
      identity: identity ?? evidence.identity,
      address: address ?? evidence.address,
      receipt: receipt ?? evidence.receipt,
    },
  }
}
