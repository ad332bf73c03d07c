// The demonstration's load source: requests as it is told to send them, and what came of them to whoever asks.
import { formatAddress } from '../protocol/address.ts'
import type { NodeId, SiteId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import type { NodePorts, Running } from './run-options.ts'

/** The load source's node of a demonstration… */
export const loadNode = 'load'
/** …and its path there. */
export const loadPath = 'load'

export interface LoadOptions {
  readonly site: SiteId
  readonly node: NodeId
  readonly ports: Pick<NodePorts, 'transport'>
  readonly load: {
    setRate(account: string, ratePerSecond: number): void
    report(): MessageOf<'load.report'>
    stop(): void
  }
}

export function runLoad({ site, node, ports: { transport }, load }: LoadOptions): Running {
  const self = formatAddress(site, node, loadPath)
  transport.start({
    linkUp: () => {},
    linkLost: () => {},
    received(peer, { from, body }) {
      if (body.type === 'load.set') load.setRate(body.account, body.ratePerSecond)
      if (body.type === 'load.poll') transport.send(peer, { from: self, to: from, lane: 'bulk', body: load.report() })
    },
  })
  return {
    stop(stopped) {
      load.stop()
      transport.stop(stopped)
    },
  }
}
