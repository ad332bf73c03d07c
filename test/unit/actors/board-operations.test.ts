// R03: what booted must be what was to boot, in this boot; the blade's word alone is never enough.
import { expect, test } from 'vitest'
import { type BladePorts, performOperation, readFacts } from '../../../src/actors/board-operations.ts'
import { type BoardFacts, freshMemory } from '../../../src/machines/host-board-gate.ts'
import type { BoardResult, BootIdentity } from '../../../src/protocol/board.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

const imageDigest = `sha256:${'1'.repeat(64)}`
const pointers = { group: 'shop/web', role: 'front', image: 'shop-web', imageDigest, healthPath: '/healthz' }
const booted: BootIdentity = { group: 'shop/web', role: 'front', imageDigest, bootId: 'mv-2.1' }
const id = { move: 'mv-2', step: 'verifyIdentity', attempt: 1 } as const

/** A blade that was powered on as boot mv-2.1 and answers with this identity. */
function answering(identity: BootIdentity): BladePorts {
  const reading = { power: 'on', pid: 7, pointers, bootId: 'mv-2.1', cpuRatio: 0, memoryBytes: 0, lost: false } as const
  const never = () => {}
  const board: BladePorts['board'] = {
    ...{ boardType: 'process', setPointers: never, powerOn: never, powerOff: never, scrub: never, verifyScrub: never },
    ...{ onLost: never, close: never },
    read: (answer) => answer({ ok: true, value: reading }),
    readIdentity: (answer) => answer({ ok: true, value: identity }),
  }
  const network = {
    ...{ connect: never, disconnect: never },
    read: (_blade, answer) => answer({ ok: true, value: { group: null, networks: [], address: null } }),
  } as BladePorts['network']
  const storage = {
    ...{ attach: never, detach: never },
    read: (_blade, answer) => answer({ ok: true, value: { group: null, volumes: [] } }),
  } as BladePorts['storage']
  return { blade: 'c01-s01', board, network, storage, clock: createVirtualClock() }
}

function verified(identity: BootIdentity): BoardResult | undefined {
  let result: BoardResult | undefined
  performOperation(answering(identity), id, { step: 'verifyIdentity' }, freshMemory, (ended) => {
    result = ended
  })
  return result
}

test('what its pointers say, in the boot that was started, is verified', () => {
  expect(verified(booted)).toEqual({ outcome: 'done', identity: booted })
})

test.each<[string, Partial<BootIdentity>]>([
  ['an earlier boot that was never switched off', { bootId: 'mv-1.1' }],
  ['another image', { imageDigest: `sha256:${'2'.repeat(64)}` }],
  ['another group', { group: 'news/web' }],
  ['another role', { role: 'back' }],
])('%s is not', (_what, over) => {
  expect(verified({ ...booted, ...over })).toMatchObject({ outcome: 'failed', code: 'IDENTITY_MISMATCH' })
  const before = { identity: null } as BoardFacts
  readFacts(answering({ ...booted, ...over }), before, (facts) => expect(facts.identity).toBeNull())
})
