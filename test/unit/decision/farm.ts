// A farm as data: builds pictures for the plan and carries its moves out at once, or later, so that plans can be weighed in a row.
import { weigh } from '../../../src/decision/plan.ts'
import type { PlanBlade, PlanInput, PlanLimits, PlanRole, StandingWish } from '../../../src/decision/plan-input.ts'
import { emptyPlanMemory, type PlanMemory } from '../../../src/decision/plan-memory.ts'
import type { PlannedMove, PlanResult } from '../../../src/decision/plan-result.ts'
import type { Placement } from '../../../src/protocol/messages.ts'

export const limits: PlanLimits = {
  concurrentBootsMax: 8,
  concurrentMovesMax: 8,
  minResidenceMs: 2_000,
  reclaimBackoff: { firstMs: 60_000, maxMs: 3_600_000, forgetMs: 600_000 },
  moveCostMs: 2_000,
  horizonMs: 30_000,
  stormBrake: { lostMax: 3, lostShareMax: 0.2, windowMs: 5_000 },
}

export function blade(n: number, more: Partial<PlanBlade> = {}): PlanBlade {
  return {
    blade: `c01-s${String(n).padStart(2, '0')}`,
    boardType: 'small',
    cabinet: '01',
    lifecycle: 'cold',
    group: null,
    role: null,
    preparedFor: null,
    inMove: null,
    cordoned: false,
    hasReceipt: true,
    since: 0,
    reachable: true,
    ...more,
  }
}

export function member(n: number, group: string, more: Partial<PlanBlade> = {}): PlanBlade {
  return blade(n, { lifecycle: 'joined', group, role: 'front', ...more })
}

export function warm(n: number, preparedFor: string, more: Partial<PlanBlade> = {}): PlanBlade {
  return blade(n, { lifecycle: 'warm', preparedFor, role: 'front', ...more })
}

export function role(group: string, more: Partial<PlanRole> = {}): PlanRole {
  return {
    group,
    role: 'front',
    boardTypes: ['small'],
    committed: 2,
    initial: 2,
    max: 6,
    warm: 0,
    priority: 0.5,
    operatorHeld: false,
    initialised: true,
    wish: null,
    ...more,
  }
}

export function request(desired: number, wish = 0.9): StandingWish {
  return { kind: 'request', desired, wish, reasons: [], at: 0 }
}

export function offer(desired: number, wish = -0.9): StandingWish {
  return { kind: 'offer', desired, wish, reasons: [], at: 0 }
}

export const steady: StandingWish = { kind: 'steady', desired: 0, wish: 0, reasons: [], at: 0 }

export function picture(
  blades: readonly PlanBlade[],
  roles: readonly PlanRole[],
  more: Partial<PlanInput> = {},
): PlanInput {
  return { blades, roles, limits, memory: emptyPlanMemory, decidedIndex: 1, ...more }
}

/** `c01-s03 news/web -> shop/web request`, for whole-value comparison. */
export function inShort(moves: readonly PlannedMove[]): string[] {
  return moves.map(({ blade, from, to, cause }) => `${blade} ${from ?? 'pool'} -> ${placeOf(to)} ${cause}`)
}

export function placeOf(to: Placement): string {
  if (to.kind === 'cold') return 'cold'
  return to.kind === 'warm' ? `warm ${to.group}` : to.group
}

/** What the blade is once a move to `to` has ended. */
export function arrived(one: PlanBlade, to: Placement, at: number): PlanBlade {
  const there = { ...one, inMove: null, hasReceipt: true, since: at }
  if (to.kind === 'cold') return { ...there, lifecycle: 'cold', group: null, role: null, preparedFor: null }
  if (to.kind === 'warm') return { ...there, lifecycle: 'warm', group: null, role: to.role, preparedFor: to.group }
  return { ...there, lifecycle: 'joined', group: to.group, role: to.role, preparedFor: null }
}

export interface Farm {
  blades: readonly PlanBlade[]
  roles: readonly PlanRole[]
  memory: PlanMemory
  limits: PlanLimits
}

/** Weighs once and carries everything out at once. */
export function tick(farm: Farm, now: number): PlanResult {
  const plan = weigh({ ...farm, decidedIndex: now }, now)
  const destinations = new Map(plan.moves.map((move) => [move.blade, move.to]))
  farm.memory = plan.memory
  farm.blades = farm.blades.map((one) => {
    const to = destinations.get(one.blade)
    return to === undefined ? one : arrived(one, to, now)
  })
  return plan
}

/** How many blades are where: `{'shop/web': 2, 'warm shop/web': 1, cold: 5}`. */
export function census(blades: readonly PlanBlade[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { lifecycle, group, preparedFor } of blades) {
    const place = lifecycle === 'joined' ? group : lifecycle === 'warm' ? `warm ${preparedFor}` : lifecycle
    if (place !== null) counts[place] = (counts[place] ?? 0) + 1
  }
  return counts
}
