import { expect, test } from 'vitest'
import {
  backboneSubjects,
  cabinetSubjects,
  createCabinetRelay,
  type RelayedTransfer,
} from '../../../../src/transport/can/cabinet-relay.ts'

type Published = readonly [side: string, subject: number, priority: number, payload: readonly number[]]

function relayOf(cabinet: number) {
  const published: Published[] = []
  let room = Number.POSITIVE_INFINITY
  const end = (side: string) => ({
    publish(subject: number, priority: number, payload: Uint8Array) {
      if (room <= 0) return 'full' as const
      room -= 1
      published.push([side, subject, priority, [...payload]])
      return 'accepted' as const
    },
  })
  const ends = { cabinet: end('cabinet'), backbone: end('backbone') }
  const relay = createCabinetRelay({ cabinet, slots: 4, ends })
  relay.open()
  return {
    relay,
    published,
    leaveRoomFor(count: number) {
      room = count
    },
  }
}

const transfer = (over: Partial<RelayedTransfer>): RelayedTransfer => ({
  subject: cabinetSubjects.up,
  source: 3,
  priority: 2,
  payload: Uint8Array.of(33, 7, 8),
  ...over,
})

test('R44: what a blade says to a master goes out in the name of its cabinet, with its slot, at its priority', () => {
  const { relay, published } = relayOf(5)
  relay.heard('cabinet', transfer({}))
  expect(published).toEqual([['backbone', backboneSubjects.up + 10, 2, [33, 3, 7, 8]]])
})

test('R44: what a master says to a blade reaches its cabinet only, with the name of the master', () => {
  const { relay, published } = relayOf(5)
  const down = { source: 34, payload: Uint8Array.of(2, 9) }
  relay.heard('backbone', transfer({ ...down, subject: backboneSubjects.down + 10 }))
  relay.heard('backbone', transfer({ ...down, subject: backboneSubjects.down + 12 }))
  expect(published).toEqual([['cabinet', cabinetSubjects.down, 2, [2, 34, 9]]])
})

test('nothing comes back on the side that it came over, and nothing of another subject is passed on', () => {
  const { relay, published } = relayOf(0)
  relay.heard('backbone', transfer({}))
  relay.heard('cabinet', transfer({ subject: backboneSubjects.down }))
  relay.heard('cabinet', transfer({ subject: cabinetSubjects.down }))
  relay.heard('cabinet', transfer({ subject: 7_509 }))
  expect(published).toEqual([])
})

test('a closed relay forwards nothing', () => {
  const { relay, published } = relayOf(0)
  relay.close()
  relay.heard('cabinet', transfer({}))
  expect(published).toEqual([])
})

test('what names no end, or a slot that is not there, is refused and counted', () => {
  const { relay, published } = relayOf(0)
  relay.heard('cabinet', transfer({ payload: new Uint8Array(0) }))
  relay.heard('cabinet', transfer({ source: 5 }))
  relay.heard('backbone', transfer({ subject: backboneSubjects.down, payload: Uint8Array.of(5, 1) }))
  relay.heard('backbone', transfer({ subject: backboneSubjects.down, payload: Uint8Array.of(0, 1) }))
  expect(published).toEqual([])
  expect(relay.counters).toMatchObject({ cabinet: { refused: 2 }, backbone: { refused: 2 } })
})

test('what the far side has no room for is dropped and counted, never queued here', () => {
  const { relay, published, leaveRoomFor } = relayOf(0)
  leaveRoomFor(1)
  relay.heard('cabinet', transfer({}))
  relay.heard('cabinet', transfer({}))
  expect(published).toHaveLength(1)
  expect(relay.counters.cabinet).toMatchObject({ forwarded: 1, dropped: 1 })
})
