// What may be promised (R37): at every instant the committed and guaranteed levels of all accounts, less what is overbooked by a stated factor,
// fit into the farm less its stated spares. Board types by Hall's theorem: for every set of board types, the roles that can live on nothing else
// must not be guaranteed more than the set has.

import { instantText } from './calendar.ts'
import { chanceOfShortage, type Need, spread } from './shortage.ts'
import type { SlaBook } from './sla-book.ts'
import { cumulative, type Levels, levelsOf, resourceNames, type SlaTerms } from './sla-terms.ts'

export interface Capacity {
  /** Blades that can serve accounts, by board type. */
  readonly blades: Readonly<Record<string, number>>
  /** Of those: kept for failures. */
  readonly spares: number
  /** What may be guaranteed, in times of what there is; 1: nothing is overbooked. What is committed never is. */
  readonly overbooking: number
  /** Mbit/s and GB of the site; undefined: not limited. */
  readonly bandwidth?: number | undefined
  readonly volume?: number | undefined
  /** Of a role (`shop/web/front`); undefined for one that does not exist. */
  boardTypesOf(item: string): readonly string[] | undefined
}

export interface Refusal {
  readonly code: 'SLA_UNKNOWN_ROLE' | 'SLA_OVERCOMMITTED' | 'SLA_OVERBOOKED'
  readonly detail: string
  readonly numbers: Readonly<Record<string, number>>
}

export interface Admission {
  readonly refusals: readonly Refusal[]
  /** Probability that not everybody who is guaranteed a blade could get it at once; 0 where nothing is overbooked. */
  readonly shortage: number
}

/**
 * @param needOf how many blades a role needed for how long, as far as it was measured; without it, anything between its committed and its
 * guaranteed level counts as equally likely
 */
export function admit(
  book: SlaBook,
  capacity: Capacity,
  now: number,
  needOf: (item: string) => Need | undefined,
): Admission {
  const refusals: Refusal[] = []
  let shortage = 0
  for (const at of [now, ...book.changesAfter(now)]) {
    const accounts = book.names().flatMap((name) => book.at(name, at)?.terms ?? [])
    const roles = accounts.flatMap(({ roles: all }) =>
      all.map((role) => ({ item: `${role.group}/${role.role}`, levels: levelsOf(role) })),
    )
    refusals.push(...unknownRoles(roles, capacity))
    if (refusals.length === 0)
      refusals.push(...shortSets(roles, capacity, at), ...shortResources(accounts, capacity, at))
    if (refusals.length > 0) break
    const has = Object.values(capacity.blades).reduce((sum, count) => sum + count, 0) - capacity.spares
    const isOverbooked = roles.reduce((sum, { levels }) => sum + levels.guaranteed, 0) > has
    const needs = roles.map(({ item, levels }) => spread(needOf(item), levels))
    if (isOverbooked) shortage = Math.max(shortage, chanceOfShortage(needs, has))
  }
  return { refusals, shortage }
}

interface Role {
  readonly item: string
  readonly levels: Levels
}

function unknownRoles(roles: readonly Role[], capacity: Capacity): Refusal[] {
  const strange = roles.filter(({ item }) => capacity.boardTypesOf(item) === undefined)
  return strange.map(({ item }) => ({ code: 'SLA_UNKNOWN_ROLE', detail: `the farm has no role ${item}`, numbers: {} }))
}

function shortSets(
  roles: readonly Role[],
  { blades, spares, overbooking, boardTypesOf }: Capacity,
  at: number,
): Refusal[] {
  for (const types of subsets(Object.keys(blades))) {
    const isWhole = types.length === Object.keys(blades).length
    const inSet = types.reduce((sum, type) => sum + (blades[type] ?? 0), 0)
    // Spares are of no type: all of them are missing from the whole only.
    const has = inSet - (isWhole ? spares : 0)
    const bound = roles.filter(({ item }) => boardTypesOf(item)?.every((type) => types.includes(type)))
    const committed = bound.reduce((sum, { levels }) => sum + levels.committed, 0)
    const guaranteed = bound.reduce((sum, { levels }) => sum + levels.guaranteed, 0)
    const numbers = { blades: inSet, spares: isWhole ? spares : 0, overbooking, committed, guaranteed }
    const where = `${instantText(at)}: ${types.join(' or ')}`
    if (committed > has) {
      const detail = `${where}: ${committed} blades committed, ${has} to commit (${inSet} less ${numbers.spares} spares)`
      return [{ code: 'SLA_OVERCOMMITTED', detail, numbers }]
    }
    if (guaranteed > Math.floor(has * overbooking)) {
      const detail = `${where}: ${guaranteed} blades guaranteed, ${Math.floor(has * overbooking)} to guarantee (${inSet} less ${numbers.spares} spares, overbooked ${overbooking} times)`
      return [{ code: 'SLA_OVERBOOKED', detail, numbers }]
    }
  }
  return []
}

function shortResources(accounts: readonly SlaTerms[], capacity: Capacity, at: number): Refusal[] {
  return resourceNames.flatMap((resource): Refusal[] => {
    const has = capacity[resource]
    if (has === undefined) return []
    const levels = accounts.flatMap((terms) => (terms[resource] ? [cumulative(terms[resource])] : []))
    const guaranteed = levels.reduce((sum, one) => sum + one.guaranteed, 0)
    const committed = levels.reduce((sum, one) => sum + one.committed, 0)
    const most = Math.floor(has * capacity.overbooking)
    const numbers = { has, committed, guaranteed, overbooking: capacity.overbooking }
    const where = `${instantText(at)}: ${resource}`
    if (committed > has)
      return [{ code: 'SLA_OVERCOMMITTED', detail: `${where}: ${committed} committed of ${has}`, numbers }]
    if (guaranteed <= most) return []
    return [{ code: 'SLA_OVERBOOKED', detail: `${where}: ${guaranteed} guaranteed of ${most}`, numbers }]
  })
}

/** All that are not empty, small ones first. */
function subsets(types: readonly string[]): readonly (readonly string[])[] {
  const all = Array.from({ length: 2 ** types.length - 1 }, (_, mask) =>
    types.filter((_type, bit) => ((mask + 1) >> bit) & 1),
  )
  return all.toSorted((a, b) => a.length - b.length)
}
