// A walk: two masters and some boards go through random steps, and the laws are looked at after each.
//
//   network    messages lie in a bag, and are taken out of it in any order: late, twice, never; directions are cut and mended
//   time       clocks run at different speeds, within the drift that the times allow for; a process may stand still
//   crashes    of masters (what was not synced may be lost) and of boards (leases are lost; the word, if it was not yet durable)
//   disks      take their time; what is answered in between is answered too early
//   notices    a master that is dead, or has let go, is released; the notice may come late, when it lives again
//
// The same seed gives the same walk. After the chaos everything heals, and one of the two must lead, with the other in sync.
import type { FollowAnswer, Shipment } from '../../../src/pair/follow.ts'
import type { LeaseTimes } from '../../../src/pair/master-lease.ts'
import type { LeaseAnswered, LeaseAsk, Voters } from '../../../src/protocol/pair.ts'
import { Chance } from './chance.ts'
import { Law, type LawState } from './law.ts'
import { type BoardState, PairBoard } from './pair-board.ts'
import { type MasterState, PairMaster } from './pair-master.ts'
import type { Rec, Reducers } from './reducers.ts'

export type Message =
  | { readonly kind: 'ask'; readonly from: number; readonly to: number; readonly ask: LeaseAsk }
  | { readonly kind: 'answer'; readonly from: number; readonly to: number; readonly answer: LeaseAnswered }
  | { readonly kind: 'ship'; readonly from: number; readonly to: number; readonly shipment: Shipment<Rec> }
  | { readonly kind: 'followed'; readonly from: number; readonly to: number; readonly answer: FollowAnswer }
  | {
      readonly kind: 'command'
      readonly from: number
      readonly to: number
      readonly epoch: number
      readonly record: Rec
    }

export interface Site {
  readonly voters: number
  /** Boards that do not vote, as long as the list is not changed. */
  readonly spare: number
  readonly times: readonly [LeaseTimes, LeaseTimes]
  readonly bagMax: number
}

/** All of it but clocks and cuts. */
export interface WalkState {
  readonly trueMs: number
  readonly ids: number
  readonly bag: readonly Message[]
  readonly freed: readonly number[]
  readonly law: LawState
  readonly masters: readonly [MasterState, MasterState]
  readonly boards: readonly BoardState[]
}

const firstBoard = 2

export class Walk {
  readonly chance: Chance
  readonly masters: readonly [PairMaster, PairMaster]
  readonly boards: readonly PairBoard[]
  readonly law: Law
  readonly reducers: Reducers
  trueMs = 0
  steps = 0
  /** Taken from anywhere in chaos, from its head when all is well. */
  bag: Message[] = []
  /** Those that come much later. */
  readonly late: Message[] = []
  /** By from * nodes + to. */
  readonly cuts: Uint8Array
  private readonly nodes: number
  private readonly bagMax: number
  private readonly nodeOf = new Map<string, number>()
  ids = 0
  /** By master: the epoch that the last life of its peer took with it. */
  readonly freed = [0, 0]

  constructor(seed: number, { voters: count, spare, times, bagMax }: Site, reducers: Reducers) {
    this.chance = new Chance(seed)
    this.reducers = reducers
    this.bagMax = bagMax
    const law = () => this.law
    const reply = (from: PairBoard, to: number, answer: LeaseAnswered) =>
      this.send({ kind: 'answer', from: this.nodeOf.get(from.id) ?? 0, to, answer })
    this.boards = Array.from({ length: count + spare }, (_, i) => new PairBoard(`c01-s0${i + 1}`, reducers, law, reply))
    for (const [i, { id }] of this.boards.entries()) this.nodeOf.set(id, firstBoard + i)
    this.nodes = firstBoard + this.boards.length
    this.cuts = new Uint8Array(this.nodes ** 2)
    const voters: Voters = { version: 1, members: this.boards.slice(0, count).map(({ id }) => id), former: null }
    this.masters = [this.master(0, voters, times[0]), this.master(1, voters, times[1])]
    this.law = new Law(this.masters, this.boards)
  }

  private master(index: 0 | 1, voters: Voters, times: LeaseTimes): PairMaster {
    const around = {
      reducers: this.reducers,
      voters,
      law: () => this.law,
      trueMs: () => this.trueMs,
      peerOf: ({ index: own }: PairMaster) => this.masters[own === 0 ? 1 : 0],
      isLinked: () => this.isMastersLinked(),
      nextId: () => {
        this.ids += 1
        return this.ids
      },
      ask: (from: PairMaster, ask: LeaseAsk) => {
        for (let to = firstBoard; to < this.nodes; to += 1) this.send({ kind: 'ask', from: from.index, to, ask })
      },
      ship: (from: PairMaster, shipment: Shipment<Rec>) =>
        this.send({ kind: 'ship', from: from.index, to: 1 - from.index, shipment }),
      follow: (from: PairMaster, answer: FollowAnswer) =>
        this.send({ kind: 'followed', from: from.index, to: 1 - from.index, answer }),
    }
    return new PairMaster(index, around, times)
  }

  save(): WalkState {
    const { trueMs, ids, bag, law, masters, boards, freed } = this
    return {
      trueMs,
      ids,
      bag: bag.slice(),
      freed: freed.slice(),
      law: law.save(),
      masters: [masters[0].save(), masters[1].save()],
      boards: boards.map((board) => board.save()),
    }
  }

  load({ trueMs, ids, bag, law, masters, boards, freed }: WalkState): void {
    this.trueMs = trueMs
    this.ids = ids
    this.bag = bag.slice()
    this.law.load(law)
    this.masters[0].load(masters[0])
    this.masters[1].load(masters[1])
    for (const [i, board] of boards.entries()) this.boards[i]?.load(board)
    for (const [i, epoch] of freed.entries()) this.freed[i] = epoch
  }

  isMastersLinked(): boolean {
    return !this.isCut(0, 1) && !this.isCut(1, 0) && this.masters[0].isUp && this.masters[1].isUp
  }

  isCut(from: number, to: number): boolean {
    return this.cuts[from * this.nodes + to] === 1
  }

  cut(from: number, to: number, isCut: boolean): void {
    this.cuts[from * this.nodes + to] = isCut ? 1 : 0
  }

  send(message: Message): void {
    if (this.bag.length < this.bagMax) this.bag.push(message)
    else this.bag[this.chance.below(this.bagMax)] = message
  }

  deliver(message: Message): void {
    this.steps += 1
    if (this.isCut(message.from, message.to)) return
    if (message.to >= firstBoard) this.deliverToBoard(message)
    else this.deliverToMaster(message)
    this.law.oneLiveLease(this.trueMs)
  }

  private deliverToBoard(message: Message): void {
    const board = this.boards[message.to - firstBoard]
    if (board === undefined || !board.isUp) return
    if (message.kind === 'ask') board.ask(message.ask, message.from, this.trueMs)
    else if (message.kind === 'command') board.command(message.epoch, message.record, this.trueMs)
  }

  private deliverToMaster(message: Message): void {
    const master = this.masters[message.to]
    if (master === undefined || !master.isUp) return
    if (master.stalledUntil > this.trueMs) this.bag.push(message)
    else if (message.kind === 'answer') master.answered(message.answer)
    else if (message.kind === 'ship') master.shipped(message.shipment)
    else if (message.kind === 'followed') master.followedBy(message.answer)
  }

  advance(byMs: number): void {
    this.steps += 1
    this.trueMs += byMs
    this.law.oneLiveLease(this.trueMs)
  }

  tick(master: PairMaster): void {
    this.steps += 1
    if (!master.isUp || master.stalledUntil > this.trueMs) return
    master.tick()
    this.law.oneLiveLease(this.trueMs)
  }

  command(master: PairMaster, to: number, back: number): void {
    this.steps += 1
    if (!master.isLeading(this.trueMs)) return
    const record = master.commandable(back)
    if (record !== undefined && record.id > 0)
      this.send({ kind: 'command', from: master.index, to, epoch: master.lease.epoch, record })
  }

  kill(master: PairMaster, unsyncedKept: number): void {
    const epoch = master.crash(unsyncedKept)
    if (epoch > 0) this.freed[1 - master.index] = epoch
  }

  /** The epoch of which this master knows that nobody holds it any more. */
  freedFor({ index }: PairMaster): number {
    if (!this.reducers.duties.releasesTheDeadOnly) return this.masters[index === 0 ? 1 : 0].lease.epoch
    return this.freed[index] ?? 0
  }

  randomBoard(): PairBoard {
    const board = this.boards[this.chance.below(this.boards.length)]
    if (board === undefined) throw new Error('there is no board')
    return board
  }

  randomMaster(): PairMaster {
    return this.chance.is(0.5) ? this.masters[0] : this.masters[1]
  }

  addressOf(board: PairBoard): number {
    return this.nodeOf.get(board.id) ?? 0
  }
}
