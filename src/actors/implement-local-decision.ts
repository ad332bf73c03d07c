// The actor of a local decision, at the agent of the designated blade: tells the group what its role wishes.
import { localDecisionMachine } from '../machines/local-decision-machine.ts'
import { formatAddress, leaderNode } from '../protocol/address.ts'
import type { SiteId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'
import type { Effects } from './effects.ts'
import { groupPath } from './paths.ts'

/** Bound of the message. */
const desiredMax = 65_536
const countMax = 1024

export function implementLocalDecision(effects: Effects, { site }: { readonly site: SiteId }) {
  return localDecisionMachine.provide({
    actions: {
      sayWish({ context: { mandate, opinion } }) {
        if (mandate === null || opinion === null) return
        const { group, role } = mandate
        const { kind, wish } = opinion
        const reasons = [...opinion.reasons]
        const desired = Math.max(0, Math.min(desiredMax, opinion.desired))
        const urgent = Math.min(countMax, opinion.urgent)
        const count = Math.max(1, Math.min(countMax, opinion.count))
        const message: Message =
          kind === 'steady'
            ? { type: 'group.demand.steady', group, role, wish }
            : {
                type: kind === 'request' ? 'group.blades.requested' : 'group.blades.offered',
                group,
                role,
                count,
                desired,
                wish,
                reasons,
                ...(kind === 'request' && { urgent }),
              }
        effects.send(formatAddress(site, leaderNode, groupPath(group)), message)
      },
    },
  })
}
