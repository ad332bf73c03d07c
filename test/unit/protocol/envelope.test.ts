import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelope } from '../../../src/protocol/envelope.ts'
import { decodeEnvelope, encodeEnvelope, envelopeBytesMax } from '../../../src/transport/envelope-codec.ts'
import { arbitraryEnvelope, envelopeNode, messageNodes, type SchemaNode } from './arbitrary-envelope.ts'

const types = [...messageNodes.keys()]

test('the protocol has messages, and each is told by its type', () => {
  expect(types.length).toBeGreaterThan(20)
  expect(types).not.toContain('undefined')
})

describe.each(types)('%s', (type) => {
  const node = messageNodes.get(type) ?? {}

  test('survives the wire unchanged', () => {
    fc.assert(
      fc.property(arbitraryEnvelope(node), (sent) => {
        const bytes = encodeEnvelope(sent)
        expect(typeof bytes === 'string' ? bytes : decodeEnvelope(bytes)).toEqual(sent)
      }),
      { seed: 3, numRuns: 20 },
    )
  })

  test('is refused when a field is missing or of another kind', () => {
    const fields = node.required ?? []
    expect(fields).toContain('type')
    const wrong = fc.tuple(arbitraryEnvelope(node), fc.constantFrom(...fields), fc.constantFrom(...strangeValues))
    fc.assert(
      fc.property(wrong, ([sent, field, strange]) => {
        const { [field]: _, ...without } = { ...sent.body } as Record<string, unknown>
        expect(envelope.safeParse({ ...sent, body: without }).success).toBe(false)
        expect(envelope.safeParse({ ...sent, body: { ...without, [field]: strange } }).success).toBe(false)
      }),
      { seed: 4, numRuns: 20 },
    )
  })
})

/** No field of any message may be one of these. */
const strangeValues = [
  undefined,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  'x'.repeat(20_000),
  { a: { b: 1 } },
  [[]],
  () => 1,
]

describe('a stranger', () => {
  test('may say anything: it is refused, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (value) => {
        expect(envelope.safeParse(value).success).toBe(false)
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  test('may send any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        expect(decodeEnvelope(bytes)).toBeUndefined()
      }),
      { seed: 6, numRuns: 500 },
    )
  })

  test('may change bytes of a true message: what comes out is none, or one of the protocol', () => {
    const node = messageNodes.get('board.command') ?? {}
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
    let refusals = 0
    fc.assert(
      fc.property(arbitraryEnvelope(node), damage, (sent, changes) => {
        const encoded = encodeEnvelope(sent)
        if (typeof encoded === 'string') throw new Error(encoded)
        const bytes = Uint8Array.from(encoded)
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const read = decodeEnvelope(bytes)
        if (read === undefined) refusals += 1
        else expect(envelope.parse(read)).toEqual(read)
      }),
      { seed: 8, numRuns: 200 },
    )
    expect(refusals).toBeGreaterThan(20)
  })

  test('may not add fields: they are dropped, and no prototype is touched', () => {
    const body = JSON.parse('{"type":"board.poll","__proto__":{"admin":true},"extra":1}')
    const read = envelope.parse({ from: 'bw://here/m1/a', to: 'bw://here/c01-s01/b', lane: 'control', body })
    expect(read.body).toEqual({ type: 'board.poll' })
    expect('admin' in read.body).toBe(false)
  })
})

describe('every message is bounded', () => {
  test('each text and each list of the schema has a maximum', () => {
    expect(unbounded(envelopeNode, 'envelope')).toEqual([])
  })

  test('a reason carries 32 numbers at most', () => {
    const body = (count: number) => ({
      type: 'group.blades.requested',
      group: 'shop/web',
      role: 'front',
      count: 1,
      wish: 0.5,
      reasons: [{ code: 'a', text: 'b', numbers: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, i])) }],
    })
    const sent = (count: number) => ({
      from: 'bw://here/c01-s01/decision',
      to: 'bw://here/leader/groups/shop/web',
      lane: 'normal',
      body: body(count),
    })
    expect(envelope.safeParse(sent(32)).success).toBe(true)
    expect(envelope.safeParse(sent(33)).success).toBe(false)
  })

  test('more bytes than a message may have are not even looked at', () => {
    expect(decodeEnvelope(new Uint8Array(envelopeBytesMax + 1))).toBeUndefined()
  })
})

/** A pattern bounds its text when it is anchored and repeats nothing without end. */
function unbounded(node: SchemaNode, path: string): string[] {
  const isOpenPattern = node.pattern === undefined || !/^\^.*\$$/.test(node.pattern) || /[*+]/.test(node.pattern)
  const isOpenText = node.type === 'string' && node.maxLength === undefined && isOpenPattern
  const isOpenList = node.type === 'array' && node.maxItems === undefined
  const children: [string, SchemaNode][] = [
    ...Object.entries(node.properties ?? {}),
    ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((one): [string, SchemaNode] => [
      String(one.properties?.type?.const ?? '|'),
      one,
    ]),
    ...(node.items ? [['[]', node.items] satisfies [string, SchemaNode]] : []),
    ...(node.propertyNames ? [['keys', node.propertyNames] satisfies [string, SchemaNode]] : []),
  ]
  const isOpen = (isOpenText && node.const === undefined && node.enum === undefined) || isOpenList
  return [...(isOpen ? [path] : []), ...children.flatMap(([key, child]) => unbounded(child, `${path}.${key}`))]
}
