import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSealing, linkKey, sealBytes } from '../../../../src/transport/redundant/sealing.ts'

const key = linkKey('secret of a01')
const agent = createSealing('a01', (peer) => (peer === 'm1' ? key : undefined))
const master = createSealing('m1', (peer) => (peer === 'a01' ? key : linkKey(`secret of ${peer}`)))
const bytes = Uint8Array.of(1, 2, 3, 4)
const sealed = agent.seal('m1', bytes) ?? expect.unreachable('there is a key')

describe('R65: a datagram', () => {
  test('of the peer that it says it is of comes through as it was', () => {
    expect(master.open('a01', sealed)).toEqual(bytes)
    expect(sealed).toHaveLength(bytes.length + sealBytes)
  })

  test('in the name of another node, or sent back to who made it, is refused', () => {
    expect(master.open('a02', sealed)).toBeUndefined()
    expect(agent.open('m1', sealed)).toBeUndefined()
  })

  test('for another node is refused, although the key is the same', () => {
    expect(createSealing('m2', () => key).open('a01', sealed)).toBeUndefined()
  })

  test('with any bit changed, cut off or longer is refused', () => {
    fc.assert(
      fc.property(fc.nat(8 * sealed.length - 1), fc.nat(sealed.length - 1), (bit, length) => {
        const changed = Uint8Array.from(sealed)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(master.open('a01', changed)).toBeUndefined()
        expect(master.open('a01', sealed.subarray(0, length))).toBeUndefined()
      }),
      { seed: 1, numRuns: 300 },
    )
    expect(master.open('a01', Uint8Array.of(...sealed, 0))).toBeUndefined()
  })

  test('of a peer without a key is neither made nor read', () => {
    expect(agent.seal('m2', bytes)).toBeUndefined()
    expect(agent.open('m2', sealed)).toBeUndefined()
  })
})
