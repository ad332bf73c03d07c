// Pass 2: expansion. The highest priority asks first; a role gets at most `max`, from the pool, then from what others have above
// their commitment if that pays for the move (plan-sources.ts).
import { acquire, heldReason, joinReasons } from './plan-acquire.ts'
import { roleKey } from './plan-books.ts'
import { heldBy, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanRole, StandingWish } from './plan-input.ts'

export function serveRequests(draft: PlanDraft): void {
  const requests: { role: PlanRole; wish: StandingWish }[] = []
  for (const role of draft.input.roles) if (role.wish?.kind === 'request') requests.push({ role, wish: role.wish })
  requests.sort(
    (a, b) =>
      b.role.priority - a.role.priority || b.wish.wish - a.wish.wish || (roleKey(a.role) < roleKey(b.role) ? -1 : 1),
  )
  for (const { role, wish } of requests) serve(draft, role, wish)
}

function serve(draft: PlanDraft, role: PlanRole, wish: StandingWish): void {
  const held = heldBy(draft, role)
  const wanted = wish.desired - held
  if (wanted <= 0) return
  if (role.operatorHeld) {
    turnDown(draft, role, wanted, heldReason(role))
    return
  }
  const allowed = Math.max(0, Math.min(wanted, role.max - held))
  const text = `${roleKey(role)} holds ${held} and wants ${wish.desired}`
  const why = { code: 'REQUESTED', text, numbers: { held, desired: wish.desired, wish: wish.wish } }
  draft.reasons.push(why)
  if (allowed < wanted) {
    const reason = { code: 'AT_MAX', text: `${roleKey(role)} may hold ${role.max}`, numbers: { held, max: role.max } }
    turnDown(draft, role, wanted - allowed, reason)
  }
  const { found, missing } = acquire(draft, role, allowed, 'request', 'request', [why, ...wish.reasons], wish.urgent)
  if (found < allowed) turnDown(draft, role, allowed - found, joinReasons(missing))
}
