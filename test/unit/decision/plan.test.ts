import { describe, expect, test } from 'vitest'
import { weigh } from '../../../src/decision/plan.ts'
import { looseBrake } from '../../../src/decision/storm-brake.ts'
import { blade, inShort, limits, member, offer, picture, request, role, steady, warm } from './farm.ts'

const now = 100_000
const codes = (plan: ReturnType<typeof weigh>) =>
  plan.turnedDown.map(({ group, count, reason }) => [group, count, reason.code])

describe('R31: the plan', () => {
  test('R31: blades on their way are not asked for again', () => {
    const onItsWay = { move: 'mv-1', to: { kind: 'group', group: 'shop/web', role: 'front' } } as const
    const blades = [
      member(1, 'shop/web'),
      member(2, 'shop/web'),
      blade(3, { lifecycle: 'booting', inMove: onItsWay }),
      blade(4, { inMove: onItsWay }),
      blade(5),
    ]
    expect(weigh(picture(blades, [role('shop/web', { wish: request(4) })]), now).moves).toEqual([])
  })

  test('R11: who is short now gets the warm blade, who will be has the time to boot another', () => {
    const blades = [member(1, 'shop/web'), warm(2, 'shop/web'), blade(3), blade(4)]
    const asks = (urgent: number) => [role('shop/web', { committed: 1, warm: 1, wish: { ...request(3), urgent } })]
    expect(inShort(weigh(picture(blades, asks(0)), now).moves)).toEqual([
      'c01-s03 pool -> shop/web request',
      'c01-s04 pool -> shop/web request',
    ])
    expect(inShort(weigh(picture(blades, asks(1)), now).moves).slice(0, 2)).toEqual([
      'c01-s02 pool -> shop/web request',
      'c01-s03 pool -> shop/web request',
    ])
  })

  test('R31: of two requests the higher priority is served first, and the other hears why it is not', () => {
    const blades = [member(1, 'shop/web'), member(2, 'news/web'), blade(3)]
    const roles = [
      role('news/web', { committed: 1, priority: 0.2, wish: request(2) }),
      role('shop/web', { committed: 1, priority: 0.8, wish: request(2) }),
    ]
    const plan = weigh(picture(blades, roles), now)
    expect(inShort(plan.moves)).toEqual(['c01-s03 pool -> shop/web request'])
    expect(codes(plan)).toEqual([['news/web', 1, 'NO_BLADE']])
    expect(plan.turnedDown[0]?.reason.text).toContain('shop/web/front is at its committed level of 1')
  })

  test('R31: below its commitment a group takes what stands above another one, whatever its priority and residence', () => {
    const blades = [
      member(1, 'shop/web', { since: now }),
      member(2, 'shop/web', { since: now }),
      blade(3, { lifecycle: 'quarantined' }),
    ]
    const roles = [
      role('shop/web', { committed: 1, priority: 0.9, wish: request(4) }),
      role('news/web', { committed: 1, priority: 0.1 }),
    ]
    const plan = weigh(picture(blades, roles), now)
    expect(inShort(plan.moves)).toEqual(['c01-s02 shop/web -> news/web failure'])
  })

  test('R31: a request takes an offered blade before any other, and an offer needs no residence', () => {
    const blades = [
      ...[1, 2, 3].map((n) => member(n, 'news/web', { since: now })),
      ...[4, 5, 6].map((n) => member(n, 'blog/web')),
      member(7, 'shop/web'),
    ]
    const roles = [
      role('shop/web', { committed: 1, wish: request(2) }),
      role('news/web', { wish: offer(2) }),
      role('blog/web', { priority: 0.1, wish: steady }),
    ]
    expect(inShort(weigh(picture(blades, roles), now).moves)).toEqual(['c01-s03 news/web -> shop/web request'])
  })

  test.each([
    ['ranks higher', { priority: 0.9 }, {}, 'ranks at least as high and has no slack'],
    [
      'asks itself with the same priority',
      { priority: 0.6, wish: request(4, 0.1) },
      {},
      'ranks at least as high and has no slack',
    ],
    [
      'has no slack with the same priority',
      { priority: 0.6, wish: steady },
      {},
      'ranks at least as high and has no slack',
    ],
    ['needs it nearly as much', { wish: { ...steady, wish: 0.85 } }, {}, 'the gain does not pay for the move'],
    ['got it only now', {}, { since: now - 1_999 }, 'got its blades only now'],
    ['is held by an operator', { operatorHeld: true }, {}, 'is held by an operator'],
    ['has other hardware', {}, { boardType: 'large' }, 'can carry the role'],
    ['has it cordoned', {}, { cordoned: true }, 'can carry the role'],
    ['is cabled to it', {}, { base: true }, 'can carry the role'],
    ['has an agent that is silent', {}, { reachable: false }, 'can carry the role'],
  ])('R31: a request takes nothing from a group that %s', (_name, giver, its, text) => {
    const blades = [member(1, 'shop/web'), ...[2, 3, 4].map((n) => member(n, 'news/web', its))]
    const roles = [role('shop/web', { committed: 1, priority: 0.6, wish: request(2) }), role('news/web', giver)]
    const plan = weigh(picture(blades, roles), now)
    expect(plan.moves).toEqual([])
    expect(plan.turnedDown[0]?.reason.text).toContain(text)
  })

  test('R31: with nothing of that in the way the same request is served', () => {
    const blades = [member(1, 'shop/web'), ...[2, 3, 4].map((n) => member(n, 'news/web'))]
    const roles = [role('shop/web', { committed: 1, priority: 0.6, wish: request(2) }), role('news/web')]
    expect(inShort(weigh(picture(blades, roles), now).moves)).toEqual(['c01-s04 news/web -> shop/web request'])
  })

  test('R31: nobody gets more than its maximum', () => {
    const plan = weigh(
      picture(
        [member(1, 'shop/web'), blade(2), blade(3)],
        [role('shop/web', { committed: 1, max: 2, wish: request(3) })],
      ),
      now,
    )
    expect(inShort(plan.moves)).toEqual(['c01-s02 pool -> shop/web request'])
    expect(codes(plan)).toEqual([['shop/web', 1, 'AT_MAX']])
  })

  test('R36: a held group neither gives nor takes by itself, not even for a failed blade', () => {
    const blades = [member(1, 'shop/web'), member(2, 'shop/web', { lifecycle: 'failed' }), blade(3)]
    const plan = weigh(picture(blades, [role('shop/web', { operatorHeld: true, warm: 1, wish: request(4) })]), now)
    expect(plan.moves).toEqual([])
    expect(new Set(plan.turnedDown.map(({ reason }) => reason.code))).toEqual(new Set(['GROUP_HELD']))
  })

  test('R36: a held group keeps what it offers', () => {
    const blades = [1, 2, 3].map((n) => member(n, 'shop/web'))
    const plan = weigh(picture(blades, [role('shop/web', { operatorHeld: true, wish: offer(2) })]), now)
    expect(plan.moves).toEqual([])
  })

  test('R12: a batch keeps within concurrent boots, and a warm join needs none', () => {
    const blades = [member(1, 'shop/web'), blade(2), blade(3), warm(4, 'shop/web')]
    const roles = [role('shop/web', { committed: 1, wish: request(4) })]
    const plan = weigh(picture(blades, roles, { limits: { ...limits, concurrentBootsMax: 1 } }), now)
    expect(inShort(plan.moves)).toEqual(['c01-s04 pool -> shop/web request', 'c01-s02 pool -> shop/web request'])
    expect(codes(plan)).toEqual([['shop/web', 1, 'BOOTS_AT_LIMIT']])
  })

  test('R12: with room for one move a failed blade is replaced now and retired later, and replaced only once', () => {
    const one = { ...limits, concurrentMovesMax: 1 }
    const blades = [member(1, 'shop/web', { lifecycle: 'failed' }), member(2, 'shop/web'), blade(3), blade(4)]
    const first = weigh(picture(blades, [role('shop/web')], { limits: one }), now)
    expect(inShort(first.moves)).toEqual(['c01-s03 pool -> shop/web failure'])
    const after = blades.map((it) => (it.blade === 'c01-s03' ? member(3, 'shop/web') : it))
    const second = weigh(picture(after, [role('shop/web')], { limits: one, memory: first.memory }), now)
    expect(inShort(second.moves)).toEqual(['c01-s01 shop/web -> cold retire'])
  })

  test('R25: a failed blade above the commitment is replaced from what is offered, not from what others use', () => {
    const blades = [
      ...[1, 2].map((n) => member(n, 'shop/web')),
      member(3, 'shop/web', { lifecycle: 'failed' }),
      ...[4, 5, 6].map((n) => member(n, 'news/web')),
    ]
    const repair = weigh(picture(blades, [role('shop/web'), role('news/web')]), now)
    expect(inShort(repair.moves)).toEqual(['c01-s03 shop/web -> shop/web repair'])
    const offered = weigh(picture(blades, [role('shop/web'), role('news/web', { wish: offer(2) })]), now)
    expect(inShort(offered.moves)).toEqual(['c01-s06 news/web -> shop/web failure', 'c01-s03 shop/web -> cold retire'])
  })

  test('R25: a group that offers blades gives up the failed one first', () => {
    const blades = [1, 2, 3]
      .map((n) => member(n, 'shop/web'))
      .concat(member(4, 'shop/web', { lifecycle: 'failed' }), blade(5))
    const plan = weigh(picture(blades, [role('shop/web', { wish: offer(3) })]), now)
    expect(inShort(plan.moves)).toEqual(['c01-s04 shop/web -> cold retire'])
  })

  test('R25: a failed blade that can be neither replaced nor reached is said so', () => {
    const blades = [member(1, 'shop/web'), member(2, 'shop/web', { lifecycle: 'failed', reachable: false })]
    const plan = weigh(picture(blades, [role('shop/web')]), now)
    expect(plan.moves).toEqual([])
    expect(plan.turnedDown).toHaveLength(1)
    expect(plan.turnedDown[0]?.reason.text).toContain('has a board that does not answer')
  })

  test('R08: a blade that failed in the pool is scrubbed, whatever its old receipt says', () => {
    const failed = warm(1, 'shop/web', { lifecycle: 'failed' })
    const plan = weigh(picture([failed, member(2, 'shop/web')], [role('shop/web', { committed: 1 })]), now)
    expect(inShort(plan.moves)).toEqual(['c01-s01 pool -> cold retire'])
    expect(plan.moves[0]?.steps).toEqual(['disconnect', 'powerOff', 'scrub', 'verifyScrub'])
  })

  test('R11: from the pool comes first what serves soonest', () => {
    const pool = [blade(1, { hasReceipt: false }), warm(2, 'news/web'), blade(3), warm(4, 'shop/web')]
    const roles = [role('shop/web', { committed: 4 }), role('news/web', { committed: 0 })]
    expect(weigh(picture(pool, roles), now).moves.map((move) => move.blade)).toEqual([
      'c01-s04',
      'c01-s03',
      'c01-s02',
      'c01-s01',
    ])
  })

  test('R11: a blade that somebody waits for is not prepared for another', () => {
    const blades = [member(1, 'shop/web'), blade(2), blade(3), blade(4, { boardType: 'large' })]
    const roles = [
      role('shop/web', { committed: 1, wish: request(3) }),
      role('news/web', { committed: 0, warm: 2, priority: 0.9, boardTypes: ['small', 'large'] }),
    ]
    const plan = weigh(picture(blades, roles, { limits: { ...limits, concurrentBootsMax: 2 } }), now)
    expect(inShort(plan.moves)).toEqual(['c01-s02 pool -> shop/web request', 'c01-s03 pool -> shop/web request'])
    const scarce = weigh(picture(blades.slice(0, 3), roles, { limits: { ...limits, concurrentMovesMax: 1 } }), now)
    expect(inShort(scarce.moves)).toEqual(['c01-s02 pool -> shop/web request'])
  })

  test('R04: a board type that cannot carry the role is never chosen', () => {
    const blades = [member(1, 'shop/web'), blade(2, { boardType: 'large' }), blade(3)]
    const plan = weigh(picture(blades, [role('shop/web', { warm: 2, wish: request(3) })]), now)
    expect(inShort(plan.moves)).toEqual(['c01-s03 pool -> shop/web failure'])
  })

  test('R31: who was taken from may not take back under the same load, but may when its load has grown', () => {
    const blades = [member(1, 'shop/web'), member(2, 'shop/web'), member(3, 'news/web'), member(4, 'news/web')]
    const memory = {
      takings: [
        {
          taker: 'shop/web/front',
          giver: 'news/web/front',
          at: 0,
          takerDesired: 2,
          giverDesired: 3,
          backoffMs: 60_000,
        },
      ],
      replaced: [],
      brake: looseBrake,
    }
    const asks = (desired: number, at: number) =>
      weigh(
        picture(
          blades,
          [
            role('shop/web', { committed: 1, wish: steady }),
            role('news/web', { priority: 0.6, wish: request(desired) }),
          ],
          { memory },
        ),
        at,
      )
    expect(asks(3, 1e9).turnedDown[0]?.reason.text).toContain('took the blade under this same load')
    expect(asks(4, 59_999).turnedDown[0]?.reason.text).toContain('took a blade from it lately')
    expect(inShort(asks(4, 60_000).moves)).toEqual(['c01-s02 shop/web -> news/web request'])
  })
})
