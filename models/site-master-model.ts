// When a site master may lead: with the promise of more than half of the boards for an epoch that is above all it has heard of.
export interface SiteMasterModel {
  readonly state: 'standby' | 'campaigning' | 'recovering' | 'leading' | 'resigned'
  readonly epoch: number
  readonly seen: number
  readonly promised: readonly string[]
  /** Weighings since the last event: only a leader weighs. */
  readonly weighed: number
}

export type SiteMasterModelEvent =
  | { type: 'master.lead' }
  | { type: 'epoch.promised'; board: string; epoch: number }
  | { type: 'epoch.refused'; board: string; epoch: number; promised: number }
  | { type: 'master.campaign.due' }
  | { type: 'master.recovered' }
  | { type: 'master.recovery.due' }
  | { type: 'master.tick.due' }
  | { type: 'master.deposed'; epoch: number }
  | { type: 'master.resign'; why: string }
  | { type: 'link.up'; peer: string; incarnation: number }

export const boards = ['c01-s01', 'c01-s02', 'c01-s03', 'c01-s04'] as const
/** It asks for odd epochs. */
const parity = 1

export const siteMasterModel = {
  initial: { state: 'standby', epoch: 0, seen: 0, promised: [], weighed: 0 } as SiteMasterModel,

  step(before: SiteMasterModel, event: SiteMasterModelEvent): SiteMasterModel {
    const master = { ...before, weighed: 0 }
    const { state, epoch } = master
    const isLeaderOrNearly = state === 'recovering' || state === 'leading'
    switch (event.type) {
      case 'master.lead':
        return state === 'standby' || state === 'resigned' ? campaign(master) : master
      case 'master.resign':
        return state === 'resigned' ? master : { ...master, state: 'resigned' }
      case 'master.deposed':
        if (state === 'resigned' || event.epoch <= epoch) return master
        return { ...master, state: 'resigned', seen: Math.max(master.seen, event.epoch) }
      case 'epoch.promised': {
        if (event.epoch !== epoch || (state !== 'campaigning' && !isLeaderOrNearly)) return master
        const promised = add(master.promised, event.board)
        const isMajority = promised.length * 2 > boards.length
        return { ...master, promised, state: state === 'campaigning' && isMajority ? 'recovering' : state }
      }
      case 'epoch.refused': {
        if (event.promised <= epoch || (state !== 'campaigning' && !isLeaderOrNearly)) return master
        const outbid = { ...master, seen: Math.max(master.seen, event.promised) }
        return state === 'campaigning' ? campaign(outbid) : { ...outbid, state: 'resigned' }
      }
      case 'master.recovered':
        return state === 'recovering' ? { ...master, state: 'leading' } : master
      case 'master.tick.due':
        return { ...master, weighed: state === 'leading' ? 1 : 0 }
      default:
        return master
    }
  },

  invariants: {
    'who leads holds a majority': ({ state, promised }: SiteMasterModel) =>
      (state !== 'recovering' && state !== 'leading') || promised.length * 2 > boards.length,
    'epochs are of its own parity': ({ epoch }: SiteMasterModel) => epoch === 0 || epoch % 2 === parity,
    'only a leader weighs': ({ state, weighed }: SiteMasterModel) => weighed === 0 || state === 'leading',
  },
}

function campaign(master: SiteMasterModel): SiteMasterModel {
  const above = Math.max(master.seen, master.epoch) + 1
  return { ...master, state: 'campaigning', epoch: above % 2 === parity ? above : above + 1, promised: [] }
}

function add(promised: readonly string[], board: string): readonly string[] {
  const isNews = (boards as readonly string[]).includes(board) && !promised.includes(board)
  return isNews ? [...promised, board] : promised
}
