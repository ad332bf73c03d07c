// The balancer's process: its gate, linked to the site master. It serves with or without one.
import { createBalancerGate } from '../actors/balancer-gate.ts'
import { gatePath } from '../actors/paths.ts'
import { formatAddress, leaderNode, parseAddress } from '../protocol/address.ts'
import type { RunBalancer } from './run-options.ts'

/** Between two reports of what was measured, where nobody says otherwise. */
export const defaultReportPeriodMs = 500

export const runBalancer: RunBalancer = (options, ready) => {
  const { site, node, groups, ports, reportPeriodMs = defaultReportPeriodMs } = options
  const { clock, disk, loadBalancer, log, transport } = ports
  const self = formatAddress(site, node, gatePath)
  const gate = createBalancerGate({
    site,
    node,
    clock,
    disk,
    loadBalancer,
    log,
    groups,
    reportPeriodMs,
    send(to, message, { lane = 'normal', key } = {}) {
      const target = parseAddress(to)?.node
      // Who leads is not the balancer's to know: both masters hear what is for the leader.
      const next = target === leaderNode || target === undefined ? transport.peers() : [target]
      for (const peer of next)
        transport.send(peer, { from: self, to, lane, ...(key !== undefined && { key }), body: message })
    },
  })
  gate.start((started) => {
    if (!started.ok) {
      ready(started)
      return
    }
    transport.start({
      linkUp: () => {},
      linkLost: () => {},
      received: (_peer, { from, body }) => gate.received(from, body),
    })
    ready({
      ok: true,
      value: {
        stop(stopped) {
          gate.stop()
          transport.stop(stopped)
        },
      },
    })
  })
}
