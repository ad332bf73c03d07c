// What can be said to a site master: about its lease, about its peer, and once it leads.
import type { SiteMasterModelEvent } from '../../models/site-master-model.ts'
import { looseBrake } from '../../src/decision/storm-brake.ts'
import type { SiteMasterInput } from '../../src/machines/site-master-machine.ts'

export const siteMasterInput: SiteMasterInput = { site: 'here', node: 'm1' }

const taking = { taker: 'a/b/c', giver: 'd/e/f', at: 0, takerDesired: 1, giverDesired: 1, backoffMs: 1 }

export const leaseEvents: readonly SiteMasterModelEvent[] = [
  { type: 'master.lead', releases: 0, acceptsLoss: false },
  { type: 'lease.won', epoch: 5 },
  { type: 'lease.barred', index: 7 },
  { type: 'peer.leads', epoch: 4 },
]

export const endings: readonly SiteMasterModelEvent[] = [
  { type: 'lease.lost', why: 'no majority' },
  { type: 'master.deposed', epoch: 4 },
  { type: 'master.deposed', epoch: 6 },
  { type: 'master.resign', why: 'asked to' },
]

/** What it hears once it leads, or is about to. */
export const dutyEvents: readonly SiteMasterModelEvent[] = [
  { type: 'master.recovery.due' },
  { type: 'master.recovered' },
  { type: 'master.tick.due' },
  { type: 'master.weighed', memory: { takings: [taking], replaced: [], brake: looseBrake } },
  { type: 'master.dispatch', decision: 'd-1', cordon: null, request: 1 },
  { type: 'master.operate', operation: 'hold', subject: 'shop/web', on: true, request: 2 },
  { type: 'master.agree', agreement: 1, request: 3 },
  ...(['loan.lend', 'loan.lent', 'loan.refused', 'loan.return', 'loan.returned'] as const).map(
    (type): SiteMasterModelEvent => ({ type, loan: 'l1' }),
  ),
]
