// How long blades have stood idle, by rank: the first blade of a group is needed most, the last one least. A blade is given back when it has
// been idle for as long as the group's patience; one that is needed with some probability is idle in part.
//   idle of rank k += time * (1 - P(demand > k - 1) / price), 0 as soon as it is needed
/** Milliseconds by rank, from the first above what is needed; ranks below are needed and were not idle. */
export interface IdleBlades {
  readonly needed: number
  readonly idleMs: readonly number[]
}

export const nothingIdle: IdleBlades = { needed: 0, idleMs: [] }

/** @param idleShare of the time, of rank k: 0 it is needed, 1 it is not */
export function countIdle(
  idle: IdleBlades,
  { needed, held, passedMs }: { readonly needed: number; readonly held: number; readonly passedMs: number },
  idleShare: (rank: number) => number,
): IdleBlades {
  const idleMs: number[] = []
  for (let rank = needed + 1; rank <= held; rank += 1) {
    const before = rank > idle.needed ? (idle.idleMs[rank - idle.needed - 1] ?? 0) : 0
    idleMs.push(before + passedMs * Math.max(0, idleShare(rank)))
  }
  return { needed, idleMs }
}

/** How many may go: from the last rank downwards, as long as they were idle for `patienceMs`. */
export function spare({ idleMs }: IdleBlades, patienceMs: number): number {
  let count = 0
  while (count < idleMs.length && (idleMs[idleMs.length - 1 - count] ?? 0) >= patienceMs) count += 1
  return count
}
