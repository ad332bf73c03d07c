// Majorities of the boards that vote: of the configured ones, never of those that can be reached (P1).
import type { BladeId } from '../protocol/ids.ts'
import type { Voters } from '../protocol/pair.ts'

/** A list is at most this long: more boards make a majority no safer, and every renewal asks them all. */
const voterCountMax = 9

/** A board of the configuration. */
export interface Electable {
  readonly blade: BladeId
  readonly cabinet: string
}

/** The first list of a site: all boards up to nine, else nine, spread over the cabinets. */
export function firstVoters(boards: readonly Electable[]): Voters {
  return { version: 1, members: spread(boards, [], voterCountMax), former: null }
}

/**
 * Who should vote: as many as the first list has, those that do already as far as they are configured and heard, the others spread
 * over the cabinets. Who is silent gives way to one who is heard, and stays when there is none: the list shrinks with the
 * configuration only, or half a farm that is cut off would vote the other half out.
 */
export function wantedVoters({ members }: Voters, boards: readonly Electable[], isHeard: (board: BladeId) => boolean) {
  const size = Math.min(voterCountMax, boards.length)
  const configured = boards.filter(({ blade }) => members.includes(blade))
  const heard = configured.filter(({ blade }) => isHeard(blade)).map(({ blade }) => blade)
  const filled = spread(
    boards.filter(({ blade }) => isHeard(blade)),
    heard,
    size,
  )
  const rest = [...configured, ...boards].map(({ blade }) => blade).filter((blade) => !filled.includes(blade))
  return [...filled, ...new Set(rest)].slice(0, size)
}

/** So many: the given ones, then always the first of the cabinet that has the fewest. */
function spread(boards: readonly Electable[], given: readonly BladeId[], size: number): BladeId[] {
  const cabinetOf = new Map(boards.map(({ blade, cabinet }) => [blade, cabinet]))
  const chosen = given.slice(0, size)
  while (chosen.length < size) {
    const countIn = (cabinet: string) => chosen.filter((blade) => cabinetOf.get(blade) === cabinet).length
    const free = boards.filter(({ blade }) => !chosen.includes(blade))
    const [first, ...others] = free
    if (first === undefined) break
    const next = others.reduce((best, one) => (countIn(one.cabinet) < countIn(best.cabinet) ? one : best), first)
    chosen.push(next.blade)
  }
  return chosen
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
