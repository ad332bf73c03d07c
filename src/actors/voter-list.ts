// Who votes while a site master leads: the list that the boards keep, and what it should become. A board that is silent for long, as
// one whose cabinet has burnt, would be counted as a vote against whoever leads for ever; one that was added could never vote.
import { changedVoters, type Electable, wantedVoters } from '../pair/voters.ts'
import type { BladeId } from '../protocol/ids.ts'
import type { BoardVote, Voters } from '../protocol/pair.ts'

/** Longer than a server that hosts an agent takes to boot. Lower: fewer boards may fail at once; higher: the same, for longer. */
const silentMs = 60_000
/** Between two looks at who is silent. */
const lookMs = 1_000

export class VoterList {
  private readonly boards: readonly Electable[]
  private readonly heardAt = new Map<BladeId, number>()
  private since = 0
  private lookedAt = Number.NEGATIVE_INFINITY

  constructor(boards: readonly Electable[]) {
    this.boards = boards
  }

  /** Of whom nothing was heard before is taken to be there until it has been silent for long. */
  begin(now: number): void {
    this.since = now
    this.lookedAt = Number.NEGATIVE_INFINITY
  }

  heard(votes: readonly BoardVote[], now: number): void {
    for (const { board } of votes) this.heardAt.set(board, now)
  }

  /**
   * The list to carry next, or the same one. The first list of a site is what a file says, and two files may say different things;
   * a leader's own is newer than any such.
   */
  next(voters: Voters, epoch: number, now: number): Voters {
    if (voters.former !== null || now < this.lookedAt + lookMs) return voters
    this.lookedAt = now
    const isHeard = (board: BladeId) => now - Math.max(this.since, this.heardAt.get(board) ?? 0) < silentMs
    const wanted = wantedVoters(voters, this.boards, isHeard)
    const isSame = wanted.length === voters.members.length && wanted.every((board) => voters.members.includes(board))
    return isSame && voters.version > 1 ? voters : changedVoters(voters, wanted, epoch)
  }
}
