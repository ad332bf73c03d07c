// A channel that can be cut while it runs, to see what happens then: nothing that this end sends arrives, and it hears nothing.
import type { DatagramChannel } from './datagram-channel.ts'

export interface CuttableChannel extends DatagramChannel {
  cut(isCut: boolean): void
}

export function createCuttableChannel(channel: DatagramChannel): CuttableChannel {
  let isCut = false
  return {
    ...channel,
    start: (handlers) =>
      channel.start({
        received: (peer, bytes) => (isCut ? 'taken' : handlers.received(peer, bytes)),
        gone: handlers.gone,
      }),
    send: (peer, bytes, traffic) => (isCut ? 'refused' : channel.send(peer, bytes, traffic)),
    isHealthy: (peer) => !isCut && channel.isHealthy(peer),
    health: () => (isCut ? { ...channel.health(), state: 'unheard' } : channel.health()),
    cut(given) {
      isCut = given
    },
  }
}
