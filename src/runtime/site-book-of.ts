// The configuration of a farm, as its site master reads it.
import type { SiteBook } from '../actors/site-book.ts'
import type { NodeId } from '../protocol/ids.ts'
import { agreementsOf, capacityOf } from './farm-agreements.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { bladesOf, groupsOf, masterBladesOf } from './farm-layout.ts'

/** The balancer's node of every site. */
export const balancerNode = 'lb'
/** A board says what is this often… */
export const boardHeartbeatMs = 500
/** …and is unreachable after five times that. */
export const unreachableAfterMs = 5 * boardHeartbeatMs

export function siteBookOf(
  config: FarmConfig,
  node: NodeId,
  rules: string,
  imageDigests: Readonly<Record<string, string>>,
): SiteBook {
  const { decisions } = config
  return {
    site: config.site.id,
    node,
    balancer: balancerNode,
    longitude: config.site.longitude,
    blades: bladesOf(config),
    groups: groupsOf(config).map(({ group, account, port, priority, responseLimitMs, roles }) => ({
      group,
      account,
      port,
      priority,
      responseLimitMs,
      roles: roles.map(({ id: role, image, healthPath, ...levels }) => ({
        ...levels,
        role,
        pointers: { group, role, image, imageDigest: imageDigests[image] ?? '', healthPath },
      })),
    })),
    limits: decisions,
    thresholds: decisions.local,
    rules,
    tickMs: decisions.tickMs,
    quarantine: decisions.quarantine,
    usageMs: decisions.usageMs,
    agreements: agreementsOf(config),
    capacity: capacityOf(config),
    automation: decisions.automation,
    attemptMax: decisions.steps.attemptMax,
    deadlinesMs: decisions.steps.deadlinesMs,
    heartbeatMs: unreachableAfterMs,
    masterBlades: masterBladesOf(config),
    replaceMasterAfterMs: config.masters.replaceAfterMs,
  }
}
