// A site master that lost its server for good gets another one (R41, R47). After the committed levels, for without a second master the
// farm still serves, and before anybody's wishes. The blade is scrubbed first, for a site master's memory is no tenant's business, nor the other
// way round; so it takes two weighings where no scrubbed blade lies in the pool: one that frees a blade, one that seats the master.
//
// Best is a scrubbed cold blade, then any of the pool, then one that a group holds above its commitment, from the lowest priority. A blade
// in another cabinet than the other master's is better than any in the same.

import { roleKey } from './plan-books.ts'
import { decideMove, destinationOf, isChoosable, limitFor, type PlanDraft, surplusOf, takeSeat } from './plan-draft.ts'
import type { PlanBlade, PlanRole, Vacancy } from './plan-input.ts'
import { byId, isPooled } from './plan-pool.ts'
import { givable } from './plan-sources.ts'

export function seatMaster(draft: PlanDraft): void {
  const { vacancy = null } = draft.input
  if (vacancy === null || isOnItsWay(draft)) return
  const [best] = candidates(draft)
    .map((candidate) => ({ ...candidate, isNear: candidate.blade.cabinet === vacancy.otherCabinet ? 1 : 0 }))
    .sort((a, b) => a.isNear - b.isNear || a.rank - b.rank)
  const { master, former } = vacancy
  if (best === undefined) {
    const text = `${master} lost ${former}, and no blade is to be had for it: the pool is empty, no group is above its commitment`
    draft.reasons.push({ code: 'NO_SEAT', text, numbers: {} })
  } else if (best.rank === 0) {
    takeSeat(draft, { master, blade: best.blade.blade, former })
    draft.reasons.push({ code: 'SEAT', text: `${master} lost ${former}: it gets ${best.blade.blade}`, numbers: {} })
  } else free(draft, best.blade, vacancy)
}

function free(draft: PlanDraft, blade: PlanBlade, { master, former }: Vacancy): void {
  const to = { kind: 'cold' } as const
  if (limitFor(draft, blade, to) !== undefined) return
  const text = `${master} lost ${former}: ${blade.blade} is scrubbed to become its place`
  decideMove(draft, blade, to, 'seat', [{ code: 'SEAT', text, numbers: {} }])
}

/** One was freed for it, or another is being scrubbed anyway: it is worth the wait. */
function isOnItsWay(draft: PlanDraft): boolean {
  return draft.input.blades.some((blade) => blade.cordoned === false && destinationOf(draft, blade)?.kind === 'cold')
}

/** The best first among equals. */
function candidates(draft: PlanDraft): { blade: PlanBlade; rank: number }[] {
  const pool = draft.input.blades
    .filter((blade) => isPooled(blade) && isChoosable(draft, blade))
    .sort(byId)
    .map((blade) => ({ blade, rank: blade.lifecycle === 'warm' ? 2 : blade.hasReceipt ? 0 : 1 }))
  const givers = draft.input.roles
    .filter((role) => !role.operatorHeld && surplusOf(draft, role) > 0)
    .sort((a, b) => a.priority - b.priority || surplusOf(draft, b) - surplusOf(draft, a) || byKey(a, b))
  const given = givers.flatMap((role, index) => givable(draft, role).map((blade) => ({ blade, rank: 3 + index })))
  return [...pool, ...given]
}

function byKey(a: PlanRole, b: PlanRole): number {
  return roleKey(a) < roleKey(b) ? -1 : 1
}
