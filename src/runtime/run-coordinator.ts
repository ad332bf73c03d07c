// The global coordinator: one cell that brokers, linked to the masters of all sites. What it knows is in memory: after its process
// died sites report anew, but a loan that was lent is known to its borrower and its lender only.
import type { CellSpec } from '../actors/child-spec.ts'
import { createActorSystem } from '../actors/create-actor-system.ts'
import { implementGlobalCoordinator } from '../actors/implement-global-coordinator.ts'
import { coordinatorPath } from '../actors/paths.ts'
import type { GlobalCoordinatorContext } from '../machines/global-coordinator-machine.ts'
import { parseAddress } from '../protocol/address.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { NodeId, SiteId } from '../protocol/ids.ts'
import { provided } from './provided.ts'
import type { CoordinatorOptions, RunCoordinator } from './run-options.ts'

/** The coordinator belongs to no site: this is the site of its address. */
export const globalSite: SiteId = 'global'

export const runCoordinator: RunCoordinator = (options, ready) => {
  const { site, node, incarnation, masters, ports } = options
  const { clock, random, log, transport } = ports
  const system = createActorSystem({
    site,
    node,
    incarnation,
    clock,
    random,
    log,
    route: (envelope, to) => transport.send(to, envelope),
    onPublish({ type, ...facts }) {
      log.info(type, facts)
      if (type === 'system.failed') options.ended?.('its actors failed')
    },
  })
  if (options.observe) system.inspect(options.observe)

  const coordinator: CellSpec = {
    kind: 'cell',
    id: coordinatorPath,
    machine: provided(implementGlobalCoordinator(system.effects)),
    input: undefined,
  }
  system.start({ kind: 'supervisor', id: '', strategy: 'oneForOne', children: [coordinator] })

  transport.start({
    linkUp: (peer, life) => system.linkUp(peer, life),
    linkLost: (peer, why) => system.linkLost(peer, why),
    received(peer, envelope) {
      if (isForUs(options, envelope) && isBelievable(masters, peer, envelope)) system.deliver(envelope)
      else log.warn('coordinator.message.refused', { peer, from: envelope.from, type: envelope.body.type })
    },
  })

  ready({
    ok: true,
    value: {
      status() {
        const snapshot = system.snapshot(coordinatorPath)
        const { sites = {}, loans = {} } = (snapshot?.context ?? {}) as Partial<GlobalCoordinatorContext>
        return { state: String(snapshot?.value ?? 'starting'), sites, loans }
      },
      stop(stopped) {
        system.stop(() => transport.stop(stopped))
      },
    },
  })
}

/** It passes nothing on. */
function isForUs({ site, node }: CoordinatorOptions, { to }: Envelope): boolean {
  const address = parseAddress(to)
  return address?.site === site && address.node === node
}

/** A master speaks for its own site. */
function isBelievable(masters: CoordinatorOptions['masters'], peer: NodeId, { from, body }: Envelope): boolean {
  const site = Object.hasOwn(masters, peer) ? masters[peer] : undefined
  if (site === undefined || parseAddress(from)?.site !== site) return false
  return !('site' in body) || body.site === site
}
