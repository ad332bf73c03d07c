// Quota with borrowing and reclaim, without prediction, as Kueue's ClusterQueues in one cohort (kueue.sigs.k8s.io "Cluster Queue":
// nominalQuota, borrowing, reclaimWithinCohort: Any). A workload a blade:
//   each account asks for what its demand of now needs at the target utilisation; what it no longer needs ends at once
//   up to its nominal quota (an equal share of the farm) it is served for sure; above it borrows what nobody uses
//   who is below its quota and finds nothing free reclaims: borrowers lose their newest workload, the one that borrows most first
import type { Policy, World } from './world.ts'

export function quotaPolicy(targetUtilisation = 0.8): Policy {
  return {
    name: 'quota',
    decide(world) {
      const { accounts, blades } = world.options
      const nominal = Math.floor(blades / accounts.length)
      const wanted = accounts.map((_, account) =>
        Math.max(1, Math.ceil(world.demand(account) / targetUtilisation - 1e-9)),
      )
      for (const [account, want] of wanted.entries())
        for (let surplus = world.held(account) - want; surplus > 0; surplus -= 1) world.release(account)
      for (const [account, want] of wanted.entries())
        while (world.held(account) < Math.min(want, nominal))
          if (!world.grant(account) && !reclaim(world, account, nominal)) break
      borrow(world, wanted)
    },
  }
}

/** From who borrows most: it is drained for the owner of the quota. */
function reclaim(world: World, owner: number, nominal: number): boolean {
  const borrowed = world.options.accounts.map((_, account) => world.held(account) - nominal)
  const most = Math.max(...borrowed)
  if (most <= 0) return false
  return world.pass(borrowed.indexOf(most), owner)
}

/** In turn, one at a time: nobody takes all that is free. */
function borrow(world: World, wanted: readonly number[]): void {
  for (let isBorrowing = true; isBorrowing; ) {
    isBorrowing = false
    for (const [account, want] of wanted.entries())
      if (world.held(account) < want && world.grant(account)) isBorrowing = true
  }
}
