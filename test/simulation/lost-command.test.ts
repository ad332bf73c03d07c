// R42, R43: a command that is lost with its link is asked for again. The board takes the second copy, and the next command, which is newer than both.
import { expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import { bladeOf, broughtUp, statusOf } from './demo-farm.ts'

/** ms after the move began; at 96 the command of a step is on its way, and nothing else is written until it is asked for again. */
test.each([95, 96, 97])('R42: a link that is cut %i ms into a move delays it, and refuses nothing', (offsetMs) => {
  const farm = broughtUp({ load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web']) answered(farm, (done) => farm.master().hold(group, true, done))
  farm.runFor(1_000)
  answered(farm, (done) => farm.master().move('c03-s01', 'news/web', {}, done))
  farm.runFor(offsetMs)
  farm.network.cut('m1', 'a03')
  farm.runFor(1_500)
  farm.network.heal('m1', 'a03')
  expect(farm.runUntil(() => statusOf(farm).moves.length === 0, 60_000)).toBe(true)
  farm.runFor(200)
  expect(bladeOf(farm, 'c03-s01')).toMatchObject({ lifecycle: 'joined', group: 'news/web' })
  expect(farm.trace().filter((line) => line.includes('EPOCH_STALE'))).toEqual([])
})
