// R41: what a standby concludes from the signs of life of the one that leads, and from the notice that it ended.
import { expect, test } from 'vitest'
import { PeerWatch } from '../../../src/actors/peer-watch.ts'
import type { PairState } from '../../../src/protocol/pair.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

function watch(life = 7) {
  const clock = createVirtualClock()
  const peer = new PeerWatch('m1', 1, clock)
  peer.linkUp(life)
  return { clock, peer }
}

const says = (stage: PairState['stage'], epoch: number, released = 0): PairState => ({
  ...{ type: 'pair.state', master: 'm1', stage, epoch, released, lastIndex: 1, trouble: null },
})

test('the end of a life that led frees its epoch, once', () => {
  const { peer } = watch()
  peer.heard(says('leading', 5))
  expect(peer.exited(7)).toBe(5)
  expect(peer.exited(7)).toBeNull()
})

test('the end of another life frees nothing: its notice came late, or is a stranger’s', () => {
  const { peer } = watch()
  peer.heard(says('leading', 5))
  expect([peer.exited(6), peer.exited(8)]).toEqual([null, null])
  expect(peer.isLeading()).toBe(true)
})

test('a new life has led in no epoch, whatever the last one did', () => {
  const { peer } = watch()
  peer.heard(says('leading', 5))
  peer.linkUp(8)
  peer.heard(says('standby', 0))
  expect(peer.exited(8)).toBe(0)
})

test('an epoch that it let go itself is free at once, and not a second time when it ends', () => {
  const { peer } = watch()
  peer.heard(says('leading', 5))
  expect(peer.heard(says('standby', 0, 5))).toBe(5)
  expect(peer.heard(says('standby', 0, 5))).toBe(0)
  expect(peer.exited(7)).toBeNull()
})

test('what it says that it let go counts only for the epoch that it was heard to lead in', () => {
  const { peer } = watch()
  peer.heard(says('leading', 5))
  expect(peer.heard(says('standby', 0, 3))).toBe(0)
})

test('a leader is missed when it has been silent for a moment', () => {
  const { clock, peer } = watch()
  peer.heard(says('leading', 5))
  clock.advanceBy(350)
  expect(peer.isLeaderMissed()).toBe(false)
  clock.advanceBy(1)
  expect(peer.isLeaderMissed()).toBe(true)
  peer.pause(100)
  expect(peer.isLeaderMissed()).toBe(false)
})
