// Pass 1: levels. First every role reaches its committed level, for which blades above another's commitment are taken too; then,
// at the start of a site, roles reach their initial level, from the pool only.
import { acquire, heldReason, joinReasons } from './plan-acquire.ts'
import { roleKey } from './plan-books.ts'
import { heldBy, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanRole } from './plan-input.ts'
import type { Claim } from './plan-sources.ts'

export function fillCommitments(draft: PlanDraft): void {
  const roles = draft.byPriority.map(({ role }) => role)
  for (const role of roles) fillTo(draft, role, role.committed, 'committed', 'commitment')
  for (const role of roles)
    if (!role.initialised) fillTo(draft, role, Math.min(role.initial, role.max), 'initial', 'offered')
}

function fillTo(draft: PlanDraft, role: PlanRole, level: number, name: string, claim: Claim): void {
  const held = heldBy(draft, role)
  // What pass 0 could not get is not asked for a second time.
  const count = level - held - (draft.books.of(role.group, role.role)?.turnedDown ?? 0)
  if (count <= 0) return
  if (role.operatorHeld) {
    turnDown(draft, role, count, heldReason(role))
    return
  }
  const text = `${roleKey(role)} holds ${held} of its ${name} ${level}`
  const why = { code: name === 'initial' ? 'BELOW_INITIAL' : 'BELOW_COMMITTED', text, numbers: { held, [name]: level } }
  draft.reasons.push(why)
  const { found, missing } = acquire(draft, role, count, claim, role.initialised ? 'failure' : 'start', [why])
  if (found < count) turnDown(draft, role, count - found, joinReasons(missing))
}
