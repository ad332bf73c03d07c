// What makes two states of the models the same: times count from now, what has run out counts as never, and boards that vote alike
// may be exchanged. 53 bits of a hash stand for the state: of ten million states two are taken for one with a likelihood of 1 in 200.
import type { BoardLease } from '../../../src/pair/board-vote.ts'
import type { MasterLease } from '../../../src/pair/master-lease.ts'
import type { BoardState } from './pair-board.ts'
import type { MasterState } from './pair-master.ts'
import type { Rec } from './reducers.ts'
import type { Message, WalkState } from './walk.ts'

/**
 * @param holdMs a round that is older counts for nothing
 * @param more what else tells states apart
 */
export function stateKey(state: WalkState, holdMs: number, more: string): number {
  const now = state.trueMs
  const boards = state.boards.map((board, i) => `${boardKey(board, now)}<${messagesOf(state.bag, i + 2)}`)
  const votes = state.boards.map((_, i) => votesKey(state, `c01-s0${i + 1}`, holdMs))
  const interchangeable = boards.map((key, i) => `${key}${votes[i]}`).sort()
  const masters = state.masters.map((master) => masterKey(master, now))
  const rest = `${messagesOf(state.bag, -1)}#${state.freed}#${state.law.executed.length}#${more}`
  return hash(`${masters.join('|')}#${interchangeable.join('|')}#${rest}`)
}

function masterKey(master: MasterState, now: number): string {
  const { lease, replication, journal, isUp, opening, keptEpoch, followed, after, owed } = master
  const { stage, epoch, epochSeen, mark, releases, acceptsLoss, round, until, askAt } = lease
  const key = [
    stage[0],
    epoch,
    epochSeen,
    markKey(mark),
    releases,
    acceptsLoss,
    round,
    left(until, now),
    left(askAt, now),
  ]
  const copy =
    replication === null
      ? ''
      : [
          replication.mode,
          replication.markNumber,
          replication.inherited,
          replication.local,
          replication.peerHas,
          replication.isPeerLinked,
          replication.committed,
        ]
  const records = [recordsKey(journal.records), recordsKey(journal.disk), journal.dirtyFrom]
  const follows = [opening, keptEpoch, followed, after.index, after.epoch, owed === null ? '' : JSON.stringify(owed)]
  return `${isUp}${key};${copy};${records};${follows}`
}

/** What the masters hold of one board: its last votes, and the rounds that it granted. */
function votesKey({ masters, trueMs }: WalkState, board: string, holdMs: number): string {
  return masters.map(({ lease }) => voteKey(lease, board, trueMs, holdMs)).join('/')
}

function voteKey({ stage, votes, rounds }: MasterLease, board: string, now: number, holdMs: number): string {
  const vote = votes[board]
  if (stage === 'idle') return ''
  let granted = ''
  for (const one of rounds)
    if (now - one.sentAt < holdMs)
      granted += `${one.round}.${one.sentAt - now}${one.granted.includes(board) ? '+' : '-'}`
  return `${vote === undefined ? '' : `${vote.outcome}${vote.promised}${markKey(vote.mark)}`}${granted}`
}

function boardKey({ word, lastEpoch, isUp, lease, waiting }: BoardState, now: number): string {
  return `${isUp}${word?.promised}${word?.promisedTo}${markKey(word?.mark ?? null)},${lastEpoch},${leaseKey(lease, now)},${
    waiting === null ? '' : JSON.stringify(waiting.word)
  }`
}

function leaseKey({ word, grantedUntil, muteUntil, released }: BoardLease, now: number): string {
  return `${word.promised}${word.promisedTo}${markKey(word.mark)},${left(grantedUntil ?? 0, now)},${left(muteUntil, now)},${released}`
}

/** Of those from or to a board; with -1 those between the masters. */
function messagesOf(bag: readonly Message[], board: number): string {
  const keys: string[] = []
  for (const message of bag) {
    const isOfBoard = message.from === board || message.to === board
    if (board === -1 ? message.from < 2 && message.to < 2 : isOfBoard) keys.push(messageKey(message))
  }
  return keys.sort().join()
}

function messageKey(message: Message): string {
  switch (message.kind) {
    case 'ask': {
      const { epoch, round, releases, mark } = message.ask
      return `a${message.from}.${epoch}.${round}.${releases}${markKey(mark)}`
    }
    case 'answer': {
      const { epoch, round, boards } = message.answer
      const vote = boards[0]
      return `b${message.to}.${epoch}.${round}${vote?.outcome}${vote?.promised}${markKey(vote?.mark ?? null)}`
    }
    case 'ship': {
      const { epoch, after, records } = message.shipment
      return `s${message.from}.${epoch}.${after.index}.${after.epoch}.${recordsKey(records)}`
    }
    case 'followed':
      return `f${message.from}${JSON.stringify(message.answer)}`
    case 'command':
      return `c${message.epoch}.${message.record.index}`
    default:
      return message satisfies never
  }
}

function markKey(mark: { epoch: number; number: number; outOfSync: string | null } | null): string {
  return mark === null ? '_' : `m${mark.epoch}.${mark.number}${mark.outOfSync}`
}

function recordsKey(records: readonly Rec[]): string {
  let key = ''
  for (const { index, epoch } of records) key += `${index}.${epoch} `
  return key
}

function left(at: number, now: number): number {
  return Number.isFinite(at) ? Math.max(0, at - now) : -1
}

/** cyrb53: two rounds of multiply and shift over the text. */
function hash(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
