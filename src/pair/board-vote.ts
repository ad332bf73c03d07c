// One board's part in choosing who leads: it promises epochs, durably, and grants its lease for a while, in memory.
//
// A lease is sticky (P4): while it runs, the other master gets neither promise nor lease, however high its epoch. So a master that
// half the site cannot see is left alone. After a restart the board knows what it promised but not what it granted, and is mute
// until any lease that it may have granted has run out (P5): the asker says how long a lease runs, and the board keeps that with its
// promise, so that no edit of a configuration makes a board forget a lease too soon. The exception: whoever it promised its epoch to is the only one who
// can hold such a lease, so he is granted it again at once. A release ends the lease and the silence early: it names the epoch of a
// master that is verifiably dead or has let go, and each epoch belongs to one life of one master, so it can end no other's lease.
//
// A master that misses records is barred by the newest mark that the board has heard of, also by the question itself: else boards
// that slept through the catching-up would bar both masters of a pair.
import type { CommandOrder } from '../protocol/board.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { BoardVote, LeaseAsk, SyncMark, Voters } from '../protocol/pair.ts'

/** Durable before anything is answered that rests on it (P8). */
export interface BoardWord {
  /** Every lower epoch is refused. Never falls. */
  readonly promised: number
  readonly promisedTo: NodeId | null
  /** Of a lease that it granted to him, or may have granted, ms. */
  readonly leaseMs: number
  readonly mark: SyncMark | null
  readonly voters: Voters | null
}

export interface BoardLease {
  readonly board: BladeId
  readonly word: BoardWord
  /** Monotonic ms at which the lease that it granted to `word.promisedTo` ends; null when it granted none. */
  readonly grantedUntil: number | null
  /** Monotonic ms until which it may have granted a lease that it does not remember. */
  readonly muteUntil: number
  /** Highest epoch that was let go: nobody renews it any more. */
  readonly released: number
}

export const freshWord: BoardWord = { promised: 0, promisedTo: null, leaseMs: 0, mark: null, voters: null }

/** @param word what was on disk; a board that has none never promised anything, and need not be mute */
export function openBoardLease(board: BladeId, word: BoardWord | null, now: number): BoardLease {
  const kept = word ?? freshWord
  return { board, word: kept, grantedUntil: null, muteUntil: now + kept.leaseMs, released: 0 }
}

export interface Answered {
  readonly lease: BoardLease
  /** The word changed: make it durable, then answer, and until then answer nothing else and carry out nothing. */
  readonly persists: boolean
  readonly vote: BoardVote
}

/** @param now monotonic ms */
export function answerAsk(
  former: BoardLease,
  ask: LeaseAsk,
  { now, lastOrder }: { now: number; lastOrder: CommandOrder },
): Answered {
  const lease = releasedFor(former, ask.releases)
  const { word } = lease
  const refuse = (outcome: BoardVote['outcome'], heldMs = 0): Answered => ({
    lease,
    persists: false,
    vote: voteOf(lease, outcome, heldMs, lastOrder),
  })

  if (ask.epoch < word.promised || ask.epoch <= lease.released) return refuse('outbid')
  if (ask.epoch === word.promised && ask.master !== word.promisedTo) return refuse('outbid')
  if (ask.epoch > word.promised) {
    const heldMs = ask.master === word.promisedTo ? 0 : (lease.grantedUntil ?? now) - now
    if (heldMs > 0) return refuse('held', heldMs)
    if (lease.muteUntil > now && ask.master !== word.promisedTo) return refuse('mute', lease.muteUntil - now)
    if (isBarred(word, ask)) return refuse('barred')
  }
  const next: BoardWord = {
    promised: ask.epoch,
    promisedTo: ask.master,
    leaseMs: ask.leaseMs,
    mark: isNewerMark(ask.mark, word.mark) ? ask.mark : word.mark,
    voters: ask.voters.version > (word.voters?.version ?? 0) ? ask.voters : word.voters,
  }
  const granted: BoardLease = { ...lease, word: next, grantedUntil: now + ask.leaseMs }
  return { lease: granted, persists: !isSameWord(word, next), vote: voteOf(granted, 'granted', 0, lastOrder) }
}

/** May a command of this epoch be carried out now (P9)? */
export function isGranted({ word, grantedUntil }: BoardLease, epoch: number, now: number): boolean {
  return epoch === word.promised && grantedUntil !== null && now < grantedUntil
}

export function isNewerMark(mark: SyncMark | null, than: SyncMark | null): boolean {
  if (mark === null || than === null) return mark !== null
  return mark.epoch > than.epoch || (mark.epoch === than.epoch && mark.number > than.number)
}

function isBarred({ mark }: BoardWord, { master, acceptsLoss, mark: heard }: LeaseAsk): boolean {
  if (acceptsLoss || mark?.outOfSync !== master) return false
  return !isNewerMark(heard, mark) || heard?.outOfSync === master
}

/** Only of the epoch that it promised: a lease of any other has run out, or is somebody else's. */
function releasedFor(lease: BoardLease, epoch: number): BoardLease {
  if (epoch === 0 || epoch !== lease.word.promised) return lease
  return { ...lease, grantedUntil: null, muteUntil: Number.NEGATIVE_INFINITY, released: epoch }
}

function isSameWord(a: BoardWord, b: BoardWord): boolean {
  return (
    a.promised === b.promised &&
    a.promisedTo === b.promisedTo &&
    a.leaseMs === b.leaseMs &&
    a.mark === b.mark &&
    a.voters === b.voters
  )
}

function voteOf(
  { board, word }: BoardLease,
  outcome: BoardVote['outcome'],
  heldMs: number,
  lastOrder: CommandOrder,
): BoardVote {
  const { promised, mark, voters } = word
  return { board, outcome, promised, heldMs, mark, voters, lastOrder }
}
