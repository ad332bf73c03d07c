// Pass 3: offers. What no request took goes to the cold pool, scrubbed, the newest blade first, never below the committed level.
import type { Reason } from '../protocol/messages.ts'
import { limitReason } from './plan-acquire.ts'
import { roleKey } from './plan-books.ts'
import {
  ceilingOf,
  decideMove,
  heldBy,
  limitFor,
  offeredBy,
  type PlanDraft,
  surplusAbove,
  turnDown,
} from './plan-draft.ts'
import type { PlanRole, StandingWish } from './plan-input.ts'
import { givable } from './plan-sources.ts'

export function giveOffers(draft: PlanDraft): void {
  for (const { role } of draft.byPriority) {
    if (role.operatorHeld) continue
    const above = surplusAbove(draft, role, ceilingOf(role))
    if (above > 0) giveBack(draft, role, above)
    else if (role.wish?.kind === 'offer') give(draft, role, role.wish)
  }
}

/** Its agreement, or its account's limits, let it hold less than it does. */
function giveBack(draft: PlanDraft, role: PlanRole, count: number): void {
  const [held, most] = [heldBy(draft, role), ceilingOf(role)]
  const text = `${roleKey(role)} holds ${held} and may hold ${most}`
  const why = { code: 'ABOVE_MAX', text, numbers: { held, max: most } }
  const limited = role.cap != null && role.cap.level < role.max ? [role.cap.reason] : []
  draft.reasons.push(why)
  sendToPool(draft, role, count, [why, ...limited])
}

function give(draft: PlanDraft, role: PlanRole, wish: StandingWish): void {
  const held = heldBy(draft, role)
  const count = offeredBy(draft, role)
  if (count === 0) return
  const text = `${roleKey(role)} holds ${held} and needs ${wish.desired}; ${role.committed} are committed`
  const why = { code: 'OFFERED', text, numbers: { held, desired: wish.desired, committed: role.committed } }
  draft.reasons.push(why)
  sendToPool(draft, role, count, [why, ...wish.reasons])
}

function sendToPool(draft: PlanDraft, role: PlanRole, count: number, why: readonly Reason[]): void {
  const blades = givable(draft, role).slice(0, count)
  for (const [given, blade] of blades.entries()) {
    const to = { kind: 'cold' } as const
    const limit = limitFor(draft, blade, to)
    if (limit !== undefined) {
      turnDown(draft, role, blades.length - given, limitReason(draft, limit))
      return
    }
    decideMove(draft, blade, to, 'offer', why)
  }
}
