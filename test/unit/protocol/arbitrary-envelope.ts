// Random envelopes of the protocol, made from the schema itself: a message that is added is tested the moment it exists.
import fc from 'fast-check'
import { z } from 'zod'
import { type Envelope, envelope } from '../../../src/protocol/envelope.ts'

export interface SchemaNode {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly maxLength?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly items?: SchemaNode
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly propertyNames?: SchemaNode
  readonly additionalProperties?: SchemaNode | false
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
}

/** The one type that JSON schema cannot name is `address`: it comes out as an empty node. */
export const envelopeNode: SchemaNode = JSON.parse(
  JSON.stringify(z.toJSONSchema(envelope, { unrepresentable: 'any', io: 'input' })),
)

/** One node a message type. */
export const messageNodes: ReadonlyMap<string, SchemaNode> = new Map(
  (envelopeNode.properties?.body?.oneOf ?? envelopeNode.properties?.body?.anyOf ?? []).map((node) => [
    String(node.properties?.type?.const),
    node,
  ]),
)

export const arbitraryAddress = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/), fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/))
  .chain(([site, node]) =>
    fc
      .tuple(fc.stringMatching(/^[A-Za-z0-9:._/-]{1,128}$/), fc.option(fc.nat()))
      .map(([path, life]) => `bw://${site}/${node}/${path}${life === null ? '' : `#${life}`}`),
  )

export function arbitraryEnvelope(body: SchemaNode): fc.Arbitrary<Envelope> {
  const { properties, ...rest } = envelopeNode
  return arbitraryFrom({ ...rest, properties: { ...properties, body } }).map((value) => envelope.parse(value))
}

function arbitraryFrom(node: SchemaNode): fc.Arbitrary<unknown> {
  if (node.const !== undefined) return fc.constant(node.const)
  if (node.enum) return fc.constantFrom(...node.enum)
  const choices = node.anyOf ?? node.oneOf
  if (choices) return fc.oneof(...choices.map(arbitraryFrom))
  switch (node.type) {
    case 'string':
      return arbitraryText(node)
    case 'integer':
      return fc.integer(rangeOf(node, 1))
    case 'number':
      return fc.double({ ...rangeOf(node, Number.EPSILON), noNaN: true, noDefaultInfinity: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(arbitraryFrom(node.items ?? {}), {
        minLength: node.minItems ?? 0,
        maxLength: Math.min(node.maxItems ?? 4, 4),
      })
    case 'object':
      return arbitraryObject(node)
    default:
      return arbitraryAddress
  }
}

function arbitraryText({ pattern, minLength = 0, maxLength = 256 }: SchemaNode): fc.Arbitrary<string> {
  const text = pattern === undefined ? fc.string({ minLength, maxLength }) : fc.stringMatching(new RegExp(pattern))
  return text.filter((value) => value.length >= minLength && value.length <= maxLength)
}

function arbitraryObject(node: SchemaNode): fc.Arbitrary<unknown> {
  if (node.propertyNames && node.additionalProperties)
    return fc.dictionary(arbitraryText(node.propertyNames), arbitraryFrom(node.additionalProperties), { maxKeys: 8 })
  const fields: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [key, value] of Object.entries(node.properties ?? {})) fields[key] = arbitraryFrom(value)
  return fc.record(fields, { requiredKeys: [...(node.required ?? [])], noNullPrototype: true })
}

function rangeOf(node: SchemaNode, above: number): { min: number; max: number } {
  const min = node.minimum ?? (node.exclusiveMinimum === undefined ? -1e9 : node.exclusiveMinimum + above)
  return { min: Math.max(min, -0x7fff_ffff), max: Math.min(node.maximum ?? 1e9, 0x7fff_ffff) }
}
