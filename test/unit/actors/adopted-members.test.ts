// R46: whom a new leader takes for members, before it has done anything.
import { expect, test } from 'vitest'
import { adoptedMembers, type FoundSite } from '../../../src/actors/adopted-members.ts'
import type { MoveInput } from '../../../src/machines/move-machine.ts'
import type { BoardStatus } from '../../../src/protocol/board.ts'
import type { Member } from '../../../src/protocol/messages.ts'

const group = 'shop/web'
const blade = 'c01-s01'

function serving(over: Partial<BoardStatus> = {}): BoardStatus {
  return {
    ...{ type: 'board.status', blade, boardType: 'process', incarnation: 1, promisedEpoch: 1, power: 'on', pid: 7 },
    pointers: null,
    identity: { group, role: 'front', imageDigest: 'sha256:1', bootId: 'boot-2' },
    ...{ volumes: [], networks: [group], address: '127.0.0.1:9001', formerGroup: group, receipt: null, running: null },
    ...{ lost: false, cpuRatio: 0, memoryBytes: 0, at: 1 },
    ...over,
  }
}

const member = (over: Partial<Member> = {}): Member => ({
  ...{ blade, address: '127.0.0.1:9001', bootId: 'boot-2', state: 'ready' as const },
  ...over,
})

const steps = ['drain', 'unjoin', 'disconnect', 'powerOff', 'scrub', 'verifyScrub'] as const
function leaving(index: number): MoveInput {
  return {
    ...{ move: 'mv-000001', blade, from: group, fromRole: 'front', to: { kind: 'cold' }, cause: 'operator' },
    ...{ steps, rollback: [], attemptMax: 3, decidedAt: 1 },
    resume: { index, attempt: 1, rollingBack: false, evidence: { identity: null, address: null, receipt: null } },
  } as MoveInput
}

function found({
  statuses = [],
  listed = [],
  openMoves = [],
}: Partial<Omit<FoundSite, 'listed'>> & { listed?: Member[] }) {
  return adoptedMembers(group, { statuses, listed: new Map([[group, listed]]), openMoves })
}

test('a blade that serves is a member, whether it was listed or not', () => {
  expect(found({ statuses: [serving()] })).toEqual([member()])
})

test('what its board says counts more than a list: it is off, of another group, off its networks, or another boot', () => {
  const other = { group: 'news/web', role: 'front', imageDigest: 'sha256:2', bootId: 'boot-3' }
  for (const over of [{ power: 'off' as const }, { identity: other }, { networks: [] }, { lost: true }])
    expect(found({ statuses: [serving(over)], listed: [member()] })).toEqual([])
  expect(found({ statuses: [serving()], listed: [member({ bootId: 'boot-1' })] })).toEqual([member()])
})

test('one that is not heard stays where the balancer has it, and comes on no other list', () => {
  expect(found({ listed: [member({ bootId: 'boot-9' })] })).toEqual([member({ bootId: 'boot-9' })])
  expect(found({})).toEqual([])
})

test.each([
  [0, ['draining']],
  [1, ['draining']],
  [2, []],
])('a move out that had come to step %d decides, heard or not', (index, states) => {
  const openMoves = [leaving(index)]
  expect(found({ statuses: [serving()], openMoves }).map(({ state }) => state)).toEqual(states)
  expect(found({ listed: [member()], openMoves }).map(({ state }) => state)).toEqual(states)
})
