import { describe, expect, test } from 'vitest'
import { checkOperatorMove } from '../../../src/decision/operator-move.ts'
import { weigh } from '../../../src/decision/plan.ts'
import type { PlanBlade } from '../../../src/decision/plan-input.ts'
import { blade, inShort, member, picture, request, role, warm } from './farm.ts'

const vacancy = { master: 'm1', former: 'c01-s01', otherCabinet: '02' }
const dead = blade(1, { carries: 'm1', lifecycle: 'failed' })
const carrier = blade(2, { carries: 'm2', lifecycle: 'unknown', cabinet: '02' })
const roles = [role('shop/web', { committed: 1, max: 4, priority: 0.3 }), role('news/web', { committed: 1, max: 4 })]
const serving = [member(3, 'shop/web'), member(4, 'news/web')]

const plan = (blades: readonly PlanBlade[], more = {}) =>
  weigh(picture([dead, carrier, ...serving, ...blades], roles, { vacancy, ...more }), 0)

describe('R47: a site master that lost its server', () => {
  test('gets a scrubbed blade of the pool, at once', () => {
    const { seat, moves } = plan([blade(5), blade(6, { hasReceipt: false })])
    expect(seat).toEqual({ master: 'm1', blade: 'c01-s05', former: 'c01-s01' })
    expect(moves).toEqual([])
  })

  test.each([
    ['of unknown history', blade(5, { hasReceipt: false }), 'c01-s05 pool -> cold seat'],
    ['warm for a group', warm(5, 'shop/web'), 'c01-s05 pool -> cold seat'],
    ['that a group has above its commitment', member(5, 'shop/web'), 'c01-s05 shop/web -> cold seat'],
  ])('else a blade %s is scrubbed for it first, and seats nobody yet', (_which, one, said) => {
    const { seat, moves } = plan([one])
    expect(seat).toBeNull()
    expect(inShort(moves)).toEqual([said])
  })

  test('waits for the one that is being freed, and frees no second', () => {
    const inMove = { move: 'mv-000001', to: { kind: 'cold' } } as const
    const { seat, moves } = plan([member(5, 'shop/web', { inMove, lifecycle: 'draining' }), member(6, 'shop/web')])
    expect([seat, moves]).toEqual([null, []])
  })

  test('breaks no commitment: then there is none, and the reason says so', () => {
    const { seat, moves, reasons } = plan([])
    expect([seat, moves]).toEqual([null, []])
    expect(reasons.map(({ code }) => code)).toContain('NO_SEAT')
  })

  test("takes none of a held group, and gets none in the other master's cabinet while there is one elsewhere", () => {
    const held = [role('shop/web', { committed: 1, operatorHeld: true }), role('news/web', { committed: 1 })]
    const blades = [dead, carrier, ...serving, member(5, 'shop/web')]
    expect(weigh(picture(blades, held, { vacancy }), 0).moves).toEqual([])
    expect(plan([blade(5, { cabinet: '02' }), blade(6, { cabinet: '03' })]).seat?.blade).toBe('c01-s06')
    expect(plan([blade(5, { cabinet: '02' })]).seat?.blade).toBe('c01-s05')
  })

  test('comes after what is committed, and before what is asked for', () => {
    const short = [role('shop/web', { committed: 2 }), role('news/web', { committed: 1 })]
    const blades = [dead, carrier, ...serving, blade(5)]
    expect(weigh(picture(blades, short, { vacancy }), 0)).toMatchObject({ seat: null, moves: [{ blade: 'c01-s05' }] })
    const asking = [role('shop/web', { committed: 1, wish: request(2) }), role('news/web', { committed: 1 })]
    expect(weigh(picture(blades, asking, { vacancy }), 0)).toMatchObject({ seat: { blade: 'c01-s05' }, moves: [] })
  })

  test('gets nothing in a storm', () => {
    const lost = [5, 6, 7, 8].map((n) => blade(n, { silent: true, reachable: false }))
    expect(plan([...lost, blade(9)])).toMatchObject({ seat: null, moves: [] })
  })
})

test('R47: a blade that carries a site master is taken for nothing, by no plan and no operator', () => {
  const carriers = [blade(1, { carries: 'm1' }), blade(2, { carries: 'm2', lifecycle: 'failed' })]
  const input = picture(carriers, [role('shop/web', { committed: 2, max: 4, warm: 1 })])
  expect(weigh(input, 0).moves).toEqual([])
  const to = { kind: 'group', group: 'shop/web', role: 'front' } as const
  expect(checkOperatorMove(input, 'c01-s01', to, 0)).toMatchObject({ ok: false, code: 'BLADE_UNSUITABLE' })
})
