// A master of the models: it asks for the lead, opens its epoch, has its journal copied, acts on what is committed, follows.
import type { FollowAnswer, Position, Shipment } from '../../../src/pair/follow.ts'
import type { LeaseEffect, LeaseEvent, LeaseTimes, MasterLease } from '../../../src/pair/master-lease.ts'
import type { Replication, ReplicationEvent } from '../../../src/pair/replication.ts'
import type { LeaseAnswered, LeaseAsk, SyncMark, Voters } from '../../../src/protocol/pair.ts'
import type { Law } from './law.ts'
import { type JournalState, PaperJournal } from './paper-journal.ts'
import type { Rec, Reducers } from './reducers.ts'

/** What a master does to the world around it. */
export interface Surroundings {
  readonly reducers: Reducers
  readonly voters: Voters
  readonly law: () => Law
  readonly trueMs: () => number
  readonly peerOf: (master: PairMaster) => PairMaster
  readonly isLinked: () => boolean
  readonly nextId: () => number
  readonly ask: (from: PairMaster, ask: LeaseAsk) => void
  readonly ship: (from: PairMaster, shipment: Shipment<Rec>) => void
  readonly follow: (from: PairMaster, answer: FollowAnswer) => void
}

type Kept = 'life' | 'isUp' | 'lease' | 'replication' | 'opening' | 'keptEpoch' | 'followed' | 'after' | 'owed'
export interface MasterState extends Pick<PairMaster, Kept | 'acceptsLoss'> {
  readonly journal: JournalState
}

const replicationTimes = { ackMs: 300 }
const batchMax = 3

export class PairMaster {
  readonly node: string
  readonly index: 0 | 1
  times: LeaseTimes
  readonly journal = new PaperJournal()
  life = 1
  isUp = true
  rate = 1
  /** Its process stands still until then (true ms). */
  stalledUntil = 0
  heardAt = 0
  lease: MasterLease
  replication: Replication | null = null
  /** Index of its own first record; nothing is acted on before it is committed. */
  opening = 0
  /** Durable. */
  keptEpoch = 0
  followed = 0
  after: Position = { index: 0, epoch: 0 }
  /** What it answers when its disk is done. */
  owed: FollowAnswer | null = null
  acceptsLoss = false
  private readonly around: Surroundings

  constructor(index: 0 | 1, around: Surroundings, times: LeaseTimes) {
    this.index = index
    this.node = `m${index + 1}`
    this.around = around
    this.times = times
    this.lease = this.opened()
  }

  now(trueMs: number): number {
    return trueMs * this.rate
  }

  isLeading(trueMs: number): boolean {
    return this.isUp && this.around.reducers.isLeading(this.lease, this.now(trueMs))
  }

  /** Everything that it inherited is committed. */
  isSettled(): boolean {
    return this.replication !== null && this.replication.committed >= this.opening
  }

  save(): MasterState {
    const { life, isUp, lease, replication, opening, keptEpoch, followed, after, owed, acceptsLoss } = this
    const journal = this.journal.save()
    return { life, isUp, lease, replication, opening, keptEpoch, followed, after, owed, acceptsLoss, journal }
  }

  load({ journal, ...state }: MasterState): void {
    Object.assign(this, state)
    this.journal.load(journal)
  }

  // — processes ———————————————————————————————————————————————————————————————————————————————

  /** @returns the epoch that dies with it; 0 when none does */
  crash(unsyncedKept: number): number {
    const epoch = this.lease.stage === 'idle' ? 0 : this.lease.epoch
    this.isUp = false
    this.replication = null
    this.owed = null
    this.journal.crash(unsyncedKept)
    return epoch
  }

  boot(): void {
    this.isUp = true
    this.life += 1
    this.followed = 0
    this.heardAt = this.around.trueMs()
    this.lease = this.opened()
  }

  private opened(): MasterLease {
    const { openMasterLease } = this.around.reducers
    return openMasterLease(this.node, this.index === 0 ? 1 : 0, this.around.voters, this.keptEpoch)
  }

  // — the lease ———————————————————————————————————————————————————————————————————————————————

  campaign(releases: number, acceptsLoss: boolean): void {
    if (this.lease.stage !== 'idle') return
    this.acceptsLoss = acceptsLoss
    if (acceptsLoss) this.around.law().isLossAccepted = true
    this.step({ type: 'campaign', releases, acceptsLoss })
  }

  answered(answer: LeaseAnswered): void {
    this.step({ type: 'answered', answer })
  }

  /** Lets go; @returns the epoch that is free. */
  letGo(): number {
    const { epoch } = this.lease
    this.step({ type: 'stop', why: 'handed over' })
    return epoch
  }

  tick(): void {
    const now = this.now(this.around.trueMs())
    const { askAt, until, stage } = this.lease
    if (now >= askAt || (stage === 'leading' && now >= until)) this.step({ type: 'tick' })
    if (this.replication !== null) this.replicate({ type: 'tick' })
  }

  changeVoters(members: readonly string[]): void {
    if (this.lease.stage !== 'leading') return
    const voters = this.around.reducers.changedVoters(this.lease.voters, members, this.lease.epoch)
    if (voters !== this.lease.voters) this.step({ type: 'carry', voters })
  }

  private step(event: LeaseEvent): void {
    const { reducers, trueMs } = this.around
    const { lease, effects } = reducers.stepLease(this.lease, event, this.now(trueMs()), this.times)
    this.lease = lease
    for (const effect of effects) this.perform(effect)
  }

  private perform(effect: LeaseEffect): void {
    const { around } = this
    switch (effect.kind) {
      case 'ask':
        if (around.reducers.duties.keepsEpochs) this.keptEpoch = Math.max(this.keptEpoch, effect.ask.epoch)
        around.ask(this, effect.ask)
        break
      case 'won':
        this.won(effect.epoch, effect.mark)
        break
      case 'lost':
        this.replication = null
        break
      case 'marked':
        this.replicate({ type: 'marked', mark: effect.mark })
        break
      case 'votersKept':
        if (effect.voters.former !== null)
          this.step({ type: 'carry', voters: around.reducers.settledVoters(effect.voters, this.lease.epoch) })
        break
      case 'barred':
        break
      default:
        effect satisfies never
    }
  }

  private won(epoch: number, mark: SyncMark | null): void {
    const { reducers, law, peerOf, isLinked, trueMs } = this.around
    law().won(this, epoch, this.acceptsLoss)
    this.followed = epoch
    this.owed = null
    this.journal.sync()
    this.after = this.journal.last()
    const local = this.journal.lastIndex
    const opened = reducers.openReplication(
      { epoch, peer: peerOf(this).node, local, isPeerLinked: isLinked(), mark },
      this.now(trueMs()),
    )
    this.replication = opened.replication
    if (reducers.duties.opensEpochs) this.write()
    this.opening = this.journal.lastIndex
    if (opened.mark !== null) this.step({ type: 'carry', mark: opened.mark })
  }

  // — the journal —————————————————————————————————————————————————————————————————————————————

  write(): void {
    this.journal.append({ index: this.journal.lastIndex + 1, epoch: this.lease.epoch, id: this.around.nextId() })
  }

  /** Its disk is done. */
  synced(): void {
    this.journal.sync()
    if (this.replication !== null) this.replicate({ type: 'localDurable', index: this.journal.durableIndex })
    if (this.owed === null) return
    this.around.follow(this, this.owed)
    this.owed = null
  }

  ship(): void {
    const from = this.after.index + 1
    const records = this.journal.records.slice(from, from + batchMax)
    this.around.ship(this, { epoch: this.lease.epoch, after: this.after, records })
  }

  shipped(shipment: Shipment<Rec>): void {
    const { reducers, law, follow, trueMs } = this.around
    const taken = reducers.takeShipment(this.journal, this.followed, shipment)
    if (taken.kind === 'refused') return
    this.heardAt = trueMs()
    this.followed = shipment.epoch
    if (this.lease.stage !== 'idle') this.step({ type: 'stop', why: 'another leads' })
    if (taken.kind === 'taken') {
      if (taken.cutFrom !== null) {
        law().cut(this, taken.cutFrom)
        this.journal.cut(taken.cutFrom)
      }
      for (const record of taken.append) this.journal.append(record)
    }
    if (reducers.duties.followsDurably) this.owed = taken.answer
    else follow(this, taken.answer)
  }

  followedBy(answer: FollowAnswer): void {
    const { reducers, law, peerOf } = this.around
    if (this.replication === null || answer.epoch !== this.lease.epoch) return
    const next = reducers.shipNext(this.journal, answer)
    if (next.kind === 'snapshot') throw new Error('a journal that holds everything needs no snapshot')
    this.after = next.after
    if (next.peerHas === null) return
    law().same(this, peerOf(this), next.peerHas)
    this.replicate({ type: 'peerHas', index: next.peerHas })
  }

  link(isLinked: boolean): void {
    if (this.replication === null || this.replication.isPeerLinked === isLinked) return
    if (isLinked) this.after = this.journal.last()
    this.replicate({ type: isLinked ? 'peerLinked' : 'peerLost' })
  }

  /** One that it may act on; undefined while there is none. */
  commandable(back: number): Rec | undefined {
    const { duties } = this.around.reducers
    if (this.replication === null || (duties.opensEpochs && duties.actsOnCommitted && !this.isSettled()))
      return undefined
    const upTo = duties.actsOnCommitted ? this.replication.committed : this.journal.lastIndex
    return upTo < 1 ? undefined : this.journal.records[Math.max(1, upTo - back)]
  }

  private replicate(event: ReplicationEvent): void {
    if (this.replication === null) return
    const { reducers, trueMs } = this.around
    const step = reducers.stepReplication(this.replication, event, this.now(trueMs()), replicationTimes)
    this.replication = step.replication
    if (step.mark !== null) this.step({ type: 'carry', mark: step.mark })
  }
}
