// Kubernetes' Horizontal Pod Autoscaler, a pod a blade, with the lags of its Cluster Autoscaler. From their documentation (kubernetes.io
// "Horizontal Pod Autoscaling", algorithm details and default behaviour; cluster-autoscaler FAQ):
//   desired = ceil(current * utilisation / target), none within a tolerance of 10 %; utilisation is capped by what pods can do
//   up: at most the double, or four more, every 15 seconds; down: the highest recommendation of the last 300 seconds
//   a node goes after ten minutes without need (node-release.ts)
import { createNodeRelease } from './node-release.ts'
import { reach } from './target.ts'
import type { Policy, World } from './world.ts'

const tolerance = 0.1
const stabilisationMs = 300_000
const podsEachTime = 4
const syncMs = 15_000

export function hpaPolicy(targetUtilisation = 0.8): Policy {
  /** Recommendations of the last minutes. */
  const recent = new Map<number, { atMs: number; desired: number }[]>()
  const release = createNodeRelease()
  const waiting: number[] = []

  function desiredOf(world: World, account: number): number {
    const joined = world.joined(account)
    // An autoscaler keeps one at least, and a pod that is full says so, not by how much it is short.
    if (joined === 0) return Math.max(1, world.held(account))
    const utilisation = Math.min(1, world.demand(account) / joined)
    const ratio = utilisation / targetUtilisation
    if (Math.abs(ratio - 1) <= tolerance) return joined
    const grown = Math.ceil(joined * ratio)
    let most = joined
    for (let passed = 0; passed < world.options.tickMs; passed += syncMs) most = Math.max(2 * most, most + podsEachTime)
    return Math.max(1, Math.min(grown, most))
  }

  return {
    name: 'hpa',
    decide(world) {
      const { nowMs } = world
      const targets = world.options.accounts.map((_, account) => {
        const ours = recent.get(account) ?? []
        recent.set(account, ours)
        const held = world.held(account)
        ours.push({ atMs: nowMs, desired: desiredOf(world, account) })
        while ((ours[0]?.atMs ?? nowMs) < nowMs - stabilisationMs) ours.shift()
        return release(account, held, Math.max(...ours.map((one) => one.desired)), nowMs)
      })
      reach(world, waiting, targets)
    },
  }
}
