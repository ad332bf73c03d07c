// By how much a guess has missed, as a histogram. Misses are measured by their usual size, so that a steady customer is known finely and a
// wild one widely, and stretched (asinh), so that the rare large ones find room too. Kept for each circumstance apart, because a guess misses
// otherwise after a jump than in calm times; where little was seen yet, all circumstances together stand in. Older misses count less.
export interface Scatter {
  /** Usual size of a miss, octaves: its mean, without the sign. */
  readonly usual: number
  readonly learnt: number
  /** By circumstance; empty: never met. */
  readonly byCircumstance: readonly (readonly number[])[]
  readonly all: readonly number[]
  /** Their sums. */
  readonly totals: readonly number[]
  readonly total: number
}

const cellsPerUnit = 6
const widest = 6
export const missCells = 2 * widest * cellsPerUnit
/** Misses after which the newest thousand or two are what counts. */
const decay = 1 - 1 / 2_000
/** So many misses of one circumstance weigh as much as all circumstances together. */
const trustAfter = 20
/** Misses that are made up at first: small ones are likelier than large ones. */
const priorMisses = 5
const [usualFirst, usualLeast, usualShare] = [0.5, 0.005, 1 / 500]

export function emptyScatter(circumstances: number): Scatter {
  const shape = Array.from({ length: missCells }, (_, cell) => {
    const size = Math.abs((cell + 0.5) / cellsPerUnit - widest)
    return Math.exp(-1.2 * size) + 0.002
  })
  const by = priorMisses / sum(shape)
  return {
    ...{ usual: usualFirst, learnt: 0 },
    byCircumstance: Array.from({ length: circumstances }, () => []),
    all: shape.map((share) => share * by),
    totals: Array.from({ length: circumstances }, () => 0),
    total: priorMisses,
  }
}

/** How probable a miss of that cell or a higher one is, cell by cell: from 1 down to that of the last cell. */
export function missesFrom(
  { byCircumstance, all, totals, total: allTotal }: Scatter,
  circumstance: number,
): readonly number[] {
  const own = byCircumstance[circumstance] ?? []
  const prior = trustAfter / allTotal
  const total = (totals[circumstance] ?? 0) + trustAfter
  const from = new Array<number>(missCells)
  let probability = 0
  for (let cell = missCells - 1; cell >= 0; cell -= 1) {
    probability += ((own[cell] ?? 0) + prior * (all[cell] ?? 0)) / total
    from[cell] = probability
  }
  return from
}

/** How probable a miss was before it was learnt, as a density: two guesses can be compared by it. */
export function likelihood(scatter: Scatter, circumstance: number, miss: number): number {
  const { byCircumstance, all, usual, totals, total } = scatter
  const own = byCircumstance[circumstance] ?? []
  const cell = Math.floor(positionOf(scatter, miss))
  const seen = (own[cell] ?? 0) + (trustAfter * (all[cell] ?? 0)) / total
  const share = seen / ((totals[circumstance] ?? 0) + trustAfter)
  // A cell is as wide in octaves as the stretch there.
  return share / (usual * Math.sqrt(1 + (miss / usual) ** 2))
}

/** Also to its neighbours: what was missed by so much might have been missed by a little more or less. */
export function learnMiss(scatter: Scatter, circumstance: number, miss: number): Scatter {
  const { byCircumstance, all, usual, learnt, totals, total } = scatter
  const own = byCircumstance[circumstance] ?? []
  const known = own.length === 0 ? all.map(() => 0) : own.map((count) => count * decay)
  const cell = Math.floor(positionOf(scatter, miss))
  const share = Math.max(usualShare, 1 / (learnt + 5))
  return {
    usual: Math.max(usualLeast, usual + (Math.abs(miss) - usual) * share),
    learnt: learnt + 1,
    byCircumstance: byCircumstance.with(circumstance, spread(known, cell)),
    all: spread([...all], cell),
    totals: totals.with(circumstance, (totals[circumstance] ?? 0) * decay + 1),
    total: total + 1,
  }
}

/** Where a miss lies, in cells. @param usual its usual size */
export function positionOf({ usual }: { readonly usual: number }, miss: number): number {
  const size = miss / usual
  // asinh, which is slow where it is exact to the last digit.
  const stretched =
    size < 0 ? -Math.log(Math.sqrt(size * size + 1) - size) : Math.log(size + Math.sqrt(size * size + 1))
  const position = (stretched + widest) * cellsPerUnit
  return Math.max(0, Math.min(missCells - 1e-9, position))
}

function spread(counts: number[], cell: number): readonly number[] {
  for (const [offset, share] of [0.1, 0.2, 0.4, 0.2, 0.1].entries()) {
    const at = Math.max(0, Math.min(missCells - 1, cell + offset - 2))
    counts[at] = (counts[at] ?? 0) + share
  }
  return counts
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}
