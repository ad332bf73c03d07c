// Gets blades for a role, one after the other, until it has them or nothing is left to give.
import type { MoveCause, Reason } from '../protocol/messages.ts'
import { roleKey } from './plan-books.ts'
import { decideMove, limitFor, noteTaking, type PlanDraft } from './plan-draft.ts'
import type { PlanRole } from './plan-input.ts'
import { type Claim, findSource, isSource } from './plan-sources.ts'

/** How many of `count` were found; the rest is why not. */
export interface Acquired {
  readonly found: number
  readonly missing: readonly Reason[]
}

export function acquire(
  draft: PlanDraft,
  taker: PlanRole,
  count: number,
  claim: Claim,
  cause: MoveCause,
  why: readonly Reason[],
  urgent = count,
): Acquired {
  const to = { kind: 'group', group: taker.group, role: taker.role } as const
  for (let found = 0; found < count; found += 1) {
    const source = findSource(draft, taker, claim, found < urgent)
    if (!isSource(source)) return { found, missing: source }
    const limit = limitFor(draft, source.blade, to)
    if (limit !== undefined) return { found, missing: [limitReason(draft, limit)] }
    if (source.giver !== null) noteTaking(draft, taker, source.giver)
    decideMove(draft, source.blade, to, cause, [...why, source.why])
  }
  return { found: count, missing: [] }
}

export function limitReason(draft: PlanDraft, code: 'MOVES_AT_LIMIT' | 'BOOTS_AT_LIMIT'): Reason {
  const { concurrentBootsMax, concurrentMovesMax } = draft.input.limits
  const text =
    code === 'BOOTS_AT_LIMIT'
      ? `${concurrentBootsMax} blades boot already: weighed again when one is done`
      : `${concurrentMovesMax} moves are under way: weighed again when one is done`
  return { code, text, numbers: { concurrentBootsMax, concurrentMovesMax } }
}

export function heldReason(role: PlanRole): Reason {
  return { code: 'GROUP_HELD', text: `${roleKey(role)} is held by an operator: nothing is decided for it`, numbers: {} }
}

/** Several refusals as one reason: the first code, all sentences. */
export function joinReasons(reasons: readonly Reason[]): Reason {
  const [first, ...rest] = reasons
  if (first === undefined) return { code: 'NONE', text: 'no reason was given', numbers: {} }
  if (rest.length === 0) return first
  return {
    code: 'NO_BLADE',
    text: reasons
      .map((reason) => reason.text)
      .join('; ')
      .slice(0, 512),
    numbers: first.numbers,
  }
}
