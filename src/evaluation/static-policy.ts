// As many as a share of the time needs, for ever: how farms without automation are planned.
import { reach } from './target.ts'
import type { Policy } from './world.ts'

/** @param quantile 1: the maximum of each account's demand; 0.99: enough for 99 % of the time */
export function staticPolicy(name: string, quantile: number): Policy {
  let targets: readonly number[] | undefined
  return {
    name,
    decide(world) {
      const { accounts, ticks } = world.options
      targets ??= accounts.map((account) => {
        const needs = Array.from({ length: ticks }, (_, tick) => account.demand(tick)).sort((one, other) => one - other)
        return Math.ceil((needs[Math.min(ticks - 1, Math.floor(quantile * ticks))] ?? 0) - 1e-9)
      })
      const sum = targets.reduce((total, target) => total + target, 0)
      // A farm that is too small for all of it is shared out in proportion.
      const share = Math.min(1, world.options.blades / sum)
      reach(
        world,
        [],
        targets.map((target) => Math.floor(target * share + 1e-9)),
      )
    },
  }
}
