// Pass 0: failed blades. A failed blade is owed to its role until it is replaced or runs again. It is replaced from the pool, or
// from another group: below the committed level by whatever stands above a commitment, else by what is offered. Where nothing is
// to be had the blade is rebooted in place, unscrubbed, for it stays with its group (cause `repair`). A replaced one is unjoined,
// scrubbed and pooled (cause `retire`). A role that offers blades gives up the failed one first.
import type { Reason } from '../protocol/messages.ts'
import { acquire, heldReason, joinReasons, limitReason } from './plan-acquire.ts'
import { type RoleBook, roleKey } from './plan-books.ts'
import { decideMove, heldBy, isChoosable, limitFor, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanBlade, PlanRole } from './plan-input.ts'
import { byId } from './plan-pool.ts'

export function replaceFailures(draft: PlanDraft): void {
  for (const role of rolesByNeed(draft)) {
    const failed = failedIn(draft, role)
    if (failed.length === 0) continue
    if (role.operatorHeld) {
      turnDown(draft, role, failed.length, heldReason(role))
      continue
    }
    for (const blade of failed) replaceOne(draft, role, blade)
  }
}

/** Runs late in the plan: what only frees a blade must not keep a slot from what serves somebody. */
export function retireFailed(draft: PlanDraft): void {
  const failed = draft.input.blades.filter((blade) => blade.lifecycle === 'failed' && isChoosable(draft, blade))
  for (const blade of failed.sort(byId)) {
    if (isOwed(draft, blade)) continue
    const to = { kind: 'cold' } as const
    if (limitFor(draft, blade, to) !== undefined) return
    const text = `${blade.blade} failed and nobody waits for it: it is scrubbed and pooled`
    decideMove(draft, blade, to, 'retire', [{ code: 'RETIRE', text, numbers: {} }])
  }
}

function replaceOne(draft: PlanDraft, role: PlanRole, blade: PlanBlade): void {
  const held = heldBy(draft, role)
  const isShort = held < role.committed
  if (!isShort && (held >= role.max || (role.wish?.kind === 'offer' && held >= role.wish.desired))) {
    draft.replaced = [...draft.replaced, blade.blade]
    return
  }
  const text = `${blade.blade} of ${roleKey(role)} failed: ${held} left, ${role.committed} committed`
  const why = { code: 'FAILED', text, numbers: { held, committed: role.committed } }
  const { found, missing } = acquire(draft, role, 1, isShort ? 'commitment' : 'offered', 'failure', [why])
  if (found === 1) {
    draft.replaced = [...draft.replaced, blade.blade]
    return
  }
  const isFull = missing.some((reason) => reason.code === 'MOVES_AT_LIMIT' || reason.code === 'BOOTS_AT_LIMIT')
  if (isFull) turnDown(draft, role, 1, joinReasons(missing))
  else repair(draft, role, blade, [why, ...missing])
}

function repair(draft: PlanDraft, role: PlanRole, blade: PlanBlade, why: readonly Reason[]): void {
  const to = { kind: 'group', group: role.group, role: role.role } as const
  const limit = limitFor(draft, blade, to)
  if (isChoosable(draft, blade) && limit === undefined) {
    const text = `no other blade is to be had: ${blade.blade} is rebooted in place`
    decideMove(draft, blade, to, 'repair', [...why, { code: 'REPAIR', text, numbers: {} }])
    return
  }
  const state = blade.cordoned ? 'is cordoned' : 'has a board that does not answer'
  const reason = limit ? limitReason(draft, limit) : { code: 'NO_REPAIR', text: `${blade.blade} ${state}`, numbers: {} }
  turnDown(draft, role, 1, joinReasons([...why.slice(1), reason]))
}

function failedIn(draft: PlanDraft, role: PlanRole): PlanBlade[] {
  return [...(draft.books.of(role.group, role.role)?.failed ?? [])].sort(byId)
}

/** Failed in a role that exists, neither replaced nor in a move. */
function isOwed(draft: PlanDraft, blade: PlanBlade): boolean {
  if (blade.lifecycle !== 'failed' || blade.inMove !== null || draft.replaced.includes(blade.blade)) return false
  return draft.books.of(blade.group, blade.role) !== undefined
}

/** Those below their commitment first, then by priority. */
function rolesByNeed({ byPriority }: PlanDraft): PlanRole[] {
  const owed = byPriority.filter(({ failed }) => failed.length > 0)
  const isShort = ({ held, role }: RoleBook) => held < role.committed
  return [...owed.filter(isShort), ...owed.filter((book) => !isShort(book))].map(({ role }) => role)
}
