// What can be said to a site master: by its own boards and by a stranger, of its present epoch, of former ones and of others'.
import type { SiteMasterModelEvent, SiteMasterOutline } from '../../models/site-master-model.ts'
import type { SiteMasterInput } from '../../src/machines/site-master-machine.ts'

export const boards = ['c01-s01', 'c01-s02', 'c01-s03', 'c02-s01']
export const stranger = 'c09-s09'

export const outline: SiteMasterOutline = { boards, parity: 1, epochSeen: 4 }
export const siteMasterInput: SiteMasterInput = { site: 'here', node: 'm1', ...outline }

export const promisedBy = (board: string, epoch: number): SiteMasterModelEvent => ({
  type: 'epoch.promised',
  board,
  epoch,
})
export const refusedBy = (board: string, epoch: number, promised: number): SiteMasterModelEvent => ({
  type: 'epoch.refused',
  board,
  epoch,
  promised,
})

const taking = { taker: 'a/b/c', giver: 'd/e/f', at: 0, takerDesired: 1, giverDesired: 1, backoffMs: 1 }

/** What it hears once it leads, or is about to. */
export const dutyEvents: readonly SiteMasterModelEvent[] = [
  { type: 'master.campaign.due' },
  { type: 'master.recovery.due' },
  { type: 'master.recovered' },
  { type: 'master.tick.due' },
  { type: 'master.weighed', memory: { takings: [taking], replaced: [] } },
  { type: 'master.dispatch', decision: 'd-1' },
  { type: 'master.operate', operation: 'hold', subject: 'shop/web', on: true },
  { type: 'link.up', peer: 'a01', incarnation: 2 },
  ...(['loan.lend', 'loan.lent', 'loan.refused', 'loan.return', 'loan.returned'] as const).map(
    (type): SiteMasterModelEvent => ({ type, loan: 'l1' }),
  ),
]
