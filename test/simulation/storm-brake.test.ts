// Many blades are lost at once, with traffic frame by frame: what operators see of it. The long silences are in models/scenarios/.
import { expect, test } from 'vitest'
import { explainDecision } from '../../src/cli/explanation.ts'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, joinedCount, statusOf } from './demo-farm.ts'

const lost = ['c01-s01', 'c01-s02', 'c01-s03', 'c02-s01'] as const

function inStorm(): Simulation {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  for (const blade of lost) farm.hardware.kill(blade)
  expect(farm.runUntil(() => statusOf(farm).alarms.length > 0, 2_000)).toBe(true)
  return farm
}

const failuresIn = (farm: Simulation) =>
  farm.trace().filter((line) => line.includes('"event":"decision.made"') && /"cause":"(failure|repair)"/.test(line))

test('R25: four of eight blades that die at once are replaced after a window, not at once; alarm, log and explain say why', () => {
  const farm = inStorm()
  expect(statusOf(farm).alarms).toMatchObject([
    { alarm: 'STORM_BRAKE', text: expect.stringMatching(/^4 of 8 blades look lost at once \(0 silent\), more than 3/) },
  ])
  const [decision] = statusOf(farm).decisions
  const record = farm.master().explain(decision?.decision ?? '')
  if (!record.ok || record.value.kind !== 'decision') throw new Error('no record of the storm')
  expect(record.value.turnedDown.map(({ reason }) => reason.code)).toContain('STORM_BRAKE')
  expect(explainDecision(record.value).join('\n')).toContain('blades look lost at once')
  expect(farm.trace().some((line) => /"level":"error","event":"alarm.raised".*STORM_BRAKE/.test(line))).toBe(true)
  const before = failuresIn(farm).length
  farm.runFor(4_000)
  expect(failuresIn(farm).length).toBe(before)
  farm.runFor(30_000)
  expect(statusOf(farm).alarms).toEqual([])
  expect([joinedCount(farm, 'shop/web'), joinedCount(farm, 'news/web')].every((count) => count >= 2)).toBe(true)
  expect(farm.violations()).toEqual([])
})

test("R25: on an operator's word they are replaced at once; without a storm the word is refused", () => {
  const farm = inStorm()
  const before = failuresIn(farm).length
  expect(answered(farm, (answer) => farm.master().unbrake(answer))).toEqual({ ok: true, value: { lost: [...lost] } })
  farm.runFor(600)
  expect(statusOf(farm).alarms).toEqual([])
  expect(failuresIn(farm).length).toBeGreaterThan(before)
  expect(answered(farm, (answer) => farm.master().unbrake(answer))).toMatchObject({ ok: false, code: 'NO_STORM' })
})
