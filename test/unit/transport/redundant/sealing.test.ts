import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import { createSealing, linkKey, sealBytes } from '../../../../src/transport/redundant/sealing.ts'

const clock = createVirtualClock()
const key = linkKey('secret of a01')
const agent = createSealing('a01', (peer) => (peer === 'm1' ? [key] : []), clock)
const master = createSealing('m1', (peer) => [peer === 'a01' ? key : linkKey(`secret of ${peer}`)], clock)
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
    expect(createSealing('m2', () => [key], clock).open('a01', sealed)).toBeUndefined()
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

describe('R65: while a key is being replaced', () => {
  const [old, fresh] = [linkKey('old'), linkKey('fresh')]

  test('both ends find the one that the other has, whoever speaks first and whoever began with which', () => {
    for (const masters of [[old], [fresh, old]])
      for (const agents of [[old], [fresh, old]])
        for (const first of ['m1', 'a01']) {
          const ends = new Map([
            ['m1', createSealing('m1', () => masters, clock)],
            ['a01', createSealing('a01', () => agents, clock)],
          ])
          const say = (from: string, to: string) => {
            const said = ends.get(from)?.seal(to, bytes)
            return said !== undefined && ends.get(to)?.open(from, said) !== undefined
          }
          const second = first === 'm1' ? 'a01' : 'm1'
          // One that is not understood is said again.
          expect(say(first, second) || say(first, second)).toBe(true)
          expect(say(second, first)).toBe(true)
          expect(say(first, second)).toBe(true)
        }
  })

  test('keys that have changed are looked for, but not for every forged datagram', () => {
    const time = createVirtualClock()
    let looks = 0
    let keys = [old]
    const end = createSealing(
      'm1',
      () => {
        looks += 1
        return keys
      },
      time,
    )
    const peer = createSealing('a01', () => [fresh], time)
    const said = () => peer.seal('m1', bytes) ?? expect.unreachable('there is a key')
    expect(end.open('a01', said())).toBeUndefined()
    keys = [fresh]
    for (let index = 0; index < 100; index += 1) end.open('a01', said())
    expect(looks).toBe(1)
    time.advanceBy(500)
    expect(end.open('a01', said())).toEqual(bytes)
    expect(looks).toBe(2)
  })
})
