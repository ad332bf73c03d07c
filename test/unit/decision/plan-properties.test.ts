import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { weigh } from '../../../src/decision/plan.ts'
import type { PlanBlade, PlanInput, PlanRole } from '../../../src/decision/plan-input.ts'
import { emptyPlanMemory, nextTaking, type Taking } from '../../../src/decision/plan-memory.ts'
import type { PlannedMove } from '../../../src/decision/plan-result.ts'
import { blade, type Farm, limits, member, offer, picture, request, role, steady, tick, warm } from './farm.ts'

const now = 1_000_000
const groups = ['shop/web', 'news/web', 'blog/web']

const wishes = fc.oneof(
  fc.constant(null),
  fc.constant(steady),
  fc.tuple(fc.integer({ min: 0, max: 8 }), fc.double({ min: 0, max: 1, noNaN: true })).map(([n, w]) => request(n, w)),
  fc.integer({ min: 0, max: 8 }).map((n) => offer(n)),
)

const roles = fc.tuple(
  ...groups.map((group) =>
    fc
      .record({
        committed: fc.integer({ min: 0, max: 3 }),
        more: fc.integer({ min: 0, max: 3 }),
        warm: fc.integer({ min: 0, max: 2 }),
        priority: fc.constantFrom(0.1, 0.5, 0.9),
        operatorHeld: fc.boolean(),
        initialised: fc.boolean(),
        boardTypes: fc.constantFrom(['small'], ['small', 'large']),
        wish: wishes,
      })
      .map(
        ({ committed, more, ...rest }): PlanRole =>
          role(group, { committed, initial: committed + more, max: committed + more, ...rest }),
      ),
  ),
)

const flags = fc.record({
  cordoned: fc.boolean(),
  reachable: fc.constantFrom(true, true, true, false),
  hasReceipt: fc.boolean(),
  since: fc.constantFrom(0, now - 1),
  boardType: fc.constantFrom('small', 'small', 'large'),
  base: fc.constantFrom(false, false, false, true),
})

const places = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...groups).map((group) => (n: number) => member(n, group)) },
  fc.constantFrom(...groups).map((group) => (n: number) => member(n, group, { lifecycle: 'failed' })),
  fc.constantFrom(...groups).map((group) => (n: number) => member(n, group, { lifecycle: 'quarantined' })),
  fc.constantFrom(...groups).map((group) => (n: number) => warm(n, group)),
  fc.constant((n: number) => blade(n)),
  fc.constant((n: number) => blade(n, { lifecycle: 'failed' })),
  fc
    .constantFrom(...groups)
    .map(
      (group) => (n: number) =>
        blade(n, { lifecycle: 'booting', inMove: { move: 'mv-1', to: { kind: 'group', group, role: 'front' } } }),
    ),
  fc
    .constantFrom(...groups)
    .map(
      (group) => (n: number) =>
        member(n, group, { lifecycle: 'draining', inMove: { move: 'mv-2', to: { kind: 'cold' } } }),
    ),
)

const pictures: fc.Arbitrary<PlanInput> = fc
  .tuple(
    fc.array(fc.tuple(places, flags), { maxLength: 14 }),
    roles,
    fc.record({
      concurrentBootsMax: fc.integer({ min: 0, max: 6 }),
      concurrentMovesMax: fc.integer({ min: 0, max: 8 }),
    }),
  )
  .map(([made, all, some]) =>
    picture(
      made.map(([place, its], i) => ({ ...place(i + 1), ...its })),
      all,
      { limits: { ...limits, ...some } },
    ),
  )

const find = (input: PlanInput, id: string): PlanBlade => input.blades.find((one) => one.blade === id) ?? blade(99)
const check = (property: (input: PlanInput) => void) =>
  fc.assert(fc.property(pictures, property), { seed: 31, numRuns: 2000 })

/** What the group holds once everything in flight has arrived. */
function heldBefore(input: PlanInput, group: string): number {
  return input.blades.filter((one) =>
    one.inMove
      ? one.inMove.to.kind === 'group' && one.inMove.to.group === group
      : one.lifecycle === 'joined' && one.group === group,
  ).length
}

function arriving(moves: readonly PlannedMove[], group: string): number {
  return moves.filter((move) => move.to.kind === 'group' && move.to.group === group).length
}

/** Without failed ones: they were not held. */
function leaving(input: PlanInput, moves: readonly PlannedMove[], group: string): number {
  return moves.filter((move) => move.from === group && find(input, move.blade).lifecycle === 'joined').length
}

describe('R31: whatever the picture', () => {
  test('R31: a commitment is never broken to serve an optional level, nor another commitment', () => {
    check((input) => {
      const { moves } = weigh(input, now)
      for (const { group, committed } of input.roles) {
        const serving = input.blades.filter((one) => one.group === group && one.lifecycle === 'joined' && !one.inMove)
        const leaving = serving.filter((one) => moves.some((move) => move.blade === one.blade))
        if (leaving.length > 0) expect(serving.length - leaving.length).toBeGreaterThanOrEqual(committed)
      }
    })
  })

  test('R31: a blade has at most one move, and none while it is in one, cordoned, quarantined or out of reach', () => {
    check((input) => {
      const { moves } = weigh(input, now)
      expect(new Set(moves.map((move) => move.blade)).size).toBe(moves.length)
      for (const move of moves) {
        const one = find(input, move.blade)
        expect([one.inMove, one.cordoned, one.reachable, one.lifecycle === 'quarantined']).toEqual([
          null,
          false,
          true,
          false,
        ])
        if (one.base && one.lifecycle === 'joined')
          expect(move.to).toEqual({ kind: 'group', group: one.group, role: 'front' })
      }
    })
  })

  test('R12: concurrent moves and boots keep within their limits', () => {
    check((input) => {
      const { moves } = weigh(input, now)
      const inFlight = input.blades.filter((one) => one.inMove !== null)
      expect(moves.length).toBeLessThanOrEqual(Math.max(0, input.limits.concurrentMovesMax - inFlight.length))
      const booting = inFlight.filter((one) => one.inMove?.to.kind !== 'cold').length
      const boots = moves.filter((move) => move.steps.includes('boot')).length
      expect(boots).toBeLessThanOrEqual(Math.max(0, input.limits.concurrentBootsMax - booting))
    })
  })

  test('R04: every blade that goes to a group or is prepared for one can carry it', () => {
    check((input) => {
      for (const { blade: id, to, cause } of weigh(input, now).moves) {
        if (to.kind === 'cold' || cause === 'repair') continue
        const target = input.roles.find((one) => one.group === to.group)
        expect(target?.boardTypes).toContain(find(input, id).boardType)
      }
    })
  })

  test('R08: every blade that changes groups, or has no receipt, is scrubbed and verified before it starts', () => {
    check((input) => {
      for (const { blade: id, to, steps, cause } of weigh(input, now).moves) {
        const one = find(input, id)
        const knows = one.hasReceipt && (one.group === null || to.kind === 'cold' || to.group !== one.group)
        const isClean = one.lifecycle === 'cold' && knows
        const isPrepared =
          one.lifecycle === 'warm' && to.kind !== 'cold' && to.group === one.preparedFor && one.hasReceipt
        if (cause === 'repair' || isClean || isPrepared) continue
        expect(steps).toContain('verifyScrub')
        if (steps.includes('powerOn')) expect(steps.indexOf('verifyScrub')).toBeLessThan(steps.indexOf('powerOn'))
      }
    })
  })

  test('R31: every move says why, every shortfall of a request says why', () => {
    check((input) => {
      const { moves, turnedDown } = weigh(input, now)
      for (const move of moves) expect([move.why.length > 0, move.steps.length > 0]).toEqual([true, true])
      for (const { group, wish, max, operatorHeld } of input.roles) {
        if (wish?.kind !== 'request' || operatorHeld) continue
        const held = heldBefore(input, group) + arriving(moves, group) - leaving(input, moves, group)
        const short = Math.min(wish.desired, max) - held
        if (short > 0) expect(turnedDown.filter((down) => down.group === group)).not.toEqual([])
      }
    })
  })

  test('R31: the same picture gives the same plan, in whatever order blades and groups are listed, from plain data', () => {
    check((input) => {
      const plan = weigh(input, now)
      expect(
        weigh({ ...input, blades: [...input.blades].reverse(), roles: [...input.roles].reverse() }, now).moves,
      ).toEqual(plan.moves)
      expect(weigh(JSON.parse(JSON.stringify(input)), now)).toEqual(plan)
    })
  })

  test('R31: nobody is asked to hold more than its maximum', () => {
    check((input) => {
      const { moves } = weigh(input, now)
      for (const { group, max, committed } of input.roles) {
        const before = heldBefore(input, group)
        const after = before + arriving(moves, group) - leaving(input, moves, group)
        if (arriving(moves, group) > 0) expect(after).toBeLessThanOrEqual(Math.max(max, committed, before))
      }
    })
  })
})

describe('R31: no ping-pong', () => {
  const needs = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }))
  const priorities = fc.tuple(fc.constantFrom(0.2, 0.5), fc.constantFrom(0.2, 0.5), fc.constantFrom(0.2, 0.5))

  /** Local decisions under a constant load; `shy` groups keep silent about what they could spare. */
  function say(farm: Farm, need: readonly number[], shy: boolean): void {
    farm.roles = farm.roles.map((one, i) => {
      const held = farm.blades.filter((it) => it.lifecycle === 'joined' && it.group === one.group).length
      const wanted = need[i] ?? 0
      if (held < wanted) return { ...one, wish: request(wanted, Math.min(1, 0.3 + (wanted - held) / 8)) }
      return { ...one, wish: held > wanted && !shy ? offer(wanted) : { ...steady, wish: held > wanted ? -0.5 : 0 } }
    })
  }

  test('R31: under a constant load a blade taken from a group is never taken back, and the farm comes to rest', () => {
    fc.assert(
      fc.property(needs, priorities, fc.boolean(), fc.integer({ min: 0, max: 3 }), (need, priority, shy, pool) => {
        const roles = groups.map((group, i) => role(group, { committed: 1, max: 8, priority: priority[i] ?? 0.5 }))
        const members = groups.flatMap((group, g) => [1, 2, 3].map((n) => member(g * 3 + n, group)))
        const cold = Array.from({ length: pool }, (_, i) => blade(20 + i))
        const farm: Farm = { blades: [...members, ...cold], roles, memory: emptyPlanMemory, limits }
        const taken = new Set<string>()
        let last = 0
        for (let second = 1; second <= 120; second += 1) {
          say(farm, need, shy)
          // Far apart, so that neither residence nor back-off hides a swing.
          const { moves } = tick(farm, second * 10_000_000)
          for (const { from, to, cause } of moves) {
            last = second
            if (from === null || to.kind !== 'group' || cause === 'offer') continue
            taken.add(`${from}>${to.group}`)
            expect(taken).not.toContain(`${to.group}>${from}`)
          }
        }
        expect(last).toBeLessThan(30)
      }),
      { seed: 31, numRuns: 200 },
    )
  })

  test('R31: a load that swings between two groups every 10 s moves a blade ever more rarely', () => {
    const roles = [role('shop/web', { committed: 1 }), role('news/web', { committed: 1 })]
    const farm: Farm = {
      blades: [1, 2, 3, 4].map((n) => member(n, n < 3 ? 'shop/web' : 'news/web')),
      roles,
      memory: emptyPlanMemory,
      limits,
    }
    const times: number[] = []
    for (let at = 0; at < 3_600_000; at += 1_000) {
      const isDay = Math.floor(at / 10_000) % 2 === 0
      say(farm, isDay ? [3, 1] : [1, 3], true)
      if (tick(farm, at + 10_000).moves.length > 0) times.push(at)
    }
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
    expect(times.length).toBeGreaterThan(2)
    expect(times.length).toBeLessThan(12)
    expect(Math.min(...gaps.slice(1))).toBeGreaterThanOrEqual(60_000)
  })

  test('R31: the back-off doubles up to its maximum with each change of mind and is forgotten after quiet', () => {
    const backoff = { firstMs: 60_000, maxMs: 200_000, forgetMs: 600_000 }
    const both = { takerDesired: 3, giverDesired: 2 }
    let last: Taking | undefined
    const take = (taker: string, giver: string, at: number) => {
      last = nextTaking(last, { taker, giver, at, ...both }, backoff)
      return [[last.taker, last.backoffMs]]
    }
    expect(take('a', 'b', 0)).toEqual([['a', 60_000]])
    expect(take('a', 'b', 1)).toEqual([['a', 60_000]])
    expect(take('b', 'a', 61_000)).toEqual([['b', 120_000]])
    expect(take('a', 'b', 200_000)).toEqual([['a', 200_000]])
    expect(take('b', 'a', 1_000_001)).toEqual([['b', 60_000]])
  })
})
