// When a site master may lead. It asks all boards for a promise, leads with those of a majority, and stops at the first sign that a
// higher epoch was promised. Every epoch that it asks for is new, its own (odd or even), and durable before anybody is asked.
export type MasterLife = 'standby' | 'campaigning' | 'recovering' | 'leading' | 'resigned'
export type MasterDeed =
  | 'journalEpoch'
  | 'askPromises'
  | 'askPromise'
  | 'recover'
  | 'weigh'
  | 'dispatch'
  | 'operate'
  | 'serveLoan'
  | 'letGo'

export interface SiteMasterModel {
  readonly life: MasterLife
  /** 0 before the first campaign. */
  readonly epoch: number
  readonly seen: number
  readonly promised: readonly string[]
  /** It can say why it does not lead any more. */
  readonly hasReason: boolean
  readonly timers: readonly ('campaign' | 'recovery' | 'tick')[]
  readonly takings: number
  /** What the last event made it do, in order. */
  readonly did: readonly MasterDeed[]
}

export type SiteMasterModelEvent =
  | { type: 'master.lead' }
  | { type: 'epoch.promised'; board: string; epoch: number }
  | { type: 'epoch.refused'; board: string; epoch: number; promised: number }
  | { type: 'master.campaign.due' }
  | { type: 'master.recovered' }
  | { type: 'master.recovery.due' }
  | { type: 'master.tick.due' }
  | { type: 'master.weighed'; memory: { takings: readonly object[]; replaced: readonly string[] } }
  | { type: 'master.dispatch'; decision: string }
  | { type: 'master.operate'; operation: string; subject: string; on: boolean }
  | { type: 'loan.lend' | 'loan.lent' | 'loan.refused' | 'loan.return' | 'loan.returned'; loan: string }
  | { type: 'master.deposed'; epoch: number }
  | { type: 'master.resign'; why: string }
  | { type: 'link.up'; peer: string; incarnation: number }

export interface SiteMasterOutline {
  readonly boards: readonly string[]
  readonly parity: 0 | 1
  readonly epochSeen: number
}

type Step = (model: SiteMasterModel, event: SiteMasterModelEvent) => SiteMasterModel

export function siteMasterModel(outline: SiteMasterOutline) {
  const initial: SiteMasterModel = {
    life: 'standby',
    epoch: 0,
    seen: outline.epochSeen,
    promised: [],
    hasReason: false,
    timers: [],
    takings: 0,
    did: [],
  }
  const step: Step = (model, event) => {
    const idle: SiteMasterModel = { ...model, did: [] }
    if (event.type === 'master.resign') return model.life === 'resigned' ? idle : resign(idle)
    const higher = higherEpoch(outline, event)
    if (higher > 0) return afterHigher(outline, { ...idle, seen: Math.max(model.seen, higher) }, higher)
    return stepsOf[model.life](outline)(idle, event)
  }
  const invariants: Readonly<Record<string, (model: SiteMasterModel) => boolean>> = {
    'it leads with the promises of a majority of the boards': ({ life, promised }) =>
      !['recovering', 'leading'].includes(life) || promised.length * 2 > outline.boards.length,
    'promises are of its own boards, each once': ({ promised }) =>
      new Set(promised).size === promised.length && promised.every((board) => outline.boards.includes(board)),
    'its epoch is its own kind of number': ({ epoch }) => epoch === 0 || epoch % 2 === outline.parity,
    'it never leads below an epoch that it has heard of': ({ life, epoch, seen }) =>
      life !== 'leading' || epoch >= seen,
    'only a leader weighs and dispatches': ({ life, did }) =>
      life === 'leading' || !did.some((deed) => ['weigh', 'dispatch', 'operate', 'serveLoan'].includes(deed)),
    'an epoch is durable before a new one is asked for': ({ did }) =>
      !did.includes('journalEpoch') || did.indexOf('journalEpoch') < did.indexOf('askPromises'),
    'whoever leads has no reason not to': ({ life, hasReason }) => life !== 'leading' || !hasReason,
    'no tick outlives a leadership': ({ life, timers }) => life === 'leading' || !timers.includes('tick'),
  }
  return { initial, step, invariants }
}

const stepsOf: Readonly<Record<MasterLife, (outline: SiteMasterOutline) => Step>> = {
  standby: (outline) => (model, event) => (event.type === 'master.lead' ? campaign(outline, model) : model),
  resigned: (outline) => (model, event) => (event.type === 'master.lead' ? campaign(outline, model) : model),
  campaigning: (outline) => (model, event) => {
    if (event.type === 'master.campaign.due' || event.type === 'link.up') return { ...model, did: ['askPromises'] }
    const noted = promise(outline, model, event)
    const hasMajority = noted.promised.length * 2 > outline.boards.length
    return hasMajority ? { ...noted, life: 'recovering', timers: ['recovery'], did: ['recover'] } : noted
  },
  recovering: (outline) => (model, event) => {
    if (event.type === 'master.recovery.due') return { ...model, did: ['recover'] }
    if (event.type === 'master.recovered') return { ...model, life: 'leading', timers: ['tick'] }
    if (event.type === 'link.up') return { ...model, did: ['askPromise'] }
    return promise(outline, model, event)
  },
  leading: (outline) => (model, event) => {
    switch (event.type) {
      case 'master.tick.due':
        return { ...model, did: ['weigh'] }
      case 'master.dispatch':
        return { ...model, did: ['dispatch'] }
      case 'master.operate':
        return { ...model, did: ['operate'] }
      case 'loan.lend':
      case 'loan.lent':
      case 'loan.refused':
      case 'loan.return':
      case 'loan.returned':
        return { ...model, did: ['serveLoan'] }
      case 'master.weighed':
        return { ...model, takings: event.memory.takings.length }
      case 'link.up':
        return { ...model, did: ['askPromise'] }
      default:
        return promise(outline, model, event)
    }
  },
}

function campaign({ parity }: SiteMasterOutline, model: SiteMasterModel): SiteMasterModel {
  const above = Math.max(model.seen, model.epoch) + 1
  const epoch = above % 2 === parity ? above : above + 1
  const did: MasterDeed[] = ['journalEpoch', 'askPromises']
  return { ...model, life: 'campaigning', epoch, promised: [], hasReason: false, timers: ['campaign'], did }
}

function resign(model: SiteMasterModel): SiteMasterModel {
  return { ...model, life: 'resigned', hasReason: true, timers: [], did: ['letGo'] }
}

/** Somebody was promised a higher epoch: whoever leads is out; whoever asks, asks for one above it; others only take note. */
function afterHigher(outline: SiteMasterOutline, model: SiteMasterModel, higher: number): SiteMasterModel {
  if (higher <= model.epoch) return model
  if (model.life === 'campaigning') return campaign(outline, model)
  return model.life === 'recovering' || model.life === 'leading' ? resign(model) : model
}

function higherEpoch({ boards }: SiteMasterOutline, event: SiteMasterModelEvent): number {
  if (event.type === 'master.deposed') return event.epoch
  return event.type === 'epoch.refused' && boards.includes(event.board) ? event.promised : 0
}

function promise({ boards }: SiteMasterOutline, model: SiteMasterModel, event: SiteMasterModelEvent): SiteMasterModel {
  if (event.type !== 'epoch.promised' || event.epoch !== model.epoch) return model
  if (!boards.includes(event.board) || model.promised.includes(event.board)) return model
  return { ...model, promised: [...model.promised, event.board] }
}
