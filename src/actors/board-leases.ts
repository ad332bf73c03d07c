// The leases of all boards of one agent: what `lease.ask` comes to, and what the gates ask before they let a command pass.
// Plain code, fed at wire speed; the gates' machines hear of it with each command only. Answers leave in the order of the questions,
// and never before what they rest on is durable.

import { z } from 'zod'
import type { Standing } from '../machines/host-board-gate.ts'
import { answerAsk, type BoardLease, type BoardWord, isGranted, openBoardLease } from '../pair/board-vote.ts'
import type { Clock } from '../ports/clock.ts'
import type { Answer } from '../ports/result.ts'
import type { CommandOrder } from '../protocol/board.ts'
import { type BladeId, bladeId, type NodeId, nodeId } from '../protocol/ids.ts'
import { type BoardVote, type LeaseAnswered, type LeaseAsk, syncMark, voters } from '../protocol/pair.ts'
import type { JournalEntry } from './effects.ts'

export interface BoardLeasesParts {
  readonly boards: readonly BladeId[]
  /** From the agent's journal. */
  readonly words: ReadonlyMap<BladeId, BoardWord>
  /** Life of the agent: its nonces are no former life's. */
  readonly incarnation: number
  readonly clock: Clock
  journal(entries: readonly JournalEntry[], answer: Answer<void>): void
  /** Of the newest command that the board took. */
  lastOrderOf(blade: BladeId): CommandOrder
}

/** A nonce is made this often… */
const nonceEveryMs = 200
/** …and a command that echoes it may be so old (D). */
const commandAgeMaxMs = 2_000
const noncesKept = commandAgeMaxMs / nonceEveryMs + 1

export class BoardLeases {
  private readonly parts: BoardLeasesParts
  private readonly leases: Map<BladeId, BoardLease>
  /** Epochs whose promise has reached the disk: of any other one nothing is carried out. */
  private readonly kept: Map<BladeId, number>
  /** Newest last. */
  private nonces: { readonly value: number; readonly at: number }[] = []
  private nonceCount = 0
  private leading: { readonly epoch: number; readonly master: NodeId } | undefined
  /** A word did not reach the disk, and so no later one may be told: this life of the agent grants nothing any more. */
  private isLost = false
  /** Answers that wait for the disk. */
  private inFlight = 0

  constructor(parts: BoardLeasesParts) {
    this.parts = parts
    const { boards, words, clock } = parts
    const now = clock.monotonic()
    this.kept = new Map(boards.map((board) => [board, words.get(board)?.promised ?? 0]))
    this.leases = new Map(boards.map((board) => [board, openBoardLease(board, words.get(board) ?? null, now)]))
  }

  /** Whom the boards follow; undefined before any of them granted its lease. */
  leader(): NodeId | undefined {
    return this.leading?.master
  }

  promisedOf(blade: BladeId): number {
    return this.leases.get(blade)?.word.promised ?? 0
  }

  isGranted(blade: BladeId, epoch: number): boolean {
    const lease = this.leases.get(blade)
    return (
      !this.isLost &&
      lease !== undefined &&
      this.kept.get(blade) === epoch &&
      isGranted(lease, epoch, this.parts.clock.monotonic())
    )
  }

  standingOf(blade: BladeId, epoch: number, nonce: number): Standing {
    const now = this.parts.clock.monotonic()
    const isRecent = this.nonces.some(({ value, at }) => value === nonce && now - at <= commandAgeMaxMs)
    return { promised: this.promisedOf(blade), isGranted: this.isGranted(blade, epoch), isRecent }
  }

  /** Answers never any more once the disk has failed: then it is as if the boards were gone. */
  ask(ask: LeaseAsk, answer: (answered: LeaseAnswered) => void): void {
    if (this.isLost) return
    const { clock, lastOrderOf } = this.parts
    const now = clock.monotonic()
    const changed: BladeId[] = []
    const votes: BoardVote[] = []
    for (const [board, lease] of this.leases) {
      const answered = answerAsk(lease, ask, { now, lastOrder: lastOrderOf(board) })
      this.leases.set(board, answered.lease)
      votes.push(answered.vote)
      if (answered.persists) changed.push(board)
    }
    if (votes.some(({ outcome }) => outcome === 'granted') && ask.epoch >= (this.leading?.epoch ?? 0))
      this.leading = { epoch: ask.epoch, master: ask.master }
    const { epoch, round } = ask
    this.afterDisk(changed, () => answer({ type: 'lease.answered', epoch, round, nonce: this.nonce(), boards: votes }))
  }

  /** At once when nothing is on its way to the disk: the lease loop itself never waits for it. */
  private afterDisk(changed: readonly BladeId[], answer: () => void): void {
    if (changed.length === 0 && this.inFlight === 0) {
      answer()
      return
    }
    const words = changed.flatMap((board) => {
      const lease = this.leases.get(board)
      return lease ? [[board, lease.word] as const] : []
    })
    this.inFlight += 1
    this.parts.journal(
      words.map(([board, word]) => wordEntry(board, word)),
      (kept) => {
        this.inFlight -= 1
        this.isLost ||= !kept.ok
        if (this.isLost) return
        for (const [board, { promised }] of words) this.kept.set(board, promised)
        answer()
      },
    )
  }

  private nonce(): number {
    const now = this.parts.clock.monotonic()
    const newest = this.nonces.at(-1)
    if (newest !== undefined && now - newest.at < nonceEveryMs) return newest.value
    this.nonceCount += 1
    const value = this.parts.incarnation * 2 ** 24 + this.nonceCount
    this.nonces = [...this.nonces, { value, at: now }].slice(-noncesKept)
    return value
  }
}

// — the boards' words in the agent's journal ——————————————————————————————————————————————————

const entryType = 'board.word'

const boardWordEntry = z.object({
  type: z.literal(entryType),
  board: bladeId,
  word: z.object({
    promised: z.number(),
    promisedTo: nodeId.nullable(),
    leaseMs: z.number(),
    mark: syncMark.nullable(),
    voters: voters.nullable(),
  }),
})

export function wordEntry(board: BladeId, word: BoardWord): JournalEntry {
  return { type: entryType, board, word }
}

/** The fewest entries that amount to these words: one a board. */
export function wordEntries(words: ReadonlyMap<BladeId, BoardWord>): JournalEntry[] {
  return [...words].map(([board, word]) => wordEntry(board, word))
}

/** The words that an agent's journal amounts to. Entries of others are passed over; a word that is none throws. */
export function boardWords(entries: Iterable<JournalEntry>): Map<BladeId, BoardWord> {
  const words = new Map<BladeId, BoardWord>()
  for (const entry of entries) {
    if (entry.type !== entryType) continue
    const { board, word } = boardWordEntry.parse(entry)
    words.set(board, word)
  }
  return words
}
