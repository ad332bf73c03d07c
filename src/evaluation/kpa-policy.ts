// Knative's Pod Autoscaler, a pod a blade, on nodes that Kubernetes' Cluster Autoscaler frees. From its documentation (knative.dev
// "Configuring autoscaling", and SCALING.md of knative/serving), with the defaults there:
//   desired = ceil(concurrency averaged over the stable window (60 s) / (0.7 of what a pod takes)); queued requests count, so that demand
//   above capacity is seen as it is
//   panic: when the panic window (a tenth of it) asks for twice what is ready, the highest wish of the last stable window holds, and nothing
//   shrinks until a stable window has passed without
//   at most half as many at a time on the way down (max-scale-down-rate 2), one at least
// A tick is a stable window and demand is constant in it, so both windows see the same. A node goes after ten minutes without need.
import { createNodeRelease } from './node-release.ts'
import { reach } from './target.ts'
import type { Policy } from './world.ts'

const panicThreshold = 2
const scaleDownRate = 2
const stableWindowMs = 60_000

interface Revision {
  panickedAtMs: number
  panicDesired: number
}

export function kpaPolicy(targetUtilisation = 0.7): Policy {
  const revisions = new Map<number, Revision>()
  const release = createNodeRelease()
  const waiting: number[] = []
  return {
    name: 'kpa',
    decide(world) {
      const { nowMs, options } = world
      const targets = options.accounts.map((_, account) => {
        const revision = revisions.get(account) ?? { panickedAtMs: Number.NEGATIVE_INFINITY, panicDesired: 0 }
        revisions.set(account, revision)
        const ready = Math.max(1, world.joined(account))
        const wanted = Math.ceil(world.demand(account) / targetUtilisation - 1e-9)
        if (wanted >= panicThreshold * ready) revision.panickedAtMs = nowMs
        const isPanicking = nowMs - revision.panickedAtMs < stableWindowMs
        revision.panicDesired = isPanicking ? Math.max(revision.panicDesired, wanted) : 0
        const desired = Math.max(1, wanted, Math.floor(ready / scaleDownRate), revision.panicDesired)
        return release(account, world.held(account), desired, nowMs)
      })
      reach(world, waiting, targets)
    },
  }
}
