// What the channel to one peer is: down without a link; degraded when it was lost too often lately or refused a message; else up.
export interface ChannelModel {
  readonly state: 'down' | 'up' | 'degraded'
  readonly losses: readonly number[]
}

export type ChannelModelEvent =
  | { type: 'channel.linkUp'; incarnation: number; at: number }
  | { type: 'channel.linkLost'; why: string; at: number }
  | { type: 'channel.sendRefused'; at: number }
  | { type: 'channel.calm' }

const lossesMax = 3
const forgottenAfterMs = 60_000

export const channelModel = {
  initial: { state: 'down', losses: [] } as ChannelModel,
  step(model: ChannelModel, event: ChannelModelEvent): ChannelModel {
    const { state, losses } = model
    if (event.type === 'channel.linkUp') {
      if (state !== 'down') return model
      const recent = losses.filter((at) => event.at - at < forgottenAfterMs)
      return { ...model, state: recent.length >= lossesMax ? 'degraded' : 'up' }
    }
    if (event.type === 'channel.linkLost') {
      if (state === 'down') return model
      const recent = losses.filter((at) => event.at - at < forgottenAfterMs)
      return { state: 'down', losses: [...recent, event.at].slice(-lossesMax) }
    }
    if (state === 'down') return model
    return { ...model, state: event.type === 'channel.calm' ? 'up' : 'degraded' }
  },
  invariants: {
    'no more losses are kept than count': ({ losses }: ChannelModel) => losses.length <= lossesMax,
    'losses are in order': ({ losses }: ChannelModel) =>
      losses.every((at, index) => index === 0 || at >= (losses[index - 1] ?? 0)),
  },
}
