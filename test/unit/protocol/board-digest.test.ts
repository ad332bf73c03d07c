import { expect, test } from 'vitest'
import type { BoardStatus } from '../../../src/protocol/board.ts'
import { boardDigest } from '../../../src/protocol/board-digest.ts'

const said: BoardStatus = {
  ...({ type: 'board.status', blade: 'c01-s01', boardType: 'process', incarnation: 3, promisedEpoch: 7 } as const),
  ...({
    power: 'on',
    pid: 17,
    pointers: null,
    identity: null,
    volumes: ['content'],
    networks: ['front', 'private'],
  } as const),
  ...({ address: null, formerGroup: 'shop/web', receipt: null, running: null, lost: false } as const),
  ...{ cpuRatio: 0.25, memoryBytes: 4096, at: 1 },
}

test('the digest of what a board said is the same however its fields are ordered, and however busy the blade is', () => {
  const reversed = Object.fromEntries(Object.entries(said).reverse()) as BoardStatus
  expect(boardDigest({ ...reversed, cpuRatio: 0.5, memoryBytes: 1, at: 2 })).toBe(boardDigest(said))
})

test.each([
  { incarnation: 4 },
  { promisedEpoch: 8 },
  { power: 'off' },
  { pid: null },
  { volumes: [] },
  { networks: ['private', 'front'] },
  { formerGroup: null },
  { lost: true },
] satisfies Partial<BoardStatus>[])('another fact is another digest: %j', (change) => {
  expect(boardDigest({ ...said, ...change })).not.toBe(boardDigest(said))
  expect(Number.isSafeInteger(boardDigest({ ...said, ...change }))).toBe(true)
})
