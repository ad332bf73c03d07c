// What the channel to one peer is: down without a link; degraded when it was lost too often lately; else up.
export interface ChannelModel {
  readonly state: 'down' | 'up' | 'degraded'
  /** Of the peer's life that the last link joined. */
  readonly incarnation: number | null
  readonly losses: readonly number[]
  /** Why the last link ended. */
  readonly why: string | null
  /** What the last event made it ask for. */
  readonly said: readonly string[]
}

export type ChannelModelEvent =
  | { type: 'channel.linkUp'; incarnation: number; at: number }
  | { type: 'channel.linkLost'; why: string; at: number }
  | { type: 'channel.calm' }

const lossesMax = 3
const forgottenAfterMs = 60_000

export const channelModel = {
  initial: { state: 'down', incarnation: null, losses: [], why: null, said: ['reportChannel'] } as ChannelModel,
  step(before: ChannelModel, event: ChannelModelEvent): ChannelModel {
    const model = { ...before, said: [] }
    const { state, losses } = model
    if (event.type === 'channel.linkUp') {
      const linked = { ...model, incarnation: event.incarnation }
      if (state !== 'down') return { ...linked, said: ['reportChannel'] }
      return enter(linked, recent(losses, event.at).length >= lossesMax ? 'degraded' : 'up')
    }
    if (state === 'down') return model
    if (event.type === 'channel.linkLost') {
      const kept = [...recent(losses, event.at), event.at].slice(-lossesMax)
      return enter({ ...model, losses: kept, why: event.why }, 'down')
    }
    return state === 'up' ? model : enter(model, 'up')
  },
  invariants: {
    'no more losses are kept than count': ({ losses }: ChannelModel) => losses.length <= lossesMax,
    'losses are in order': ({ losses }: ChannelModel) =>
      losses.every((at, index) => index === 0 || at >= (losses[index - 1] ?? 0)),
    'a link is to a life of the peer': ({ state, incarnation }: ChannelModel) =>
      state === 'down' || incarnation !== null,
  },
}

function recent(losses: readonly number[], at: number): readonly number[] {
  return losses.filter((loss) => at - loss < forgottenAfterMs)
}

/** Every change is told, and only a degraded channel waits for calm. */
function enter(model: ChannelModel, state: ChannelModel['state']): ChannelModel {
  const left = model.state === 'degraded' ? ['cancelCalmTimer'] : []
  const entered = state === 'degraded' ? ['reportChannel', 'startCalmTimer'] : ['reportChannel']
  return { ...model, state, said: [...left, ...entered] }
}
