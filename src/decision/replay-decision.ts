// A decision weighed again from its record: the same picture at the same instant must give the same plan, whoever looks and whenever (R31).

import type { Reason } from '../protocol/messages.ts'
import { weigh } from './plan.ts'
import type { PlanInput } from './plan-input.ts'
import type { PlannedMove, TurnedDown } from './plan-result.ts'

export interface RecordedDecision {
  readonly moves: readonly Pick<PlannedMove, 'blade' | 'from' | 'to' | 'cause' | 'why'>[]
  readonly turnedDown: readonly TurnedDown[]
  readonly reasons: readonly Reason[]
}

/** Each says what was recorded and what came out now; empty when the record is right. */
export function replayDecision(recorded: RecordedDecision, input: PlanInput, weighedAt: number): readonly string[] {
  const { moves, turnedDown, reasons } = weigh(input, weighedAt)
  const now = {
    moves: moves.map(({ blade, from, to, cause, why }) => ({ blade, from, to, cause, why })),
    turnedDown,
    reasons,
  }
  const then = {
    // What advice would cost is no part of the plan.
    moves: recorded.moves.map(({ blade, from, to, cause, why }) => ({
      ...{ blade, from, to, cause },
      why: why.filter(({ code }) => code !== 'PRICE'),
    })),
    turnedDown: recorded.turnedDown,
    reasons: recorded.reasons,
  }
  return (['moves', 'turnedDown', 'reasons'] as const).flatMap((part) => {
    const [before, after] = [then[part], now[part]]
    return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => [before[i], after[i]] as const)
      .filter(([one, other]) => textOf(one) !== textOf(other))
      .map(([one, other]) => `${part}: recorded ${textOf(one)}, weighed now ${textOf(other)}`)
  })
}

/** Keys in order: a record has been through a disk. */
function textOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
