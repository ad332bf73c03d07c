// R03: a crash at any instant of a move, of any process that takes part, ends joined, rolled back or quarantined, and each effect
// happens at most once.
import { describe, expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { broughtUp, statusOf } from './demo-farm.ts'

const blade = 'c03-s01'
/** A move from the pool to news takes about 600 ms. */
const instantsMs = Array.from({ length: 16 }, (_, index) => index * 41 + 1)

function moveBegun(): Simulation {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  farm.master().hold('shop/web', true, () => {})
  farm.master().hold('news/web', true, () => {})
  const answer = answered(farm, (answer) => farm.master().move(blade, 'news/web', {}, answer))
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.detail}`)
  return farm
}

/** Ended, and said by whoever leads; then a while longer, for what comes late, and what follows from that. */
function runToTheEnd(farm: Simulation, withinMs: number): void {
  const isAtRest = () => {
    const { master, moves, blades } = farm.status() ?? {}
    return master?.state === 'leading' && moves?.length === 0 && blades?.every(({ move }) => move === null) === true
  }
  for (const lateMs of [1_500, 2_500]) {
    farm.runFor(lateMs)
    farm.runUntil(isAtRest, withinMs)
  }
}

function expectSettled(farm: Simulation): void {
  const status = statusOf(farm)
  const moved = status.blades.find((one) => one.blade === blade)
  expect(status.moves).toEqual([])
  expect(['joined', 'cold', 'quarantined']).toContain(moved?.lifecycle)
  expect(farm.violations()).toEqual([])
  const truth = farm.hardware.contents(blade)
  if (moved?.lifecycle === 'joined') {
    expect(truth).toMatchObject({ power: 'on', image: 'news/web', network: 'news/web' })
    expect(farm.balancer.read('news/web').map((member) => member.blade)).toContain(blade)
  } else expect(truth.groups).toEqual([])
}

describe.each(['m1', 'a03', 'lb'])('a crash of %s', (node) => {
  test.each(instantsMs)('R03: %d ms into a move ends well', (instantMs) => {
    const farm = moveBegun()
    farm.runFor(instantMs)
    farm.crash(node)
    farm.runFor(300)
    farm.restart(node)
    runToTheEnd(farm, 16_000)
    expectSettled(farm)
    const boots = farm.trace().filter((line) => line.includes('"move.step.began"') && line.includes('"step":"powerOn"'))
    // The board answers a repeat from its record: only an interrupted command is done again, as another attempt.
    const attempts = boots.filter((line) => line.includes('"mv-000007"')).map((line) => JSON.parse(line).attempt)
    expect(new Set(attempts).size).toBeLessThanOrEqual(2)
  })
})

describe('a blade that dies', () => {
  test.each(instantsMs)('R03: %d ms into its move ends well', (instantMs) => {
    const farm = moveBegun()
    farm.runFor(instantMs)
    farm.hardware.kill(blade)
    // A held group's blade is not touched by itself.
    farm.master().hold('news/web', false, () => {})
    runToTheEnd(farm, 26_000)
    expect(statusOf(farm).moves).toEqual([])
    expect(farm.violations()).toEqual([])
    expect(['joined', 'cold', 'quarantined', 'warm']).toContain(
      statusOf(farm).blades.find((one) => one.blade === blade)?.lifecycle,
    )
  })
})
