import {
  isLeading,
  type LeaseEffect,
  type LeaseEvent,
  type MasterLease,
  openMasterLease,
  stepLease,
} from '../pair/master-lease.ts'
import type { Replication } from '../pair/replication.ts'
import { settledVoters } from '../pair/voters.ts'
import type { Timer } from '../ports/clock.ts'
import type { Answer, Failure } from '../ports/result.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'
import { type LeaseAnswered, type PairState, type SyncMark, troubleTextMax, type Voters } from '../protocol/pair.ts'
import { DurableAsks } from './durable-asks.ts'
import type { JournalEntry } from './effects.ts'
import { JournalFollower } from './journal-shipping.ts'
import type { MasterPairParts } from './master-pair-parts.ts'
import { ObeyedOrders } from './obeyed-orders.ts'
import { beatMs, PeerWatch } from './peer-watch.ts'
import { ReplicatedJournal } from './replicated-journal.ts'
import { TakeoverBarrier } from './takeover-barrier.ts'
import { VoterList } from './voter-list.ts'

/** One that was told that it misses records waits so long before it asks again. */
const barredMs = 2_000

export class MasterPair {
  private readonly parts: MasterPairParts
  private lease: MasterLease
  private readonly asks: DurableAsks
  private leaseTimer: Timer | undefined
  private beatTimer: Timer | undefined
  private isStopped = false
  /** By agent, of its last answer. */
  private readonly nonces = new Map<NodeId, number>()
  private readonly barrier: TakeoverBarrier

  readonly peer: PeerWatch
  private readonly voterList: VoterList
  private isLeadAsked = false
  private isLossAccepted = false
  private readonly obeyed = new ObeyedOrders()
  /** Its journal ends below what a board obeyed. */
  private hasLostMemory = false
  /** The epoch that it let go. */
  private released = 0
  /** Why its disk does not do. */
  private trouble: string | null = null

  /** While it leads. */
  private leading: ReplicatedJournal | undefined
  private readonly follower: JournalFollower
  /** Index of the record that opened its epoch. */
  private opening = Number.POSITIVE_INFINITY

  constructor(parts: MasterPairParts) {
    this.parts = parts
    this.peer = new PeerWatch(parts.peer, parts.parity, parts.clock)
    this.lease = openMasterLease(parts.node, parts.parity, parts.voters, parts.epochSeen)
    this.asks = new DurableAsks({ ...parts, failed: this.giveUp })
    this.voterList = new VoterList(parts.boards)
    this.barrier = new TakeoverBarrier(
      parts.boards.map(({ blade }) => blade),
      parts.times.leaseMs,
    )
    const { journal, log, committed } = parts
    const [failed, send] = [this.giveUp, (message: Message) => this.sendPeer(message)]
    this.follower = new JournalFollower({ journal, log, failed, committed, send })
  }

  /** Once its edges are heard. */
  start(): void {
    this.beat()
  }

  // — what the others ask ————————————————————————————————————————————————————————————————————————

  /** Right before a command is sent (P7). */
  isLeading(): boolean {
    return isLeading(this.lease, this.parts.clock.monotonic())
  }

  /** Everything that was in its journal when it won may be acted on. */
  isSettled(): boolean {
    return this.isLeading() && (this.leading?.committed() ?? 0) >= this.opening
  }

  /** No command of a former leader can reach a board any more: what couples several boards may begin (P10). */
  isBarrierOver(): boolean {
    return this.barrier.isOver(this.parts.clock.monotonic())
  }

  /** To be echoed by a command to a board of this agent (P11). */
  nonceOf(agent: NodeId): number {
    return this.nonces.get(agent) ?? 0
  }

  /** `alone`: by configuration. */
  redundancy(): Replication['mode'] | 'following' {
    return this.leading?.mode() ?? 'following'
  }

  /** Its disk does not do. */
  isInTrouble(): boolean {
    return this.trouble !== null
  }

  /** The boards that vote, as far as it knows. */
  voters(): Voters {
    return this.lease.voters
  }

  /** The boards know that it misses records, and the one that has them does not lead. */
  isBarred(): boolean {
    const misses = this.hasLostMemory || this.lease.mark?.outOfSync === this.parts.node
    return this.lease.stage !== 'leading' && misses && !this.peer.isLeading()
  }

  /** An operator took upon himself what it missed, and it leads. */
  hasAcceptedLoss(): boolean {
    return this.lease.stage === 'leading' && this.isLossAccepted
  }

  /** Durable, and known to whoever may lead next; never answered when it does not lead. */
  append(entries: readonly JournalEntry[], answer: Answer<void>): void {
    this.leading?.append(entries, answer)
  }

  // — what the site master's machine wants —————————————————————————————————————————————————————————

  campaign(releases: number, acceptsLoss: boolean): void {
    this.isLeadAsked = false
    this.isLossAccepted = acceptsLoss
    this.step({ type: 'campaign', releases, acceptsLoss })
    this.sayState()
  }

  /** Leads no more, and asks for nothing. Its peer hears that nobody holds that lease any more, and need not wait for it to run out. */
  letGo(why: string): void {
    const { stage, epoch } = this.lease
    this.isLeadAsked = false
    this.endLeading()
    // It is said after the step, from which on no command of this epoch leaves (isLeading).
    if (stage === 'leading') this.released = epoch
    this.step({ type: 'stop', why })
    this.sayState()
  }

  /**
   * Its disk takes nothing any more, or too late: it lets go, and its process is to end. What waits for the disk is never answered; its
   * peer has it, or nobody ever acted on it.
   */
  readonly giveUp = (failure: Failure): void => {
    if (this.trouble !== null) return
    this.trouble = `${failure.code}: ${failure.detail}`.slice(0, troubleTextMax)
    this.parts.log.error('pair.disk.failed', { code: failure.code, detail: failure.detail })
    this.letGo(this.trouble)
    this.parts.failed(failure)
  }

  stop(): void {
    this.letGo('it stops')
    this.isStopped = true
    this.leaseTimer?.cancel()
    this.beatTimer?.cancel()
  }

  // — what comes from outside ————————————————————————————————————————————————————————————————————————

  linkUp(peer: NodeId, life: number): void {
    if (peer !== this.parts.peer) return
    this.peer.linkUp(life)
    this.sayState()
    this.leading?.peerLinked()
  }

  linkLost(peer: NodeId): void {
    if (peer === this.parts.peer) this.leading?.peerLost()
  }

  /** Its launcher saw that life of the peer end: nobody leads by that lease any more, whatever the boards hold. */
  exited(node: NodeId, life: number): void {
    const epoch = node === this.parts.peer ? this.peer.exited(life) : null
    if (epoch === null) return
    this.parts.log.info('pair.peer.exited', { peer: node, life, epoch })
    if (epoch > 0) this.askFor(epoch)
  }

  /** False when it is not for the pair. */
  received(from: NodeId, body: Message): boolean {
    switch (body.type) {
      case 'lease.answered':
        if (this.parts.agents.includes(from)) this.answered(from, body)
        return true
      case 'pair.state':
        if (from === this.parts.peer) this.heard(body)
        return true
      case 'journal.ship':
      case 'journal.replace':
        if (from === this.parts.peer && this.lease.stage === 'idle') {
          if (body.type === 'journal.ship') this.follower.shipped(body)
          else this.follower.replaced(body)
        }
        return true
      case 'journal.have':
        if (from === this.parts.peer) this.leading?.answered(body)
        return true
      default:
        return false
    }
  }

  private answered(agent: NodeId, answer: LeaseAnswered): void {
    this.nonces.set(agent, answer.nonce)
    this.voterList.heard(answer.boards, this.parts.clock.monotonic())
    this.obeyed.heard(answer.boards)
    if (answer.epoch === this.lease.epoch)
      for (const { board, outcome } of answer.boards) if (outcome === 'granted') this.barrier.grantedBy(board)
    this.step({ type: 'answered', answer })
  }

  private heard(state: PairState): void {
    const released = this.peer.heard(state)
    if (released > 0) this.askFor(released)
    if (state.stage !== 'leading') return
    this.isLeadAsked = false
    if (this.lease.stage === 'asking' && state.epoch > 0) this.parts.edge({ type: 'peer.leads', epoch: state.epoch })
  }

  // — signs of life ————————————————————————————————————————————————————————————————————————————————

  private beat(): void {
    if (this.isStopped) return
    const { clock } = this.parts
    this.beatTimer = clock.setTimer(beatMs, () => this.beat())
    this.sayState()
    this.leading?.tick()
    if (this.isSettled()) this.changeVoters()
    if (this.lease.stage === 'idle' && !this.isLeadAsked && this.peer.isLeaderMissed()) this.askToLead(0)
  }

  /** In the place of whoever held the lease of this epoch, and does no more. */
  private askFor(epoch: number): void {
    if (this.lease.stage === 'asking') this.step({ type: 'campaign', releases: epoch, acceptsLoss: false })
    else if (this.lease.stage === 'idle') this.askToLead(epoch)
  }

  private askToLead(releases: number): void {
    this.isLeadAsked = true
    this.parts.edge({ type: 'master.lead', releases, acceptsLoss: false })
  }

  private sayState(): void {
    const { stage, epoch } = this.lease
    // One that stood still does not know yet that its time is over.
    const said = stage === 'idle' || (stage === 'leading' && !this.isLeading()) ? 'standby' : stage
    this.sendPeer({
      type: 'pair.state',
      master: this.parts.node,
      stage: said,
      epoch: said === 'standby' ? 0 : epoch,
      released: this.released,
      lastIndex: this.parts.journal.lastIndex(),
      trouble: this.trouble,
    })
  }

  private sendPeer(message: Message): void {
    const { peer, send } = this.parts
    if (peer !== null && !this.isStopped) send(peer, message)
  }

  // — the lease ————————————————————————————————————————————————————————————————————————————————————

  private step(event: LeaseEvent): void {
    if (this.isStopped) return
    const { clock, times } = this.parts
    const { lease, effects } = stepLease(this.lease, event, clock.monotonic(), times)
    if (lease.epoch !== this.lease.epoch) this.barrier.newEpoch()
    this.lease = lease
    for (const effect of effects) this.perform(effect)
    this.arm()
  }

  private perform(effect: LeaseEffect): void {
    const { edge, log } = this.parts
    switch (effect.kind) {
      case 'ask':
        this.asks.ask(effect.ask, () => {
          const { stage, epoch } = this.lease
          return !this.isStopped && stage !== 'idle' && epoch === effect.ask.epoch
        })
        break
      case 'won':
        this.won(effect.epoch, effect.mark)
        break
      case 'lost':
        this.endLeading()
        // Before its process may end with the edge: the peer need not wait then.
        this.sayState()
        edge({ type: 'lease.lost', why: effect.why })
        break
      case 'barred':
        log.error('pair.barred', { index: effect.mark.index, last: this.parts.journal.lastIndex() })
        this.peer.pause(barredMs)
        edge({ type: 'lease.barred', index: effect.mark.index })
        break
      case 'marked':
        this.leading?.marked(effect.mark)
        break
      case 'votersKept':
        this.votersKept(effect.voters)
        break
      default:
        effect satisfies never
    }
  }

  /** The next moment at which time itself changes something. */
  private arm(): void {
    this.leaseTimer?.cancel()
    this.leaseTimer = undefined
    const { stage, askAt, until } = this.lease
    const next = stage === 'leading' ? Math.min(askAt, until) : askAt
    if (stage === 'idle' || this.isStopped) return
    const { clock } = this.parts
    this.leaseTimer = clock.setTimer(Math.max(0, next - clock.monotonic()), () => this.step({ type: 'tick' }))
  }

  // — who votes ————————————————————————————————————————————————————————————————————————————————————

  private changeVoters(): void {
    const { voters, epoch } = this.lease
    const next = this.voterList.next(voters, epoch, this.parts.clock.monotonic())
    if (next !== voters) this.step({ type: 'carry', voters: next })
  }

  /** By the majorities of both lists while it is being changed: then the former one counts no more. */
  private votersKept(voters: Voters): void {
    if (voters.former !== null) {
      this.step({ type: 'carry', voters: settledVoters(voters, this.lease.epoch) })
      return
    }
    // What the file says needs no note, and is about to be replaced.
    if (voters.version === 1) return
    this.parts.log.info('pair.voters.kept', { version: voters.version, members: voters.members })
    this.append([{ type: 'voters.kept', voters }], () => {})
  }

  // — leading ————————————————————————————————————————————————————————————————————————————————————

  private won(epoch: number, mark: SyncMark | null): void {
    const { journal, peer, clock, edge, log, committed, node, lossEpoch } = this.parts
    const last = journal.lastIndex()
    const since = lossEpoch()
    this.hasLostMemory = this.obeyed.isBeyond(last, since)
    if (this.hasLostMemory && !this.isLossAccepted) {
      log.error('pair.memory.lost', { last, obeyed: this.obeyed.highest(since) })
      this.peer.pause(barredMs)
      edge({ type: 'lease.barred', index: last })
      return
    }
    this.barrier.won(clock.monotonic())
    this.voterList.begin(clock.monotonic())
    this.leading = new ReplicatedJournal({
      epoch,
      peer,
      isPeerLinked: this.peer.isHeard(),
      mark,
      journal,
      clock,
      log,
      ship: (message) => this.sendPeer(message),
      committed,
      carry: (carried) => this.step({ type: 'carry', mark: carried }),
      failed: this.giveUp,
    })
    const isMarked = mark?.outOfSync === node
    const lostAfter = this.isLossAccepted && (isMarked || this.hasLostMemory) ? last : null
    if (lostAfter !== null) log.error('pair.loss.accepted', { epoch, lostAfter })
    // It acts on nothing before this record is committed: then no late word of a former leader can undo what it does.
    this.leading.append([{ type: 'epoch.began', epoch, lostAfter }], () => {})
    this.opening = journal.lastWritten()
    edge({ type: 'lease.won', epoch })
    this.sayState()
  }

  private endLeading(): void {
    this.leading?.end()
    this.leading = undefined
  }
}
