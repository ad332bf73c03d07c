// The script of the demo, as one farm of eight blades: what the plan must make happen at each of its points.
import { describe, expect, test } from 'vitest'
import { weigh } from '../../../src/decision/plan.ts'
import { emptyPlanMemory } from '../../../src/decision/plan-memory.ts'
import { blade, census, type Farm, inShort, limits, offer, request, role, steady, tick } from './farm.ts'

const shop = role('shop/web', { warm: 1, priority: 0.8 })
const news = role('news/web', { initial: 3 })

function started(): Farm {
  const blades = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => blade(n, { hasReceipt: false }))
  const roles = [shop, news].map((one) => ({ ...one, initialised: false }))
  const farm: Farm = { blades, roles, memory: emptyPlanMemory, limits }
  tick(farm, 0)
  farm.roles = [shop, news]
  return farm
}

/** The n-th blade that serves the group stops by itself. */
function fail(farm: Farm, group: string): string {
  const victim = farm.blades.find((one) => one.lifecycle === 'joined' && one.group === group)
  farm.blades = farm.blades.map((one) => (one === victim ? { ...one, lifecycle: 'failed' } : one))
  return victim?.blade ?? 'nobody'
}

describe('the script', () => {
  test('R11: at the start shop gets 2, news 3, one is warmed for shop and two stay cold', () => {
    const blades = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => blade(n, { hasReceipt: false }))
    const roles = [shop, news].map((one) => ({ ...one, initialised: false }))
    const plan = weigh({ blades, roles, limits, memory: emptyPlanMemory, decidedIndex: 1 }, 0)
    expect(inShort(plan.moves)).toEqual([
      'c01-s01 pool -> shop/web start',
      'c01-s02 pool -> shop/web start',
      'c01-s03 pool -> news/web start',
      'c01-s04 pool -> news/web start',
      'c01-s05 pool -> news/web start',
      'c01-s06 pool -> warm shop/web refill',
    ])
    expect(plan.turnedDown).toEqual([])
    for (const move of plan.moves) expect(move.steps).toContain('verifyScrub')
  })

  test('R25: a failed blade is replaced by the warm one, scrubbed and pooled, and another is warmed', () => {
    const farm = started()
    const victim = fail(farm, 'shop/web')
    expect(inShort(tick(farm, 5_000).moves)).toEqual([
      'c01-s06 pool -> shop/web failure',
      `${victim} shop/web -> cold retire`,
      'c01-s07 pool -> warm shop/web refill',
    ])
    expect(census(farm.blades)).toEqual({ 'shop/web': 2, 'news/web': 3, 'warm shop/web': 1, cold: 2 })
    expect(tick(farm, 5_100).moves).toEqual([])
  })

  test('R31: a request for four takes the warm one, the cold ones, then one from news down to its commitment', () => {
    const farm = started()
    farm.roles = [
      { ...shop, wish: request(6) },
      { ...news, wish: steady },
    ]
    const plan = tick(farm, 15_000)
    expect(inShort(plan.moves)).toEqual([
      'c01-s06 pool -> shop/web request',
      'c01-s07 pool -> shop/web request',
      'c01-s08 pool -> shop/web request',
      'c01-s05 news/web -> shop/web request',
    ])
    expect(plan.moves[3]?.why.map(({ code }) => code)).toEqual(['REQUESTED', 'FROM_SURPLUS'])
    expect(plan.moves[0]?.steps).toEqual(['attachVolumes', 'verifyIdentity', 'connectNetwork', 'probe', 'join'])
    expect(plan.moves[3]?.steps.slice(0, 6)).toEqual([
      'drain',
      'unjoin',
      'disconnect',
      'powerOff',
      'scrub',
      'verifyScrub',
    ])
    expect(tick(farm, 15_100).moves).toEqual([])
  })

  test('R25: with the pool empty and news at its commitment the failed blade is rebooted in place, and it says why', () => {
    const farm = started()
    farm.roles = [{ ...shop, wish: request(6) }, news]
    tick(farm, 15_000)
    const victim = fail(farm, 'shop/web')
    const plan = tick(farm, 25_000)
    expect(inShort(plan.moves)).toEqual([`${victim} shop/web -> shop/web repair`])
    expect(plan.moves[0]?.steps).not.toContain('scrub')
    expect(plan.moves[0]?.why.map(({ code }) => code)).toEqual(['FAILED', 'POOL_EMPTY', 'AT_COMMITTED', 'REPAIR'])
  })

  test('R11: what shop offers back goes scrubbed to the pool, and then one is warmed again', () => {
    const farm = started()
    farm.roles = [{ ...shop, wish: request(6) }, news]
    tick(farm, 15_000)
    farm.roles = [{ ...shop, wish: offer(2) }, news]
    const plan = tick(farm, 38_000)
    expect(plan.moves.map(({ from, cause }) => [from, cause])).toEqual(new Array(4).fill(['shop/web', 'offer']))
    for (const move of plan.moves) expect(move.steps.at(-1)).toBe('verifyScrub')
    farm.roles = [{ ...shop, wish: steady }, news]
    expect(tick(farm, 39_000).moves.map(({ cause }) => cause)).toEqual(['refill'])
    expect(census(farm.blades)).toEqual({ 'shop/web': 2, 'news/web': 2, 'warm shop/web': 1, cold: 3 })
  })
})
