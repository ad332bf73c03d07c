// How likely it is that not everybody who is guaranteed a blade could have it at once. Roles are taken to be independent, which flatters farms
// whose customers are busy at the same hour: the number is a floor, and is said to be one.
import type { Levels } from './sla-terms.ts'

/** How long so many blades were needed, ms. */
export type Need = ReadonlyMap<number, number>

/** Less than this was not long enough to judge by. */
const enoughMs = 86_400_000

/** Probability of needing so many blades, by index: of what is guaranteed, never less than what is committed. */
export function spread(need: Need | undefined, { committed, guaranteed }: Levels): readonly number[] {
  const chances = Array.from({ length: guaranteed + 1 }, () => 0)
  const measuredMs = [...(need?.values() ?? [])].reduce((sum, ms) => sum + ms, 0)
  const put = (count: number, share: number) => {
    const within = Math.max(committed, Math.min(count, guaranteed))
    chances[within] = (chances[within] ?? 0) + share
  }
  if (need === undefined || measuredMs < enoughMs)
    for (let count = committed; count <= guaranteed; count += 1) put(count, 1 / (guaranteed - committed + 1))
  else for (const [count, ms] of need) put(count, ms / measuredMs)
  return chances
}

/** That the sum of independent needs is above what there is. */
export function chanceOfShortage(needs: readonly (readonly number[])[], has: number): number {
  let sums: readonly number[] = [1]
  for (const need of needs) sums = convolved(sums, need)
  return sums.reduce((chance, share, count) => (count > has ? chance + share : chance), 0)
}

function convolved(a: readonly number[], b: readonly number[]): number[] {
  const sums = Array.from({ length: a.length + b.length - 1 }, () => 0)
  for (const [i, p] of a.entries()) {
    if (p === 0) continue
    for (const [j, q] of b.entries()) sums[i + j] = (sums[i + j] ?? 0) + p * q
  }
  return sums
}
