// Moves in the master's journal: what is written, and what a later life of the master makes of it (R43). Small entries, one a fact:
//   decision.made  which moves are to be made, and why (site-memory.ts)
//   move.intent    this attempt of this step is about to be asked for
//   move.answered  what came of it
//   move.rollback  from here on the way out
//   move.ended     nothing is left to do
import { z } from 'zod'
import { firstAttempt, type MoveContext, type MoveInput, type MoveProgress } from '../machines/move-machine.ts'
import { type BoardResult, boardResult, moveStep } from '../protocol/board.ts'
import { bladeId, groupId, type MoveId, moveId, roleId } from '../protocol/ids.ts'
import { moveCause, placement, reason } from '../protocol/messages.ts'
import type { JournalEntry } from './effects.ts'

export type MoveOutcome = 'done' | 'rolledBack' | 'quarantined'

export function intentEntry({ move, index, attempt, steps, rollingBack }: MoveContext): JournalEntry {
  return { type: 'move.intent', move, index, attempt, step: steps[index], isRollback: rollingBack }
}

export function answeredEntry({ move, index, attempt, steps }: MoveContext, result: BoardResult): JournalEntry {
  return { type: 'move.answered', move, index, attempt, step: steps[index], result }
}

export function rollbackEntry({ move }: MoveContext): JournalEntry {
  return { type: 'move.rollback', move }
}

export function endedEntry({ move, trouble }: MoveContext, outcome: MoveOutcome): JournalEntry {
  return { type: 'move.ended', move, outcome, trouble }
}

/** A move as it was decided. */
export const decidedMove = z.object({
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
  why: z.array(reason),
})
export type DecidedMove = z.infer<typeof decidedMove>

export const moveEntry = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('move.intent'),
    move: moveId,
    index: z.number(),
    attempt: z.number(),
    step: moveStep,
    isRollback: z.boolean(),
  }),
  z.object({
    type: z.literal('move.answered'),
    move: moveId,
    index: z.number(),
    attempt: z.number(),
    step: moveStep,
    result: boardResult,
  }),
  z.object({ type: z.literal('move.rollback'), move: moveId }),
  z.object({
    type: z.literal('move.ended'),
    move: moveId,
    outcome: z.enum(['done', 'rolledBack', 'quarantined']),
    trouble: z.string().nullable(),
  }),
])

const fresh: MoveProgress = {
  index: 0,
  attempt: 1,
  rollingBack: false,
  evidence: { identity: null, address: null, receipt: null },
}

/** Those that an entry says are to be made. */
function decidedMoves(entry: JournalEntry): readonly DecidedMove[] {
  return entry.type === 'decision.made' ? z.array(decidedMove).parse(entry.moves) : []
}

/** Moves that were under way when the journal ended, oldest first, each with where it stopped. A malformed entry throws. */
export function openMoves(entries: Iterable<JournalEntry>): MoveInput[] {
  const open = new Map<MoveId, MoveInput>()
  for (const one of entries) {
    // What is lost may have ended them; what the boards say counts.
    if (one.type === 'epoch.began' && one.lostAfter !== null) open.clear()
    for (const { why: _why, ...input } of decidedMoves(one)) open.set(input.move, { ...input, resume: fresh })
    if (!one.type.startsWith('move.')) continue
    const parsed = moveEntry.parse(one)
    if (parsed.type === 'move.ended') open.delete(parsed.move)
    else {
      const input = open.get(parsed.move)
      if (input) open.set(parsed.move, { ...input, resume: progressAfter(input, input.resume ?? fresh, parsed) })
    }
  }
  return [...open.values()]
}

function progressAfter(
  { attemptMax }: MoveInput,
  progress: MoveProgress,
  one: z.infer<typeof moveEntry>,
): MoveProgress {
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
