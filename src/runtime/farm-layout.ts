// What a configuration amounts to: its blades, its agents, its groups, with the ids that addresses and messages use.
import type { BladeId, GroupId, NodeId } from '../protocol/ids.ts'
import type { FarmConfig, GroupConfig, RoleConfig } from './farm-config-schema.ts'

export interface BladePlace {
  readonly blade: BladeId
  readonly cabinet: string
  readonly boardType: string
  /** The agent that serves its host board. */
  readonly agent: NodeId
}

export interface AgentPlace {
  /** `a01` for cabinet `c01`. */
  readonly node: NodeId
  readonly cabinet: string
  readonly blades: readonly BladePlace[]
}

/** A group with its full id, `shop/web`; everything else as configured. */
export interface GroupPlace extends Omit<GroupConfig, 'id'> {
  readonly group: GroupId
  readonly account: string
  readonly roles: readonly RoleConfig[]
}

/** `m1`, and `m2` where there are two. */
export function mastersOf({ masters }: FarmConfig): readonly NodeId[] {
  return ['m1', 'm2'].slice(0, masters.count)
}

/** Where site masters run at first; empty when they run beside the farm. */
export function masterBladesOf(config: FarmConfig): Readonly<Record<NodeId, BladeId>> {
  const blades = config.masters.blades ?? []
  return Object.fromEntries(mastersOf(config).flatMap((node, index) => (blades[index] ? [[node, blades[index]]] : [])))
}

/** In order of cabinet, then slot. */
export function bladesOf(config: FarmConfig): readonly BladePlace[] {
  return agentsOf(config).flatMap((agent) => agent.blades)
}

/** One agent a cabinet. */
export function agentsOf(config: FarmConfig): readonly AgentPlace[] {
  return config.cabinets.map(({ id: cabinet, slots, boardType }) => {
    const node = `a${cabinet.slice(1)}`
    const blades = Array.from({ length: slots }, (_, index) => ({
      blade: `${cabinet}-s${String(index + 1).padStart(2, '0')}`,
      cabinet,
      boardType,
      agent: node,
    }))
    return { node, cabinet, blades }
  })
}

/** In order of the file. */
export function groupsOf(config: FarmConfig): readonly GroupPlace[] {
  return config.accounts.flatMap((account) =>
    account.groups.map(({ id, ...rest }) => ({ ...rest, group: `${account.id}/${id}`, account: account.id })),
  )
}
