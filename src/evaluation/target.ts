// For policies that say how many blades each account is to have: who has too many gives first, then those who waited longest are given.
import type { World } from './world.ts'

/** Accounts in the order in which they began to wait, from one tick to the next. */
export type Waiting = number[]

export function reach(world: World, waiting: Waiting, targets: readonly number[]): void {
  for (const [account, target] of targets.entries())
    for (let surplus = world.held(account) - target; surplus > 0; surplus -= 1) world.release(account)
  const short = (account: number) => world.held(account) < (targets[account] ?? 0)
  const still = waiting.filter(short)
  const queue = [...still, ...[...targets.keys()].filter((account) => short(account) && !still.includes(account))]
  waiting.splice(0, waiting.length, ...queue)
  for (const account of queue) while (short(account)) if (!world.grant(account)) return
}
