// Majorities of the boards that vote: of the configured ones, never of those that can be reached (P1).
import type { BladeId } from '../protocol/ids.ts'
import type { Voters } from '../protocol/pair.ts'

/** A list is at most this long: more boards make a majority no safer, and every renewal asks them all. */
const voterCountMax = 9

/** The first list of a site: all boards up to nine, else nine, spread over the cabinets. */
export function firstVoters(boards: readonly { readonly blade: BladeId; readonly cabinet: string }[]): Voters {
  const cabinets = [...new Set(boards.map(({ cabinet }) => cabinet))]
  const rows = cabinets.map((cabinet) => boards.filter((one) => one.cabinet === cabinet))
  const longest = Math.max(...rows.map(({ length }) => length))
  const inTurn = Array.from({ length: longest }, (_, place) => rows.flatMap((row) => row[place]?.blade ?? [])).flat()
  return { version: 1, members: inTurn.slice(0, voterCountMax), former: null }
}

/** A leader's own lists are newer than those of all epochs before it, also of one that some board alone has heard of. */
const versionsPerEpoch = 2 ** 20

/**
 * The first half of a change: whatever needs a majority needs one of both lists from now on. When it is kept by both majorities
 * `settledVoters` ends the change. One that is going on is ended first: until then the same list is returned.
 */
export function changedVoters(voters: Voters, members: readonly BladeId[], epoch: number): Voters {
  if (voters.former !== null) return voters
  return { version: versionAfter(voters, epoch), members: [...members], former: voters.members }
}

/** The second half, once a list with a former one is kept by the majorities of both. */
export function settledVoters(voters: Voters, epoch: number): Voters {
  return voters.former === null ? voters : { ...voters, version: versionAfter(voters, epoch), former: null }
}

function versionAfter({ version }: Voters, epoch: number): number {
  return Math.max(version + 1, epoch * versionsPerEpoch)
}

/** Of the list, and while it is being changed of the former one too. */
export function hasMajority({ members, former }: Voters, isFor: (board: BladeId) => boolean): boolean {
  return isMajorityOf(members, isFor) && (former === null || isMajorityOf(former, isFor))
}

export function isVoter({ members, former }: Voters, board: BladeId): boolean {
  return members.includes(board) || (former?.includes(board) ?? false)
}

function isMajorityOf(boards: readonly BladeId[], isFor: (board: BladeId) => boolean): boolean {
  return boards.filter(isFor).length * 2 > boards.length
}
