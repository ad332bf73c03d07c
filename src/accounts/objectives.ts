// Whether what an agreement promises holds, by what was measured (R34: measures and their combinations).
import type { Objective } from './sla-terms.ts'

/** Undefined: what it needs was not measured, and nobody is blamed. An `any` holds by what is known; an `all` breaks by what is known. */
export function holds(objective: Objective, measured: Readonly<Record<string, number>>): boolean | undefined {
  if ('all' in objective) {
    const each = objective.all.map((one) => holds(one, measured))
    return each.includes(false) ? false : each.includes(undefined) ? undefined : true
  }
  if ('any' in objective) {
    const each = objective.any.map((one) => holds(one, measured))
    return each.includes(true) ? true : each.includes(undefined) ? undefined : false
  }
  const { measure, atMost, atLeast } = objective
  const value = measured[measure]
  if (value === undefined) return undefined
  return atMost !== undefined ? value <= atMost : value >= (atLeast ?? Number.NEGATIVE_INFINITY)
}
