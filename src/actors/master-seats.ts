// Site masters that run on blades of the farm (R47): which blade carries which, and when one needs another blade.
import type { PlanInput, Vacancy } from '../decision/plan-input.ts'
import type { Seat } from '../decision/plan-result.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { Effects } from './effects.ts'
import type { SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'
import type { SitePicture } from './site-picture.ts'

export interface SeatParts {
  readonly book: Pick<SiteBook, 'node' | 'masterBlades' | 'replaceMasterAfterMs' | 'blades' | 'heartbeatMs'>
  readonly memory: Pick<SiteMemory, 'placed' | 'redundancy'>
  readonly picture: Pick<SitePicture, 'statusOf' | 'heardAt'>
}

/** By blade. */
export function carriedBy({ book, memory }: Pick<SeatParts, 'book' | 'memory'>): ReadonlyMap<BladeId, NodeId> {
  const places = { ...book.masterBlades, ...Object.fromEntries(memory.placed) }
  return new Map(Object.entries(places).map(([master, blade]) => [blade, master]))
}

export function withSeats(input: PlanInput, parts: SeatParts, now: number): PlanInput {
  const carried = carriedBy(parts)
  if (carried.size === 0) return input
  const blades = input.blades.map((blade) => {
    const carries = carried.get(blade.blade)
    return carries === undefined ? blade : { ...blade, carries }
  })
  return { ...input, blades, vacancy: vacancyOf(parts, carried, now) }
}

/**
 * Only what the board itself calls dead is given up: a server that is merely silent may still run its master, and two of one name would
 * be two that the boards cannot tell apart.
 */
function vacancyOf(
  { book, memory, picture }: SeatParts,
  carried: ReadonlyMap<BladeId, NodeId>,
  now: number,
): Vacancy | null {
  const { since } = memory.redundancy
  if (since === null || now - since < book.replaceMasterAfterMs) return null
  const other = [...carried].find(([, master]) => master !== book.node)
  const own = [...carried].find(([, master]) => master === book.node)
  if (other === undefined) return null
  const [former, master] = other
  const said = picture.statusOf(former)
  const isFresh = now - (picture.heardAt(former) ?? 0) <= book.heartbeatMs
  if (said === undefined || !isFresh || !said.lost || said.power === 'on') return null
  const cabinetOf = (blade: BladeId) => book.blades.find((one) => one.blade === blade)?.cabinet ?? null
  return { master, former, otherCabinet: own === undefined ? null : cabinetOf(own[0]) }
}

/** Durable before whoever launches site masters hears of it. */
export function noteSeat(effects: Effects, memory: Pick<SiteMemory, 'placed'>, seat: Seat | null): void {
  if (seat === null) return
  const { master, blade, former } = seat
  effects.journal({ type: 'master.placed', master, blade })
  memory.placed.set(master, blade)
  effects.publish({ type: 'master.placed', at: effects.now, master, blade, former })
}
