// A board of the models: a word on a disk that takes its time, a lease in memory, a clock of its own, a gate.
import type { BoardLease, BoardWord } from '../../../src/pair/board-vote.ts'
import type { LeaseAnswered, LeaseAsk } from '../../../src/protocol/pair.ts'
import type { Law } from './law.ts'
import type { Rec, Reducers } from './reducers.ts'

interface Waiting {
  readonly word: BoardWord
  readonly to: number
  readonly answer: LeaseAnswered
}

export type BoardState = Pick<PairBoard, 'word' | 'lastEpoch' | 'isUp' | 'lease' | 'waiting'>

export class PairBoard {
  readonly id: string
  /** Durable. */
  word: BoardWord | null = null
  /** Durable: of what it carried out last. */
  lastEpoch = 0
  isUp = true
  lease: BoardLease
  waiting: Waiting | null = null
  rate = 1
  private readonly reducers: Reducers
  private readonly law: () => Law
  private readonly answer: (from: PairBoard, to: number, answer: LeaseAnswered) => void

  constructor(
    id: string,
    reducers: Reducers,
    law: () => Law,
    answer: (from: PairBoard, to: number, answer: LeaseAnswered) => void,
  ) {
    this.id = id
    this.reducers = reducers
    this.law = law
    this.answer = answer
    this.lease = reducers.openBoardLease(id, null, 0)
  }

  crash(isWordKept: boolean): void {
    if (isWordKept) this.persist()
    this.waiting = null
    this.isUp = false
  }

  boot(trueMs: number): void {
    this.isUp = true
    this.lease = this.reducers.openBoardLease(this.id, this.word, trueMs * this.rate)
  }

  ask(ask: LeaseAsk, from: number, trueMs: number): void {
    const { answerAsk, duties } = this.reducers
    // What comes while it writes is lost, as anything may be.
    if (this.waiting !== null && duties.answersAfterDurable) return
    const now = trueMs * this.rate
    const { lease, persists, vote } = answerAsk(this.lease, ask, { now, lastOrder: noOrder })
    this.lease = lease
    const answer: LeaseAnswered = {
      type: 'lease.answered',
      epoch: ask.epoch,
      round: ask.round,
      nonce: 0,
      boards: [vote],
    }
    if (persists) this.waiting = { word: lease.word, to: from, answer }
    if (!persists || !duties.answersAfterDurable) this.answer(this, from, answer)
  }

  /** The disk is done. */
  written(): void {
    const { waiting } = this
    if (waiting === null) return
    this.persist()
    if (this.reducers.duties.answersAfterDurable) this.answer(this, waiting.to, waiting.answer)
  }

  /** @returns whether it carried it out */
  command(epoch: number, record: Rec, trueMs: number): boolean {
    const { isGranted, duties } = this.reducers
    if (this.waiting !== null && duties.isQuietWhilePersisting) return false
    if (!isGranted(this.lease, epoch, trueMs * this.rate)) return false
    this.law().carriedOut(this, epoch, record)
    this.lastEpoch = epoch
    return true
  }

  save(): BoardState {
    const { word, lastEpoch, isUp, lease, waiting } = this
    return { word, lastEpoch, isUp, lease, waiting }
  }

  load(state: BoardState): void {
    Object.assign(this, state)
  }

  private persist(): void {
    if (this.waiting === null) return
    const { word } = this.waiting
    this.law().promised(this, this.word?.promised ?? 0, word.promised)
    this.word = word
    this.waiting = null
  }
}

const noOrder = { epoch: 0, index: 0 }
