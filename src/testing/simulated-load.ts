// The demo's load source against a simulated balancer: the same arrivals and the same accounting, on the virtual clock.
import { createOpenLoopLoad, type OpenLoopLoad } from '../drivers/load/open-loop-load.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { GroupId } from '../protocol/ids.ts'

export interface SimulatedLoadOptions {
  readonly clock: Clock
  readonly random: Random
  readonly accounts: readonly { readonly account: string; readonly group: GroupId; readonly ratePerSecond: number }[]
  /** A SimulatedLoadBalancer is one. */
  readonly balancer: { request(group: GroupId, finished: (outcome: 'ok' | 'refused' | 'failed') => void): void }
}

export function createSimulatedLoad({ clock, random, accounts, balancer }: SimulatedLoadOptions): OpenLoopLoad {
  const groups = new Map(accounts.map(({ account, group }) => [account, group]))
  return createOpenLoopLoad({
    clock,
    random,
    accounts,
    submit(account, finished) {
      const group = groups.get(account)
      if (group === undefined) finished('failed')
      else balancer.request(group, finished)
    },
  })
}
