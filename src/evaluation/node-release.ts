// Kubernetes' Cluster Autoscaler on the way down (its FAQ, "How does scale-down work?"): a node that is not needed for ten minutes without a
// break (scale-down-unneeded-time) is freed; so many as were not needed at any time of these minutes.
const unneededMs = 600_000

/** What the account is to hold: what it desires, or for a while yet what it holds. */
export type NodeRelease = (account: number, held: number, desired: number, nowMs: number) => number

export function createNodeRelease(): NodeRelease {
  /** Desires of the last minutes, the highest first and then only later ones: a queue of maxima. */
  const recent = new Map<number, { atMs: number; desired: number }[]>()
  return (account, held, desired, nowMs) => {
    const queue = recent.get(account) ?? []
    recent.set(account, queue)
    while (queue.length > 0 && (queue.at(-1)?.desired ?? 0) <= desired) queue.pop()
    queue.push({ atMs: nowMs, desired })
    while ((queue[0]?.atMs ?? nowMs) < nowMs - unneededMs) queue.shift()
    return Math.max(desired, Math.min(held, queue[0]?.desired ?? desired))
  }
}
