import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../../../src/protocol/envelope.ts'
import { message } from '../../../../src/protocol/messages.ts'
import { createCompactCodec } from '../../../../src/transport/compact/compact-codec.ts'
import { messageTypes } from '../../../../src/transport/compact/message-types.ts'
import { encodeEnvelope } from '../../../../src/transport/envelope-codec.ts'
import { arbitraryEnvelope, messageNodes } from '../../protocol/arbitrary-envelope.ts'

const codec = createCompactCodec({
  site: 's1',
  nodes: ['m1', 'm2', 'a01', 'lb'],
  paths: ['leases', 'master'],
  words: ['shop/web', 'front'],
})

function bytesOf(value: Envelope): Uint8Array {
  const bytes = codec.encode(value)
  if (typeof bytes === 'string') throw new Error(bytes)
  return bytes
}

test('every message type has a number, once; the table is only appended to', () => {
  expect([...messageTypes].sort()).toEqual([...messageNodes.keys()].sort())
  expect(new Set(messageTypes).size).toBe(messageTypes.length)
  // Of the day on which the format was first used.
  expect(messageTypes.indexOf('lease.ask')).toBe(0)
  expect(messageTypes.indexOf('board.command')).toBe(2)
  expect(message).toBeDefined()
})

describe.each([...messageNodes])('%s', (_, node) => {
  test('comes back as it was, also with the zeros of an FD frame behind it', () => {
    fc.assert(
      fc.property(arbitraryEnvelope(node), fc.nat(20), (value, zeros) => {
        const bytes = bytesOf(value)
        const padded = new Uint8Array(bytes.length + zeros)
        padded.set(bytes)
        expect(codec.decode(padded)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed: 1, numRuns: 30 },
    )
  })
})

test('any bytes, and any envelope with a byte changed or cut off, are an envelope or none', () => {
  const whole = bytesOf({
    from: 'bw://s1/m1/master#3',
    to: 'bw://s1/a01/leases',
    lane: 'control',
    body: { type: 'board.poll' },
  })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length - 1), fc.nat(255), (bytes, at, value) => {
      codec.decode(bytes)
      codec.decode(whole.subarray(0, at))
      const changed = Uint8Array.from(whole)
      changed[at] = value
      codec.decode(changed)
    }),
    { seed: 2, numRuns: 3_000 },
  )
  expect(codec.decode(new Uint8Array(100_000))).toBeUndefined()
  expect(codec.decode(Uint8Array.of(...whole, 1))).toBeUndefined()
})

test('what is said most is a few classic frames, where it was a dozen and more', () => {
  const voters = { version: 3, members: ['c01-s01', 'c01-s02', 'c02-s01', 'c02-s02', 'c03-s01'], former: null }
  const head = { from: 'bw://s1/m1/leases#12', to: 'bw://s1/a01/leases', lane: 'control' } as const
  const ask: Envelope = {
    ...head,
    body: {
      ...{ type: 'lease.ask', master: 'm1', epoch: 7, round: 5_000, releases: 0, leaseMs: 1_000, mark: null, voters },
      acceptsLoss: false,
    },
  }
  const answered: Envelope = {
    ...head,
    body: {
      ...{ type: 'lease.answered', epoch: 7, round: 5_000, nonce: 40_000_123 },
      boards: ['c01-s01', 'c01-s02', 'c01-s03'].map((board) => ({
        ...({ board, outcome: 'granted', promised: 7, heldMs: 0, mark: null, voters } as const),
        lastOrder: { epoch: 7, index: 812 },
      })),
    },
  }
  const sizes = [ask, answered].map((value) => {
    const plain = encodeEnvelope(value)
    return { plain: plain.length, compact: bytesOf(value).length }
  })
  expect(sizes).toMatchInlineSnapshot(`
    [
      {
        "compact": 39,
        "plain": 223,
      },
      {
        "compact": 59,
        "plain": 591,
      },
    ]
  `)
})
