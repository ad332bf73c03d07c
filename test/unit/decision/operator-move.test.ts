import { describe, expect, test } from 'vitest'
import { checkOperatorMove } from '../../../src/decision/operator-move.ts'
import type { PlanRole } from '../../../src/decision/plan-input.ts'
import type { Placement } from '../../../src/protocol/messages.ts'
import { blade, member, picture, request, role, warm } from './farm.ts'

const shop: Placement = { kind: 'group', group: 'shop/web', role: 'front' }
const blades = [
  member(1, 'shop/web'),
  member(2, 'shop/web'),
  member(3, 'news/web', { since: 99_000 }),
  member(4, 'news/web'),
  member(5, 'news/web', { base: true }),
  blade(6),
  blade(7, { boardType: 'large' }),
  blade(8, { cordoned: true }),
  blade(9, { inMove: { move: 'mv-000007', to: { kind: 'cold' } } }),
  blade(10, { lifecycle: 'quarantined' }),
  blade(11, { reachable: false }),
  blade(12, { lifecycle: 'unknown' }),
  warm(13, 'news/web'),
  member(14, 'shop/web', { lifecycle: 'failed' }),
]

function check(n: number, to: Placement, shopMore: Partial<PlanRole> = {}, newsMore: Partial<PlanRole> = {}) {
  const input = picture(blades, [role('shop/web', shopMore), role('news/web', newsMore)])
  return checkOperatorMove(input, `c01-s${String(n).padStart(2, '0')}`, to, 100_000)
}

describe('R36: an operator moves a blade', () => {
  test.each([
    [99, shop, 'BLADE_UNKNOWN', 'c01-s99'],
    [6, { ...shop, group: 'blog/web' }, 'GROUP_UNKNOWN', 'blog/web has no role front'],
    [6, { ...shop, role: 'back' }, 'GROUP_UNKNOWN', 'shop/web has no role back'],
    [9, shop, 'BLADE_BUSY', 'c01-s09 is in mv-000007'],
    [8, shop, 'BLADE_CORDONED', 'c01-s08'],
    [11, shop, 'BLADE_UNREACHABLE', 'the board of c01-s11 does not answer'],
    [12, shop, 'BLADE_UNREACHABLE', 'the board of c01-s12 does not answer'],
    [10, shop, 'BLADE_UNSUITABLE', 'c01-s10 is quarantined: release it first'],
    [7, shop, 'BLADE_UNSUITABLE', 'shop/web/front runs on small, c01-s07 is large'],
    [5, shop, 'BLADE_UNSUITABLE', 'c01-s05 is permanently cabled to news/web'],
    [1, { kind: 'cold' }, 'COMMITMENT_BROKEN', 'shop/web/front would fall below its committed level of 2'],
  ] as const)('R36: refused: blade %i to %j: %s', (n, to, code, detail) => {
    expect(check(n, to)).toEqual({ ok: false, code, detail })
  })

  test('R36: what the plan would not do is done, with a warning for each thing that is unwise', () => {
    const done = check(3, shop, { max: 2, operatorHeld: true }, { wish: request(5) })
    expect(done).toMatchObject({ ok: true, move: { blade: 'c01-s03', from: 'news/web', to: shop, cause: 'operator' } })
    expect(done.ok && done.warnings).toEqual([
      'news/web/front asks for blades itself',
      'c01-s03 came to news/web/front only 1000 ms ago',
      'shop/web/front holds its maximum of 2 already',
      'shop/web/front is held: only operators change it',
    ])
  })

  test('R36: to move and to drain are states to be set: one that is there already needs nothing, a cordon does not stand in the way', () => {
    expect(check(1, shop)).toMatchObject({ ok: true, move: { steps: [], rollback: [] }, warnings: [] })
    expect(check(6, { kind: 'cold' })).toMatchObject({ ok: true, move: { steps: [] } })
    expect(check(8, { kind: 'cold' })).toMatchObject({ ok: true })
  })

  test('R36: a blade kept warm for another, and a failed one, may be moved', () => {
    expect(check(13, shop)).toMatchObject({ ok: true, warnings: ['c01-s13 is kept warm for news/web'] })
    expect(check(14, { kind: 'cold' })).toMatchObject({ ok: true, warnings: [] })
    expect(check(14, shop)).toMatchObject({ ok: true })
  })
})
