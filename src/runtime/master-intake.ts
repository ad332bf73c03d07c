// What comes to a site master from the channel: passed on when it is for somebody else, believed only from whom it may come.
// What boards say is translated here, once, for the cells that follow it: a status into a finding, an answer into a step's result.
import type { ActorSystem } from '../actors/actor-system.ts'
import { findingOf } from '../actors/implement-blade.ts'
import type { MasterPair } from '../actors/master-pair.ts'
import { bladePath, groupPath, masterPath, movePath } from '../actors/paths.ts'
import { bookBlade, type SiteBook } from '../actors/site-book.ts'
import type { SitePicture } from '../actors/site-picture.ts'
import type { BladeEvent } from '../machines/blade-machine.ts'
import type { MoveEvent } from '../machines/move-machine.ts'
import type { SiteMasterEvent } from '../machines/site-master-machine.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Transport } from '../ports/transport.ts'
import { type Address, formatAddress, leaderNode, parseAddress } from '../protocol/address.ts'
import type { BoardAlive, BoardStatus } from '../protocol/board.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'

export interface MasterIntakeParts {
  readonly system: ActorSystem
  readonly book: SiteBook
  readonly picture: SitePicture
  readonly transport: Transport
  readonly log: Log
  readonly clock: Clock
  readonly pair: Pick<MasterPair, 'received' | 'isLeading'>
  /** Undefined without one. */
  readonly coordinator: NodeId | undefined
}

export function createMasterIntake(parts: MasterIntakeParts): (peer: NodeId, envelope: Envelope) => void {
  const { system, book, picture, transport, log, clock } = parts
  const self = formatAddress(book.site, book.node, masterPath)

  function status(said: BoardStatus, digest?: number): void {
    picture.noteStatus(said, clock.now(), digest)
    // What a standby happens to hear is old when it takes over: its blades are unknown until it leads, and polled then (R46).
    if (parts.pair.isLeading())
      system.tell(bladePath(said.blade), { type: 'blade.seen', finding: findingOf(said) } as BladeEvent)
    if (said.promisedEpoch > picture.epoch)
      system.tell(masterPath, { type: 'master.deposed', epoch: said.promisedEpoch } as SiteMasterEvent)
  }

  /** As if it had said all of it, when that is known here; else it is asked. */
  function alive({ blade, digest, cpuPerMille, memoryKiB }: BoardAlive, from: Address): void {
    const known = picture.statusOf(blade)
    if (known !== undefined && picture.digestOf(blade) === digest)
      status({ ...known, cpuRatio: cpuPerMille / 1_000, memoryBytes: 1_024 * memoryKiB, at: clock.now() }, digest)
    else if (parts.pair.isLeading()) {
      const to = parseAddress(from)
      if (to) transport.send(to.node, { from: self, to: from, lane: 'control', body: { type: 'board.poll' } })
    }
  }

  /** Who may say it. Everything else is for the cell that it is addressed to. */
  function isBelievable(peer: NodeId, body: Message): boolean {
    switch (body.type) {
      case 'board.status':
      case 'board.alive':
      case 'board.answered':
        return bookBlade(book, body.blade)?.agent === peer
      case 'balancer.members.applied':
      case 'balancer.members.refused':
      case 'balancer.member.drained':
      case 'balancer.report':
      case 'balancer.list.said':
        return peer === book.balancer
      case 'group.blades.requested':
      case 'group.blades.offered':
      case 'group.demand.steady':
        return book.blades.some(({ agent }) => agent === peer)
      case 'loan.lend':
      case 'loan.lent':
      case 'loan.refused':
      case 'loan.return':
      case 'loan.returned':
        return peer === parts.coordinator
      // Said between cells of one master only.
      case 'group.member.drain':
      case 'group.member.unjoin':
      case 'group.member.join':
      case 'move.step.answered':
        return false
      default:
        return true
    }
  }

  return (peer, envelope) => {
    const { body } = envelope
    const to = parseAddress(envelope.to)
    if (to !== undefined && to.site === book.site && to.node !== book.node && to.node !== leaderNode) {
      transport.send(to.node, envelope)
      return
    }
    if (!isBelievable(peer, body)) {
      log.warn('master.message.refused', { peer, type: body.type })
      return
    }
    if (parts.pair.received(peer, body)) return
    if (body.type === 'board.status') status(body)
    else if (body.type === 'board.alive') alive(body, envelope.from)
    else if (body.type === 'balancer.list.said') picture.noteListed(body.list, clock.now())
    else if (body.type === 'board.answered') {
      const { move, step, attempt } = body.id
      const answered: MoveEvent = { type: 'move.step.answered', move, step, attempt, result: body.result }
      if (system.has(movePath(move))) system.tell(movePath(move), answered)
    } else if (body.type === 'balancer.report' && !system.has(groupPath(body.group))) {
      // Before it leads it has no groups, and a report is no word that anybody waits for.
      return
    } else system.deliver(envelope)
  }
}
