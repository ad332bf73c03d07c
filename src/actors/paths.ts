// Where each actor of a site lives, below the root of its process.
import type { BladeId, GroupId, MoveId, NodeId, RoleId } from '../protocol/ids.ts'

/** In a site master: the cell that leads. */
export const masterPath = 'master'

/** In a site master: a cabinet supervises its blades, at most 32. */
export function bladePath(blade: BladeId): string {
  return `cabinets/${blade.slice(0, 3)}/${blade}`
}

/** In a site master. */
export function groupPath(group: GroupId): string {
  return `groups/${group}`
}

/** In a site master. */
export function movePath(move: MoveId): string {
  return `moves/${move}`
}

/** In a site master. */
export function channelPath(peer: NodeId): string {
  return `channels/${peer}`
}

/** At the agent of a blade: its gate. */
export function boardPath(blade: BladeId): string {
  return `boards/${blade}`
}

/** At an agent and at a master: where leases are asked for and granted. No cell: plain code. */
export const leasesPath = 'leases'

/** At the agent of the designated blade of a group. */
export function decisionPath(group: GroupId, role: RoleId): string {
  return `decisions/${group}/${role}`
}

/** At the balancer. */
export const gatePath = 'gate'

/** At the global coordinator: the cell that brokers. */
export const coordinatorPath = 'coordinator'
