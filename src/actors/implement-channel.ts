// The actor of the channel to one peer.
import { channelMachine } from '../machines/channel-machine.ts'
import type { Effects } from './effects.ts'

/** So long no trouble, and a channel is relied on again. */
const calmMs = 10_000

export function implementChannel(effects: Effects) {
  return channelMachine.provide({
    actions: {
      reportChannel({ context: { peer, incarnation, why } }) {
        effects.publish({ type: 'channel.changed', at: effects.now, peer, incarnation, why })
      },
      startCalmTimer() {
        effects.setTimer('calm', calmMs, { type: 'channel.calm' })
      },
      cancelCalmTimer() {
        effects.cancelTimer('calm')
      },
    },
  })
}
