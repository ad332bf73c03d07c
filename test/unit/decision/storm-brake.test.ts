import { describe, expect, test } from 'vitest'
import { weigh } from '../../../src/decision/plan.ts'
import type { PlanBlade, PlanInput } from '../../../src/decision/plan-input.ts'
import { emptyPlanMemory, type PlanMemory } from '../../../src/decision/plan-memory.ts'
import type { PlanResult } from '../../../src/decision/plan-result.ts'
import { stormLimit } from '../../../src/decision/storm-brake.ts'
import { blade, member, picture, request, role } from './farm.ts'

const windowMs = 5_000
const failed = { lifecycle: 'failed' } as const
const silent = { silent: true, reachable: false } as const

/** Eight serve, four are cold: the limit is three. `lost` are the first ones. */
function site(lost: number, how: Partial<PlanBlade>): PlanBlade[] {
  const serving = Array.from({ length: 8 }, (_, i) => member(i + 1, 'shop/web', i < lost ? how : {}))
  return [...serving, ...[9, 10, 11, 12].map((n) => blade(n))]
}

const roles = [role('shop/web', { committed: 8, max: 12 })]

const replacedIn = ({ moves }: PlanResult) => moves.filter(({ cause }) => cause === 'failure').length

/** Weighs again and again, each weighing remembering the last. */
function master() {
  let memory: PlanMemory = emptyPlanMemory
  return (blades: readonly PlanBlade[], now: number, more: Partial<PlanInput> = {}) => {
    const plan = weigh(picture(blades, roles, { ...more, memory }), now)
    memory = plan.memory
    return plan
  }
}

describe('R25: the storm brake', () => {
  test('three of twelve blades that fail at once are replaced', () => {
    const plan = master()(site(3, failed), 0)
    expect(plan.memory.brake.since).toBeNull()
    expect(replacedIn(plan)).toBe(3)
  })

  test('of four none is moved, and the group that is short of them is told why', () => {
    const plan = master()(site(4, failed), 0)
    expect(plan.moves).toEqual([])
    expect(plan.turnedDown).toMatchObject([{ group: 'shop/web', count: 4, reason: { code: 'STORM_BRAKE' } }])
    expect(plan.reasons[0]).toMatchObject({
      code: 'STORM_BRAKE',
      numbers: { lost: 4, silent: 0, blades: 12, limit: 3 },
    })
  })

  test('what a failed board has said for a window is believed: a site whose power failed comes up again', () => {
    const weighAt = master()
    expect(weighAt(site(8, failed), 0).moves).toEqual([])
    expect(weighAt(site(8, failed), windowMs).moves).toEqual([])
    const after = weighAt(site(8, failed), windowMs + 1)
    expect(after.memory.brake.since).toBeNull()
    expect(after.moves.length).toBeGreaterThan(0)
  })

  test('losses one after the other, each in a window of its own, are no storm', () => {
    const weighAt = master()
    for (const lost of [1, 2, 3, 4, 5, 6])
      expect(weighAt(site(lost, failed), lost * (windowMs + 1)).memory.brake.since).toBeNull()
  })

  test('silence is not believed however long it lasts; the brake goes when fewer are silent', () => {
    const weighAt = master()
    weighAt(site(0, {}), 0)
    expect(weighAt(site(4, silent), 1_000).memory.brake.since).toBe(1_000)
    expect(weighAt(site(4, silent), 3_600_000).memory.brake.since).toBe(1_000)
    expect(weighAt(site(3, silent), 3_600_001).memory.brake.since).toBeNull()
  })

  test('a cabinet that was silent long before keeps nobody else from being replaced', () => {
    const weighAt = master()
    for (const lost of [1, 2, 3, 4]) weighAt(site(lost, silent), lost * (windowMs + 1))
    const blades = site(4, silent).map((one) => (one.blade === 'c01-s08' ? { ...one, ...failed } : one))
    const plan = weighAt(blades, 100_000)
    expect(plan.memory.brake.since).toBeNull()
    expect(replacedIn(plan)).toBe(1)
  })

  test('R41: a master that has just begun and hears few boards starts no storm', () => {
    const unheard = { ...silent, lifecycle: 'unknown', group: null, role: null } as const
    const plan = master()(site(5, unheard), 0)
    expect(plan.moves).toEqual([])
    expect(plan.turnedDown).toMatchObject([{ count: 5, reason: { code: 'STORM_BRAKE' } }])
  })

  test('requests are not served either: who lost blades asks for as many', () => {
    const all = [role('shop/web', { committed: 1, max: 12, wish: request(10) })]
    expect(weigh(picture(site(4, silent), all), 0).moves).toEqual([])
  })

  test('cordoned blades do not count', () => {
    expect(master()(site(5, { ...silent, cordoned: true }), 0).memory.brake.since).toBeNull()
  })

  test('moves under way count on: their blades are taken for where they go', () => {
    const to = { kind: 'group', group: 'shop/web', role: 'front' } as const
    const blades = [...site(4, failed).slice(0, 8), blade(9, { inMove: { move: 'mv-000001', to } })]
    expect(master()(blades, 0).turnedDown).toMatchObject([{ count: 3 }])
  })
})

describe("an operator's word", () => {
  const accept = (n: number, at: number) => ({
    stormRelease: { at, lost: Array.from({ length: n }, (_, i) => `c01-s0${i + 1}`) },
  })

  test('what it names is replaced', () => {
    const weighAt = master()
    weighAt(site(4, failed), 0)
    const released = weighAt(site(4, failed), 1_000, accept(4, 900))
    expect(released.memory.brake.since).toBeNull()
    expect(replacedIn(released)).toBe(4)
  })

  test('a storm of others, or of the same ones once they were well again, needs another word', () => {
    const weighAt = master()
    weighAt(site(4, silent), 0)
    expect(weighAt(site(4, silent), 1_000, accept(4, 900)).memory.brake.since).toBeNull()
    expect(weighAt(site(8, silent), 2_000, accept(4, 900)).memory.brake.since).toBe(2_000)
    weighAt(site(0, {}), 20_000, accept(4, 900))
    expect(weighAt(site(4, silent), 30_000, accept(4, 900)).memory.brake.since).toBe(30_000)
  })
})

test('the share counts where the site is large', () => {
  const limits = { lostMax: 3, lostShareMax: 0.2, windowMs }
  expect([1, 8, 19, 20, 100, 10_000].map((count) => stormLimit(count, limits))).toEqual([3, 3, 3, 4, 20, 2_000])
})
