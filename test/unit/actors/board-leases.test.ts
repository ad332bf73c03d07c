// P8: what an answer on a lease rests on is durable before it is told; what did not reach the disk is never told.
import { expect, test } from 'vitest'
import { BoardLeases } from '../../../src/actors/board-leases.ts'
import { freshMemory } from '../../../src/machines/host-board-gate.ts'
import type { Answer } from '../../../src/ports/result.ts'
import type { LeaseAnswered, LeaseAsk } from '../../../src/protocol/pair.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

const board = 'c01-s01'
const voters = { version: 1, members: [board], former: null }

function agent() {
  const writes: Answer<void>[] = []
  const told: LeaseAnswered[] = []
  const leases = new BoardLeases({
    boards: [board],
    words: new Map(),
    incarnation: 1,
    clock: createVirtualClock(),
    journal: (_entries, answer) => writes.push(answer),
    lastOrderOf: () => freshMemory.lastOrder,
  })
  const ask = (round: number, epoch = 1) => {
    const question: LeaseAsk = {
      type: 'lease.ask',
      master: 'm1',
      epoch,
      round,
      releases: 0,
      leaseMs: 1_000,
      mark: null,
      voters,
      acceptsLoss: false,
    }
    leases.ask(question, (answered) => told.push(answered))
  }
  return { leases, writes, told, ask }
}

test('a promise is told when it is durable, and a command passes from then on', () => {
  const { leases, writes, told, ask } = agent()
  ask(1)
  expect(told).toEqual([])
  expect(leases.isGranted(board, 1)).toBe(false)
  writes[0]?.({ ok: true, value: undefined })
  expect(told.map(({ boards }) => boards[0]?.outcome)).toEqual(['granted'])
  expect(leases.isGranted(board, 1)).toBe(true)
})

test('a promise that did not reach the disk is told by no later answer, and lets no command pass', () => {
  const { leases, writes, told, ask } = agent()
  ask(1)
  writes[0]?.({ ok: false, code: 'DISK_FULL', detail: 'no space left' })
  ask(2)
  ask(3, 3)
  for (const write of writes.slice(1)) write({ ok: true, value: undefined })
  expect(told).toEqual([])
  expect([1, 3].map((epoch) => leases.isGranted(board, epoch))).toEqual([false, false])
})
