import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rollbackSteps, type StepsInput, stepsOf } from '../../../src/decision/steps.ts'
import { type MoveStep, moveStep } from '../../../src/protocol/board.ts'
import type { Placement } from '../../../src/protocol/messages.ts'

const shop: Placement = { kind: 'group', group: 'shop/web', role: 'front' }
const warmForShop: Placement = { kind: 'warm', group: 'shop/web', role: 'front' }
const cold: Placement = { kind: 'cold' }

function steps(more: Partial<StepsInput>): string {
  return stepsOf({ from: 'cold', group: null, role: null, to: shop, hasReceipt: true, lost: false, ...more }).join(' ')
}

const leave = 'drain unjoin disconnect powerOff'
const clean = 'scrub verifyScrub'
const become = 'setPointers attachVolumes powerOn boot verifyIdentity'
const becomeWarm = 'setPointers powerOn boot verifyIdentity'
const enter = 'connectNetwork probe join'
const inNews = { from: 'group', group: 'news/web', role: 'front' } as const
const inShop = { from: 'group', group: 'shop/web', role: 'front' } as const
const shopWarm = { from: 'warm', group: 'shop/web', role: 'front' } as const

describe('R03: the steps of a move', () => {
  test.each([
    ['from another group', inNews, `${leave} ${clean} ${become} ${enter}`],
    ['from the cold pool', {}, `${become} ${enter}`],
    ['R08: of unknown history', { hasReceipt: false }, `disconnect powerOff ${clean} ${become} ${enter}`],
    ['R11: warm for it', shopWarm, `attachVolumes verifyIdentity ${enter}`],
    ['R08: warm for it, without receipt', { ...shopWarm, hasReceipt: false }, `powerOff ${clean} ${become} ${enter}`],
    ['R18: warm for another group', { ...shopWarm, group: 'news/web' }, `powerOff ${clean} ${become} ${enter}`],
    ['R16: warm for another role of the group', { ...shopWarm, role: 'back' }, `powerOff ${become} ${enter}`],
    ['R16: from another role of the group, unscrubbed', { ...inShop, role: 'back' }, `${leave} ${become} ${enter}`],
    ['R25: failed, rebooted in place', { ...inShop, lost: true }, `unjoin disconnect powerOff ${become} ${enter}`],
    [
      'R25: failed in another group',
      { ...inNews, lost: true },
      `unjoin disconnect powerOff ${clean} ${become} ${enter}`,
    ],
    ['offered', { ...inShop, to: cold }, `${leave} ${clean}`],
    ['retired', { ...inShop, to: cold, lost: true }, `unjoin disconnect powerOff ${clean}`],
    [
      'R18: kept warm for its own group, without its data',
      { ...inShop, to: warmForShop },
      `${leave} ${clean} ${becomeWarm}`,
    ],
    ['refill', { to: warmForShop }, becomeWarm],
    [
      'refill from unknown history',
      { to: warmForShop, hasReceipt: false },
      `disconnect powerOff ${clean} ${becomeWarm}`,
    ],
    ['warm, not wanted any more', { ...shopWarm, to: cold }, `powerOff ${clean}`],
    ['warm for it already', { ...shopWarm, to: warmForShop }, ''],
    ['cold already', { to: cold }, ''],
  ] as const)('R03: %s', (_name, more, expected) => {
    expect(steps(more)).toBe(expected)
  })

  const group = fc.constantFrom('shop/web', 'news/web')
  const anyRole = fc.constantFrom('front', 'back')
  const inputs: fc.Arbitrary<StepsInput> = fc.record({
    from: fc.constantFrom('group', 'warm', 'cold'),
    group,
    role: anyRole,
    to: fc.oneof(
      fc.constant(cold),
      fc.record({ kind: fc.constantFrom('group', 'warm'), group, role: anyRole }) as fc.Arbitrary<Placement>,
    ),
    hasReceipt: fc.boolean(),
    lost: fc.boolean(),
  })

  test('R03: every move keeps the order, and each step comes once', () => {
    const rank = (step: MoveStep) => moveStep.options.indexOf(step)
    fc.assert(
      fc.property(inputs, (input) => {
        for (const list of [stepsOf(input), rollbackSteps(input)]) {
          const ranks = list.map(rank)
          expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b))
        }
      }),
      { seed: 3 },
    )
  })

  test('R08: nothing starts for a group on a blade that ran for another, or on one of unknown history, before a verified scrub', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const list = stepsOf(input)
        const isOthers = input.from !== 'cold' && input.to.kind !== 'cold' && input.group !== input.to.group
        const isUnknown = input.from === 'cold' && !input.hasReceipt
        if ((isOthers || isUnknown) && input.to.kind !== 'cold')
          expect(list.slice(0, list.indexOf('setPointers'))).toContain('verifyScrub')
        if (list.includes('scrub')) expect(list[list.indexOf('scrub') + 1]).toBe('verifyScrub')
        if (input.from === 'group' && input.to.kind !== 'group') expect(list).toContain('verifyScrub')
      }),
      { seed: 8 },
    )
  })

  test('R18: a warm blade gets neither volumes nor networks', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        if (input.to.kind === 'group') return
        for (const step of ['attachVolumes', 'connectNetwork', 'join'] as const)
          expect(stepsOf(input)).not.toContain(step)
      }),
      { seed: 18 },
    )
  })

  test('R03: the way out ends off and scrubbed, and off the member list where it may be on one', () => {
    const out = (more: Partial<StepsInput>) =>
      rollbackSteps({ from: 'cold', group: null, role: null, to: shop, hasReceipt: true, lost: false, ...more }).join(
        ' ',
      )
    expect(out({})).toBe('unjoin disconnect powerOff scrub verifyScrub')
    expect(out({ ...inShop, to: cold })).toBe('unjoin disconnect powerOff scrub verifyScrub')
    expect(out({ to: warmForShop })).toBe('disconnect powerOff scrub verifyScrub')
  })
})
