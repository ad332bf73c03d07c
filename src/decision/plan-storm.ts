// A plan in a storm: no move, and a reason for everybody who is short of blades or asks for some.
import { desiredBy, heldBy, type PlanDraft, turnDown } from './plan-draft.ts'
import type { PlanRole } from './plan-input.ts'
import { stormReason } from './storm-brake.ts'

export function holdStill(draft: PlanDraft): PlanDraft {
  const { input, brake } = draft
  const why = stormReason(brake, input.blades.length, input.limits.stormBrake)
  draft.reasons.push(why)
  for (const role of input.roles) {
    const missing = levelOf(draft, role) - heldBy(draft, role)
    if (missing > 0) turnDown(draft, role, missing, why)
  }
  return draft
}

/** What it would be brought to. */
function levelOf(draft: PlanDraft, role: PlanRole): number {
  const start = role.initialised ? 0 : role.initial
  const asked = role.wish?.kind === 'request' ? desiredBy(draft, role) : 0
  return Math.min(role.max, Math.max(role.committed, start, asked))
}
