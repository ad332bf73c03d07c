// What sites say to the coordinator, as the model says it and as the machine hears it.
import type { EventObject } from 'xstate'
import type { CoordinatorModelEvent } from '../../models/global-coordinator-model.ts'

const longitudes: Readonly<Record<string, number>> = { west: -120, middle: 0, east: 120 }
const messages = { lent: 'loan.lent', refused: 'loan.refused', returned: 'loan.returned', return: 'loan.return' }

export function addressOf(site: string): string {
  return `bw://${site}/m1/master`
}

export function heardByCoordinator(event: CoordinatorModelEvent): EventObject {
  const group = 'shop/web'
  switch (event.type) {
    case 'reported': {
      const { site, spare } = event
      return {
        type: 'site.reported',
        site,
        spare,
        longitude: longitudes[site],
        groups: [group],
        from: addressOf(site),
      } as EventObject
    }
    case 'request': {
      const { loan, site, count } = event
      return { type: 'loan.request', loan, site, group, role: 'front', count, from: addressOf(site) } as EventObject
    }
    case 'timedOut':
      return { type: 'loan.timedOut', loan: event.loan } as EventObject
    default:
      return {
        type: messages[event.type],
        loan: event.loan,
        site: event.by,
        blades: [],
        reasons: [],
        from: addressOf(event.by),
      } as EventObject
  }
}
