// Pass 4: the warm pool. A role has `warm` blades booted for it (R11); a taken one is made up for from cold blades. Being last, it
// gets only what nobody asks for: who could use a cold blade has it by now, or waits for a limit that holds refill back as well.
import type { RoleBook } from './plan-books.ts'
import { decideMove, limitFor, type PlanDraft } from './plan-draft.ts'

export function refillWarm(draft: PlanDraft): void {
  for (const book of draft.byPriority) if (!book.role.operatorHeld && book.role.warm > book.warm) refill(draft, book)
}

function refill(draft: PlanDraft, { role, key, warm }: RoleBook): void {
  const to = { kind: 'warm', group: role.group, role: role.role } as const
  for (const [done, blade] of draft.pool.cold(role, role.warm - warm).entries()) {
    if (limitFor(draft, blade, to) !== undefined) return
    const text = `${warm + done} of ${role.warm} blades are warm for ${key}`
    decideMove(draft, blade, to, 'refill', [
      { code: 'REFILL', text, numbers: { warm: warm + done, target: role.warm } },
    ])
  }
}
