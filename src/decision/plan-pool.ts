// The pool as the plan sees it: for each board type the blades that may be chosen, by how soon they would serve a role. A blade that was chosen
// once is never free again within a plan, so each list is walked from its front and what was taken is dropped.
import type { PlanBlade, PlanRole } from './plan-input.ts'

export interface PlanPool {
  /**
   * The blade that would serve the role soonest, its rank, and how many there are; undefined when none can carry it. One that is not urgent is
   * booted, where that can be done, and what is warm stays for what is.
   */
  best(
    role: PlanRole,
    isUrgent: boolean,
  ): { readonly blade: PlanBlade; readonly rank: number; readonly candidates: number } | undefined
  /** Cold ones that can carry the role, scrubbed ones first; at most so many. */
  cold(role: PlanRole, count: number): readonly PlanBlade[]
  /** The blade was chosen. */
  take(blade: PlanBlade): void
}

/** 0 warm for this role, 1 cold and scrubbed, 2 warm for another, 3 cold and of unknown history. */
const [scrubbed, warmForOther, unknown] = [1, 2, 3]

interface Shelf {
  /** By rank; the first has no list of its own here. */
  readonly byRank: readonly Row[]
  free: number
}

/** In the order of their names; those before `from` were chosen. */
interface Row {
  readonly blades: PlanBlade[]
  from: number
}

/** Looked through when somebody asks first: most plans ask for nothing. */
export function openPool(blades: readonly PlanBlade[], isChoosable: (blade: PlanBlade) => boolean): PlanPool {
  let opened: Shelves | undefined
  const shelves = () => (opened ??= fill(blades.filter((blade) => isPooled(blade) && isChoosable(blade))))

  function first(row: Row | undefined): PlanBlade | undefined {
    if (!row) return undefined
    for (let blade = row.blades[row.from]; blade && !isChoosable(blade); blade = row.blades[row.from]) row.from += 1
    return row.blades[row.from]
  }

  function firstOf(role: PlanRole, rank: number): PlanBlade | undefined {
    let best: PlanBlade | undefined
    for (const type of role.boardTypes) {
      const found = first(shelves().byType.get(type)?.byRank[rank])
      if (found && (best === undefined || found.blade < best.blade)) best = found
    }
    return best
  }

  return {
    best(role, isUrgent) {
      const candidates = role.boardTypes.reduce((sum, type) => sum + (shelves().byType.get(type)?.free ?? 0), 0)
      if (candidates === 0) return undefined
      const ours = shelves()
        .prepared.get(`${role.group}/${role.role}`)
        ?.find((one) => isChoosable(one) && canCarry(role, one))
      const booted = isUrgent ? undefined : firstOf(role, scrubbed)
      if (booted) return { blade: booted, rank: scrubbed, candidates }
      if (ours) return { blade: ours, rank: 0, candidates }
      for (const rank of [scrubbed, warmForOther, unknown]) {
        const blade = firstOf(role, rank)
        if (blade) return { blade, rank, candidates }
      }
      return undefined
    },
    cold(role, count) {
      const found: PlanBlade[] = []
      for (const rank of [scrubbed, unknown]) {
        const rows = role.boardTypes.map((type) => shelves().byType.get(type)?.byRank[rank])
        const some = rows.flatMap((row) => (row ? firstFew(row, count, isChoosable) : []))
        found.push(...some.sort(byId))
      }
      return found.slice(0, count)
    },
    take(blade) {
      const shelf = opened?.byType.get(blade.boardType)
      if (shelf && isPooled(blade)) shelf.free -= 1
    },
  }
}

interface Shelves {
  readonly byType: ReadonlyMap<string, Shelf>
  /** Warm for a role, by `group/role`. */
  readonly prepared: ReadonlyMap<string, readonly PlanBlade[]>
}

function fill(blades: readonly PlanBlade[]): Shelves {
  const byType = new Map<string, Shelf>()
  const prepared = new Map<string, PlanBlade[]>()
  for (const blade of inOrder(blades)) {
    const shelf = byType.get(blade.boardType) ?? newShelf()
    byType.set(blade.boardType, shelf)
    shelf.free += 1
    const isWarm = blade.lifecycle === 'warm'
    shelf.byRank[isWarm ? warmForOther : blade.hasReceipt ? scrubbed : unknown]?.blades.push(blade)
    if (!isWarm || !blade.hasReceipt) continue
    const key = `${blade.preparedFor}/${blade.role}`
    prepared.set(key, [...(prepared.get(key) ?? []), blade])
  }
  return { byType, prepared }
}

function newShelf(): Shelf {
  return { byRank: Array.from({ length: 4 }, () => ({ blades: [], from: 0 })), free: 0 }
}

/** R04. */
export function canCarry(role: PlanRole, blade: PlanBlade): boolean {
  return role.boardTypes.includes(blade.boardType)
}

export function isPooled(blade: PlanBlade): boolean {
  return blade.group === null && (blade.lifecycle === 'warm' || blade.lifecycle === 'cold')
}

export function byId(a: PlanBlade, b: PlanBlade): number {
  return a.blade < b.blade ? -1 : a.blade > b.blade ? 1 : 0
}

function firstFew({ blades, from }: Row, count: number, isChoosable: (blade: PlanBlade) => boolean): PlanBlade[] {
  const found: PlanBlade[] = []
  for (let at = from; at < blades.length && found.length < count; at += 1) {
    const blade = blades[at]
    if (blade && isChoosable(blade)) found.push(blade)
  }
  return found
}

/** Mostly the picture lists them so already. */
function inOrder(blades: readonly PlanBlade[]): readonly PlanBlade[] {
  const isInOrder = blades.every((blade, i) => i === 0 || (blades[i - 1]?.blade ?? '') <= blade.blade)
  return isInOrder ? blades : [...blades].sort(byId)
}
