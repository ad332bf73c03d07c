// Pass 3: offers. What no request took goes to the cold pool, scrubbed, the newest blade first, never below the committed level.
import { limitReason } from './plan-acquire.ts'
import { roleKey } from './plan-books.ts'
import { decideMove, heldBy, limitFor, offeredBy, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanRole, StandingWish } from './plan-input.ts'
import { givable } from './plan-sources.ts'

export function giveOffers(draft: PlanDraft): void {
  for (const { role } of draft.byPriority)
    if (role.wish?.kind === 'offer' && !role.operatorHeld) give(draft, role, role.wish)
}

function give(draft: PlanDraft, role: PlanRole, wish: StandingWish): void {
  const held = heldBy(draft, role)
  const count = offeredBy(draft, role)
  if (count === 0) return
  const text = `${roleKey(role)} holds ${held} and needs ${wish.desired}; ${role.committed} are committed`
  const why = { code: 'OFFERED', text, numbers: { held, desired: wish.desired, committed: role.committed } }
  draft.reasons.push(why)
  const blades = givable(draft, role).slice(0, count)
  for (const [given, blade] of blades.entries()) {
    const to = { kind: 'cold' } as const
    const limit = limitFor(draft, blade, to)
    if (limit !== undefined) {
      turnDown(draft, role, blades.length - given, limitReason(draft, limit))
      return
    }
    decideMove(draft, blade, to, 'offer', [why, ...wish.reasons])
  }
}
