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
