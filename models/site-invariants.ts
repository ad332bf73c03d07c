// The promises that can be seen from outside, as sentences over what is really on each blade. Independent of the code that keeps
// them: whoever looks (the simulator into its hardware, the demonstration at boards and balancer) says what it found.
import type { BladeId, GroupId, MoveId } from '../src/protocol/ids.ts'

export interface SeenSite {
  readonly blades: readonly SeenBlade[]
  readonly moves: readonly { readonly move: MoveId; readonly blade: BladeId }[]
}

export interface SeenBlade {
  readonly blade: BladeId
  /** Whom each place names: `pointers`, `image`, `volumes`, `networks`, `members`, …; a place that names nobody is left out. */
  readonly places: readonly { readonly place: string; readonly group: GroupId }[]
}

/** Sentences that do not hold; empty when all is well. */
export function violations({ blades, moves }: SeenSite): string[] {
  return [...blades.flatMap(oneGroupAtMost), ...oneMoveAtMost(moves)]
}

/** Promise 1. */
function oneGroupAtMost({ blade, places }: SeenBlade): string[] {
  const groups = new Set(places.map(({ group }) => group))
  if (groups.size < 2) return []
  const found = places.map(({ place, group }) => `${place} ${group}`).join(', ')
  return [`${blade} is in more than one group: ${found}`]
}

function oneMoveAtMost(moves: SeenSite['moves']): string[] {
  const seen = new Map<BladeId, MoveId>()
  return moves.flatMap(({ move, blade }) => {
    const other = seen.get(blade)
    seen.set(blade, move)
    return other === undefined ? [] : [`${blade} is in two moves at once: ${other} and ${move}`]
  })
}
