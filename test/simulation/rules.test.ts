// R23, R30: the rules of a running site are changed, and a takeover does not undo it.
import { expect, test } from 'vitest'
import { defaultRules } from '../../src/decision/default-rules.ts'
import { answered } from '../../src/testing/answered.ts'
import { broughtUp, leads, statusOf } from './demo-farm.ts'

test('R23, R30: rules change while the farm runs; what is not understood changes nothing; the next leader has them too', () => {
  const farm = broughtUp({ load: { shop: 50, news: 30 } })
  const held = () => statusOf(farm).groups.find(({ group }) => group === 'shop/web')?.roles[0]?.held ?? 0
  const set = (text: string) => answered(farm, (answer) => farm.master().setRules({ text }, answer))
  const versions = () =>
    farm
      .master()
      .rules()
      .map(({ version, origin }) => [version, origin])
  expect(versions()).toEqual([[1, 'file']])
  expect(set(`${defaultRules}\nif pigs fly then request`)).toMatchObject({ ok: false, code: 'RULES_INVALID' })
  // Rules under which nobody ever asks.
  expect(set('if response_time is low and balance is slack then offer')).toMatchObject({
    ok: true,
    value: { version: 2 },
  })
  farm.load.setRate('shop', 450)
  farm.runFor(10_000)
  expect(held()).toBe(2)
  farm.crash('m1')
  expect(farm.runUntil(leads(farm, 'm2'), 2_000)).toBe(true)
  expect(versions()).toEqual([
    [1, 'file'],
    [2, 'operator'],
  ])
  farm.runFor(5_000)
  expect(held()).toBe(2)
  expect(answered(farm, (answer) => farm.master().setRules({ rollbackTo: 1 }, answer))).toMatchObject({
    ok: true,
    value: { version: 3 },
  })
  farm.runFor(10_000)
  expect(held()).toBeGreaterThan(3)
  expect(farm.violations()).toEqual([])
})
