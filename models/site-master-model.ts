// When a site master may lead: with a lease, once in a life, and until the first sign that the lease is gone. Who asks for the lease, and
// when it is won, is counted elsewhere; here is what each word of it means.
export type MasterLife = 'standby' | 'campaigning' | 'recovering' | 'leading' | 'resigned'
export type MasterDeed =
  | 'campaign'
  | 'stopCampaign'
  | 'recover'
  | 'weigh'
  | 'dispatch'
  | 'operate'
  | 'agree'
  | 'serveLoan'
  | 'letGo'

export interface SiteMasterModel {
  readonly life: MasterLife
  /** 0 before it led. */
  readonly epoch: number
  /** It can say why it does not lead. */
  readonly hasReason: boolean
  readonly timers: readonly ('recovery' | 'tick')[]
  readonly takings: number
  /** What the last event made it do, in order. */
  readonly did: readonly MasterDeed[]
}

export type SiteMasterModelEvent =
  | { type: 'master.lead'; releases: number; acceptsLoss: boolean }
  | { type: 'lease.won'; epoch: number }
  | { type: 'lease.lost'; why: string }
  | { type: 'lease.barred'; index: number }
  | { type: 'peer.leads'; epoch: number }
  | { type: 'master.recovered' }
  | { type: 'master.recovery.due' }
  | { type: 'master.tick.due' }
  | { type: 'master.weighed'; memory: { takings: readonly object[]; replaced: readonly string[]; brake: object } }
  | { type: 'master.dispatch'; decision: string; cordon: string | null; request: number }
  | { type: 'master.operate'; operation: string; subject: string; on: boolean; request: number }
  | { type: 'master.agree'; agreement: number; request: number }
  | { type: 'loan.lend' | 'loan.lent' | 'loan.refused' | 'loan.return' | 'loan.returned'; loan: string }
  | { type: 'master.deposed'; epoch: number }
  | { type: 'master.resign'; why: string }

type Step = (model: SiteMasterModel, event: SiteMasterModelEvent) => SiteMasterModel

export const siteMasterModel = {
  initial: { life: 'standby', epoch: 0, hasReason: false, timers: [], takings: 0, did: [] } as SiteMasterModel,

  step(model: SiteMasterModel, event: SiteMasterModelEvent): SiteMasterModel {
    const idle: SiteMasterModel = { ...model, did: [] }
    if (event.type === 'master.resign') return model.life === 'resigned' ? idle : resign(idle)
    return stepsOf[model.life](idle, event)
  },

  invariants: {
    'it leads in an epoch': ({ life, epoch }: SiteMasterModel) =>
      epoch > 0 || !['recovering', 'leading'].includes(life),
    'only a leader weighs and dispatches': ({ life, did }: SiteMasterModel) =>
      life === 'leading' || !did.some((deed) => ['weigh', 'dispatch', 'operate', 'agree', 'serveLoan'].includes(deed)),
    'whoever stops says why': ({ life, hasReason }: SiteMasterModel) => life !== 'resigned' || hasReason,
    'whoever leads has no reason not to': ({ life, hasReason }: SiteMasterModel) => life !== 'leading' || !hasReason,
    'no tick outlives a leadership': ({ life, timers }: SiteMasterModel) =>
      life === 'leading' || !timers.includes('tick'),
  },
}

const stepsOf: Readonly<Record<MasterLife, Step>> = {
  standby: (model, event) =>
    event.type === 'master.lead' ? { ...model, life: 'campaigning', did: ['campaign'] } : model,
  campaigning: (model, event) => {
    switch (event.type) {
      case 'lease.won':
        return { ...recovering(model), epoch: event.epoch }
      case 'lease.barred':
      case 'peer.leads':
        return { ...model, life: 'standby', hasReason: true, did: ['stopCampaign'] }
      default:
        return model
    }
  },
  recovering: (model, event) => {
    if (event.type === 'master.recovery.due') return { ...model, did: ['recover'] }
    if (event.type === 'master.recovered') return { ...model, life: 'leading', timers: ['tick'] }
    return ended(model, event)
  },
  leading: (model, event) => {
    switch (event.type) {
      case 'master.tick.due':
        return { ...model, did: ['weigh'] }
      case 'master.dispatch':
        return { ...model, did: ['dispatch'] }
      case 'master.operate':
        return { ...model, did: ['operate'] }
      case 'master.agree':
        return { ...model, did: ['agree'] }
      case 'loan.lend':
      case 'loan.lent':
      case 'loan.refused':
      case 'loan.return':
      case 'loan.returned':
        return { ...model, did: ['serveLoan'] }
      case 'master.weighed':
        return { ...model, takings: event.memory.takings.length }
      default:
        return ended(model, event)
    }
  },
  resigned: (model) => model,
}

function recovering(model: SiteMasterModel): SiteMasterModel {
  return { ...model, life: 'recovering', hasReason: false, timers: ['recovery'], did: ['recover'] }
}

/** The lease is gone, or somebody has a higher epoch. */
function ended(model: SiteMasterModel, event: SiteMasterModelEvent): SiteMasterModel {
  const isOver = event.type === 'lease.lost' || (event.type === 'master.deposed' && event.epoch > model.epoch)
  return isOver ? resign(model) : model
}

function resign(model: SiteMasterModel): SiteMasterModel {
  return { ...model, life: 'resigned', hasReason: true, timers: [], did: ['letGo'] }
}
