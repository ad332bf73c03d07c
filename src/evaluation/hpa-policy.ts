// Kubernetes' Horizontal Pod Autoscaler, a pod a blade, with the lags of its Cluster Autoscaler. From their documentation (kubernetes.io
// "Horizontal Pod Autoscaling", algorithm details and default behaviour; cluster-autoscaler FAQ):
//   desired = ceil(current * utilisation / target), none within a tolerance of 10 %; utilisation is capped by what pods can do
//   up: at most the double, or four more, every 15 seconds; down: the highest recommendation of the last 300 seconds
//   a node that is not needed goes after ten minutes (scale-down-unneeded-time)
import { reach } from './target.ts'
import type { Policy, World } from './world.ts'

const tolerance = 0.1
const stabilisationMs = 300_000
const unneededMs = 600_000
const podsEachTime = 4
const syncMs = 15_000

interface Group {
  /** Recommendations of the last minutes. */
  readonly recent: { atMs: number; desired: number }[]
  /** Since when fewer are wanted than held. */
  unneededSinceMs: number | null
}

export function hpaPolicy(targetUtilisation = 0.8): Policy {
  const groups = new Map<number, Group>()
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
        const group = groups.get(account) ?? { recent: [], unneededSinceMs: null }
        groups.set(account, group)
        const held = world.held(account)
        group.recent.push({ atMs: nowMs, desired: desiredOf(world, account) })
        while ((group.recent[0]?.atMs ?? nowMs) < nowMs - stabilisationMs) group.recent.shift()
        const last = group.recent.at(-1)?.desired ?? held
        const desired = Math.max(last, ...group.recent.map((one) => one.desired))
        if (desired >= held) {
          group.unneededSinceMs = null
          return Math.max(last, held)
        }
        group.unneededSinceMs ??= nowMs
        return nowMs - group.unneededSinceMs >= unneededMs ? desired : held
      })
      reach(world, waiting, targets)
    },
  }
}
