// Who is who on the CAN buses of a site. Numbers are fixed by what a node is, so that any Cyphal tool shows the same farm every day
// and nobody has to ask for a number: blades by their slot on the bus of their cabinet, masters, and one gateway (the agent) a cabinet.
//
//   1..32     blades, on the bus of their own cabinet        33..40    site masters and global coordinators
//   41..47    balancer, load source, and who watches         100..125  cabinets' agents, on the backbone
//   126, 127  left to tools
import type { NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { agentsOf, mastersOf } from './farm-layout.ts'

const firstMaster = 33
const firstAgent = 100
const others: Readonly<Record<NodeId, number>> = { lb: 41, load: 42, demo: 43 }

/** Cabinets that one backbone has numbers for. */
export const cabinetsOfBackboneMax = 26

/** Of every node that speaks on the backbone; cabinets beyond `cabinetsOfBackboneMax` have none. */
export function canNumbersOf(config: FarmConfig): ReadonlyMap<NodeId, number> {
  return new Map([
    ...mastersOf(config).map((node, index) => [node, firstMaster + index] as const),
    ...Object.entries(others),
    ...agentsOf(config)
      .slice(0, cabinetsOfBackboneMax)
      .map(({ node }, index) => [node, firstAgent + index] as const),
  ])
}
