// Every decision that a running site weighed gives the same again from its record, after it has been through a disk.
import { expect, test } from 'vitest'
import type { PlanInput } from '../../src/decision/plan-input.ts'
import { replayDecision } from '../../src/decision/replay-decision.ts'
import type { DecisionRecord } from '../../src/runtime/farm-status.ts'
import { broughtUp, statusOf } from './demo-farm.ts'

test('R31: a record is replayed to the letter, and one that was changed is not', () => {
  const farm = broughtUp({ load: { shop: 450, news: 30 } })
  farm.runFor(15_000)
  farm.load.setRate('shop', 30)
  farm.load.setRate('news', 350)
  farm.runFor(30_000)
  const records = statusOf(farm).decisions.flatMap(({ decision }) => {
    const said = farm.master().explain(decision)
    return said.ok && said.value.kind === 'decision' ? [JSON.parse(JSON.stringify(said.value)) as DecisionRecord] : []
  })
  expect(records.length).toBeGreaterThan(5)
  expect(records.some(({ moves }) => moves.length > 0)).toBe(true)
  for (const record of records)
    expect(replayDecision(record, record.input as PlanInput, record.weighedAt ?? Number.NaN)).toEqual([])
  const moved = records.find(({ moves }) => moves.length > 0)
  if (moved === undefined) return
  const other = { ...moved, moves: moved.moves.map((move) => ({ ...move, blade: 'c09-s09' })) }
  expect(replayDecision(other, moved.input as PlanInput, moved.weighedAt ?? 0)[0]).toMatch(/^moves: recorded .*c09-s09/)
})
