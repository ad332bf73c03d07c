// Whether a channel to a peer is relied on. It is given up at once when it says that it is ill, and relied on again only when it has been well
// for a while: a channel that comes and goes would have messages wait for it each time.
import type { Clock } from '../../ports/clock.ts'
import type { NodeId } from '../../protocol/ids.ts'
import type { Way } from './class-table.ts'
import type { DatagramChannel } from './datagram-channel.ts'

/** Higher: a bus with a loose contact disturbs less. Lower: traffic returns earlier. */
export const trustAfterMs = 2_000

export class ChannelTrust {
  private readonly clock: Clock
  private readonly channels: readonly DatagramChannel[]
  /** Monotonic ms since which each channel is well; null while it is not. */
  private readonly wellSince = new Map<NodeId, (number | null)[]>()

  constructor(clock: Clock, channels: readonly DatagramChannel[]) {
    this.clock = clock
    this.channels = channels
  }

  ways(peer: NodeId): readonly Way[] {
    const now = this.clock.monotonic()
    const since = this.sinceOf(peer)
    return this.channels.map((channel, index) => {
      const isWell = channel.isHealthy(peer)
      const began = isWell ? (since[index] ?? now) : null
      since[index] = began
      return { kind: channel.kind, isPreferred: began !== null && now - began >= trustAfterMs }
    })
  }

  /** At first nobody has been ill. */
  private sinceOf(peer: NodeId): (number | null)[] {
    const known = this.wellSince.get(peer)
    if (known) return known
    const fresh = this.channels.map((channel) => (channel.isHealthy(peer) ? Number.NEGATIVE_INFINITY : null))
    this.wellSince.set(peer, fresh)
    return fresh
  }
}
