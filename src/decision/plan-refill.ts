// Pass 4: the warm pool. A role has `warm` blades booted for it (R11); a taken one is made up for from cold blades. Being last, it
// gets only what nobody asks for: who could use a cold blade has it by now, or waits for a limit that holds refill back as well.
import { rolesByPriority } from './plan-commitments.ts'
import { decideMove, destinationOf, isChoosable, limitFor, type PlanDraft, roleKey } from './plan-draft.ts'
import type { PlanRole } from './plan-input.ts'
import { byId, canCarry, isPreparedFor } from './plan-sources.ts'

export function refillWarm(draft: PlanDraft): void {
  for (const role of rolesByPriority(draft.input.roles)) if (!role.operatorHeld) refill(draft, role)
}

function refill(draft: PlanDraft, role: PlanRole): void {
  const to = { kind: 'warm', group: role.group, role: role.role } as const
  const cold = draft.input.blades
    .filter((blade) => blade.lifecycle === 'cold' && blade.group === null && isChoosable(draft, blade))
    .filter((blade) => canCarry(role, blade))
    .sort((a, b) => Number(b.hasReceipt) - Number(a.hasReceipt) || byId(a, b))
  const warm = warmFor(draft, role)
  const chosen = cold.slice(0, Math.max(0, role.warm - warm))
  for (const [done, blade] of chosen.entries()) {
    if (limitFor(draft, blade, to) !== undefined) return
    const text = `${warm + done} of ${role.warm} blades are warm for ${roleKey(role)}`
    decideMove(draft, blade, to, 'refill', [
      { code: 'REFILL', text, numbers: { warm: warm + done, target: role.warm } },
    ])
  }
}

function warmFor(draft: PlanDraft, role: PlanRole): number {
  return draft.input.blades.filter((blade) => {
    const to = destinationOf(draft, blade)
    if (to === undefined) return isPreparedFor(role, blade) && !blade.cordoned
    return to.kind === 'warm' && to.group === role.group && to.role === role.role
  }).length
}
