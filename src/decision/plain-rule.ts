// What a plain autoscaler would hold, as Knative's does with its defaults on nodes that Kubernetes' Cluster Autoscaler frees: capacity for the
// demand of now at 70 % utilisation; at most half as many at a time on the way down; a blade goes after ten minutes without need. It is the
// yardstick of what a group may cost (price.ts), and a policy of `bladewright evaluate` (evaluation/kpa-policy.ts).
export interface PlainRule {
  /** What was desired in the last minutes, the highest first and then only later ones: a queue of maxima. */
  readonly recent: readonly { readonly at: number; readonly desired: number }[]
  readonly held: number
}

export const plainUtilisation = 0.7
const shrinksBy = 2
const unneededMs = 600_000

export const emptyPlainRule: PlainRule = { recent: [], held: 0 }

/** @param demand in blades @param at own time, ms; not before the last one */
export function followDemand({ recent, held }: PlainRule, demand: number, at: number): PlainRule {
  const desired = Math.max(1, Math.ceil(demand / plainUtilisation - 1e-9), Math.floor(held / shrinksBy))
  const waiting = recent.filter((one) => one.desired > desired && at - one.at <= unneededMs)
  const queue = [...waiting, { at, desired }]
  return { recent: queue, held: Math.max(desired, Math.min(held, queue[0]?.desired ?? desired)) }
}
