// R36: a site that only advises decides, records and prices, and moves nothing; what it recorded can be weighed again.
import { expect, test } from 'vitest'
import type { PlanInput } from '../../src/decision/plan-input.ts'
import { replayDecision } from '../../src/decision/replay-decision.ts'
import { demoConfig, demoFarm, statusOf } from './demo-farm.ts'

test('R36: advice has a price, by level, and nothing is moved', () => {
  const farm = demoFarm({ config: demoConfig('  automation: advise\n') })
  farm.runFor(6_000)
  const { decisions, moves, blades } = statusOf(farm)
  expect({ moves, cold: blades.every(({ lifecycle }) => lifecycle === 'cold') }).toEqual({ moves: [], cold: true })
  const records = decisions.flatMap(({ decision }) => {
    const said = farm.master().explain(decision)
    return said.ok && said.value.kind === 'decision' ? [said.value] : []
  })
  const advised = records.flatMap(({ moves: all }) => all).filter(({ to }) => to.kind === 'group')
  expect(advised.length).toBeGreaterThan(3)
  const prices = advised.flatMap(({ why }) => why.filter(({ code }) => code === 'PRICE').map(({ text }) => text))
  expect(prices).toHaveLength(advised.length)
  expect(prices).toContain('as blade 2 of shop/web/front it costs 36.00 EUR an hour, of the committed level')
  for (const record of records)
    expect(replayDecision(record, record.input as PlanInput, record.weighedAt ?? Number.NaN)).toEqual([])
  expect(farm.violations()).toEqual([])
})
