// Two networks of one node, as one transport: peers have names of their own in each.
import type { Transport } from '../ports/transport.ts'

export function joinTransports(first: Transport, second: Transport): Transport {
  const of = (peer: string) => (second.peers().includes(peer) ? second : first)
  return {
    start(handlers) {
      first.start(handlers)
      second.start(handlers)
    },
    send: (peer, envelope) => of(peer).send(peer, envelope),
    peers: () => [...first.peers(), ...second.peers()],
    counters() {
      const [a, b] = [first.counters(), second.counters()]
      return {
        sent: a.sent + b.sent,
        received: a.received + b.received,
        refusedConnections: a.refusedConnections + b.refusedConnections,
        otherVersion: a.otherVersion + b.otherVersion,
        throttled: a.throttled + b.throttled,
        malformed: a.malformed + b.malformed,
        oversized: a.oversized + b.oversized,
        unauthorized: a.unauthorized + b.unauthorized,
        statusReplaced: a.statusReplaced + b.statusReplaced,
        overflows: a.overflows + b.overflows,
      }
    },
    channels: () => [...first.channels(), ...second.channels()],
    stop: (stopped) => first.stop(() => second.stop(stopped)),
  }
}
