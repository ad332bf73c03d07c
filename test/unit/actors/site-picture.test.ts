import { expect, test } from 'vitest'
import { SitePicture } from '../../../src/actors/site-picture.ts'

const role = 'shop/web/front'

test('a role that fails again and again is suspended, each time for longer; the first failure is chance', () => {
  const picture = new SitePicture()
  picture.noteOutcome(role, false, 0)
  expect(picture.isSuspended(role, 0)).toBe(false)
  picture.noteOutcome(role, false, 1_000)
  expect([5_999, 6_000].map((now) => picture.isSuspended(role, now))).toEqual([true, false])
  picture.noteOutcome(role, false, 10_000)
  expect([29_999, 30_000].map((now) => picture.isSuspended(role, now))).toEqual([true, false])
  expect(picture.isSuspended('news/web/front', 10_001)).toBe(false)
})

test('one move that succeeds ends it', () => {
  const picture = new SitePicture()
  for (const at of [0, 1, 2]) picture.noteOutcome(role, false, at)
  picture.noteOutcome(role, true, 3)
  expect(picture.isSuspended(role, 4)).toBe(false)
})

test('a list of the balancer counts as of when it was said', () => {
  const picture = new SitePicture()
  picture.noteListed({ group: 'shop/web', version: { epoch: 1, index: 1 }, members: [] }, 100)
  expect([100, 101].map((since) => picture.listedSince('shop/web', since))).toEqual([[], undefined])
})
