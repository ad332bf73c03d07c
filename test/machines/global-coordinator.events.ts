// What sites say to the coordinator, as the model says it and as the machine hears it.
import type { EventObject } from 'xstate'
import type { CoordinatorModelEvent } from '../../models/global-coordinator-model.ts'

const longitudes: Readonly<Record<string, number>> = { west: -120, middle: 0, east: 120 }
const messages = { lent: 'loan.lent', refused: 'loan.refused', returned: 'loan.returned', return: 'loan.return' }

/** Another master of the site, in another life, each time. */
export function addressOf(site: string, at: number): string {
  return `bw://${site}/m${1 + (at % 2)}/coordinator-link#${at}`
}

type Heard = EventObject & Readonly<Record<string, unknown>>

export function heardByCoordinator(event: CoordinatorModelEvent): Heard {
  if (event.type === 'timedOut') return { ...event, type: 'loan.timedOut' }
  const { by, ...said } = event
  const from = addressOf(by, event.at)
  const group = 'shop/web'
  switch (event.type) {
    case 'reported':
      return { ...said, type: 'site.reported', longitude: longitudes[event.site], groups: [group], from }
    case 'request':
      return { ...said, type: 'loan.request', group, role: 'front', from }
    case 'refused':
      return { ...said, type: 'loan.refused', reasons: [], from }
    default:
      return { blades: [], ...said, type: messages[event.type], site: by, from }
  }
}
