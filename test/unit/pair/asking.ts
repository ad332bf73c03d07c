// Questions and answers of the pair's unit tests.
import type { BoardVote, LeaseAnswered, LeaseAsk, SyncMark, Voters } from '../../../src/protocol/pair.ts'

export const boards = ['c01-s01', 'c01-s02', 'c01-s03', 'c01-s04', 'c01-s05'] as const

export const five: Voters = { version: 1, members: [...boards], former: null }

export function askOf(over: Partial<LeaseAsk> = {}): LeaseAsk {
  return {
    type: 'lease.ask',
    master: 'm1',
    epoch: 1,
    round: 1,
    releases: 0,
    leaseMs: 1_000,
    mark: null,
    voters: five,
    acceptsLoss: false,
    ...over,
  }
}

export function voteOf(board: string, over: Partial<BoardVote> = {}): BoardVote {
  const lastOrder = { epoch: 0, index: 0 }
  return { board, outcome: 'granted', promised: 1, heldMs: 0, mark: null, voters: five, lastOrder, ...over }
}

export function answerOf(epoch: number, round: number, votes: BoardVote[]): LeaseAnswered {
  return { type: 'lease.answered', epoch, round, nonce: 0, boards: votes }
}

export function markOf(outOfSync: string | null, epoch = 1, number = 1): SyncMark {
  return { epoch, number, outOfSync, index: 7 }
}
