// A site as the global coordinator sees it: what it reports, asks for, lends and gives back. Its blades are names; what a real site
// master does with them is not its business here.
import type { Transport } from '../../../src/ports/transport.ts'
import { formatAddress, parseAddress } from '../../../src/protocol/address.ts'
import type { BladeId, GroupId, NodeId, SiteId } from '../../../src/protocol/ids.ts'
import type { Message, MessageOf } from '../../../src/protocol/messages.ts'

export interface SiteStandIn {
  /** Free blades, in the order in which they are lent. */
  readonly spare: BladeId[]
  /** By loan. */
  readonly lent: Map<string, readonly BladeId[]>
  /** What came from the coordinator, oldest first. */
  readonly heard: Message[]
  /** Does not answer when it is asked to lend. */
  isSilent: boolean
  report(groups?: readonly GroupId[]): void
  request(loan: string, count: number, group?: GroupId): void
  say(body: Message, as?: { site?: SiteId; to?: NodeId }): void
  heardOf<T extends Message['type']>(type: T): MessageOf<T>[]
}

export interface SiteOptions {
  readonly site: SiteId
  readonly node: NodeId
  readonly incarnation: number
  readonly longitude: number
  readonly transport: Transport
  readonly coordinator: NodeId
  readonly spare: BladeId[]
  /** Of a former life. */
  readonly lent?: Map<string, readonly BladeId[]>
}

export function createSiteStandIn(options: SiteOptions): SiteStandIn {
  const { site, node, incarnation, longitude, transport, coordinator, spare } = options
  const standIn: SiteStandIn = {
    spare,
    lent: options.lent ?? new Map(),
    heard: [],
    isSilent: false,
    report: (groups = ['shop/web']) =>
      standIn.say({ type: 'site.reported', site, longitude, spare: spare.length, groups: [...groups] }),
    request: (loan, count, group = 'shop/web') =>
      standIn.say({ type: 'loan.request', loan, site, group, role: 'front', count }),
    say(body, as = {}) {
      const from = formatAddress(as.site ?? site, node, 'coordinator-link', incarnation)
      const to = formatAddress('global', as.to ?? coordinator, 'coordinator')
      transport.send(coordinator, { from, to, lane: 'control', body })
    },
    heardOf<T extends Message['type']>(type: T) {
      return standIn.heard.filter((body): body is MessageOf<T> => body.type === type)
    },
  }

  function lend({ loan, count }: MessageOf<'loan.lend'>): void {
    const blades = standIn.lent.get(loan) ?? spare.splice(0, count)
    standIn.lent.set(loan, blades)
    standIn.say({ type: 'loan.lent', loan, site, blades: [...blades] })
  }

  function takeBack({ loan }: MessageOf<'loan.return'>): void {
    const blades = standIn.lent.get(loan) ?? []
    standIn.lent.delete(loan)
    spare.push(...blades)
    standIn.say({ type: 'loan.returned', loan, site, blades: [...blades] })
  }

  transport.start({
    linkUp: () => {},
    linkLost: () => {},
    received(_peer, { to, body }) {
      // As an actor system does with what is meant for a former life.
      if (parseAddress(to)?.incarnation !== incarnation) return
      standIn.heard.push(body)
      if (standIn.isSilent) return
      if (body.type === 'loan.lend') lend(body)
      if (body.type === 'loan.return') takeBack(body)
    },
  })
  return standIn
}
