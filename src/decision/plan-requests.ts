// Pass 2: requests, by level. First, by priority, what is guaranteed to those who ask; then, by priority again, what is not. From the pool, then
// from what others have above their commitment if that pays for the move, or if it is owed (plan-sources.ts). Nobody gets more than his agreement
// and his account's limits let him hold.
import { acquire, heldReason, joinReasons } from './plan-acquire.ts'
import { roleKey } from './plan-books.ts'
import { ceilingOf, guaranteedTo, heldBy, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanRole, StandingWish } from './plan-input.ts'

interface Request {
  readonly role: PlanRole
  readonly wish: StandingWish
}

export function serveRequests(draft: PlanDraft): void {
  const requests: Request[] = []
  for (const role of draft.input.roles) if (role.wish?.kind === 'request') requests.push({ role, wish: role.wish })
  requests.sort(
    (a, b) =>
      b.role.priority - a.role.priority || b.wish.wish - a.wish.wish || (roleKey(a.role) < roleKey(b.role) ? -1 : 1),
  )
  const refused = new Set(requests.filter((request) => !serveGuarantee(draft, request)))
  for (const request of requests) if (!refused.has(request)) serve(draft, request)
}

/** @returns whether it may ask for more */
function serveGuarantee(draft: PlanDraft, request: Request): boolean {
  const { role, wish } = request
  const held = heldBy(draft, role)
  const guaranteed = Math.min(guaranteedTo(role), ceilingOf(role), wish.desired)
  if ((role.expansion ?? 0) === 0 || role.operatorHeld || guaranteed <= held) return true
  return getBlades(draft, request, guaranteed - held, 'guarantee')
}

function serve(draft: PlanDraft, request: Request): void {
  const { role, wish } = request
  const held = heldBy(draft, role)
  const wanted = wish.desired - held
  if (wanted <= 0) return
  if (role.operatorHeld) {
    turnDown(draft, role, wanted, heldReason(role))
    return
  }
  const allowed = Math.max(0, Math.min(wanted, ceilingOf(role) - held))
  if (allowed < wanted) turnDown(draft, role, wanted - allowed, ceilingReason(role, held))
  getBlades(draft, request, allowed, 'request')
}

function getBlades(draft: PlanDraft, { role, wish }: Request, count: number, claim: 'guarantee' | 'request'): boolean {
  const held = heldBy(draft, role)
  const text = `${roleKey(role)} holds ${held} and wants ${wish.desired}`
  const level = claim === 'guarantee' ? { guaranteed: guaranteedTo(role) } : {}
  const why = { code: 'REQUESTED', text, numbers: { held, desired: wish.desired, wish: wish.wish, ...level } }
  draft.reasons.push(why)
  const { found, missing } = acquire(draft, role, count, claim, 'request', [why, ...wish.reasons], wish.urgent)
  if (found < count) turnDown(draft, role, count - found, joinReasons(missing))
  return found === count
}

function ceilingReason(role: PlanRole, held: number) {
  const { cap = null, max } = role
  if (cap !== null && cap.level < max) return cap.reason
  return { code: 'AT_MAX', text: `${roleKey(role)} may hold ${max}`, numbers: { held, max } }
}
