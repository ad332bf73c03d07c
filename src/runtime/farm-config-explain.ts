// Says in words what is allowed at a path of the configuration, from the same schema that refused it.

import type { ConfigPath } from './farm-config-problem.ts'
import { farmConfigJsonSchema } from './farm-config-schema.ts'

interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
}

const root: SchemaNode = farmConfigJsonSchema()

/** One phrase, without a full stop. */
export function allowedAt(path: ConfigPath): string {
  const node = nodeAt(path)
  if (node === undefined) return 'nothing'
  if (node.enum) return `one of ${node.enum.map(String).join(', ')}`
  switch (node.type) {
    case 'integer':
      return `a whole number ${range(node)}`
    case 'number':
      return `a number ${range(node)}`
    case 'array':
      return `a list of ${node.minItems ?? 0} to ${node.maxItems ?? 'many'} entries`
    case 'object':
      return `an object with the keys ${Object.keys(node.properties ?? {}).join(', ')}`
    case 'string':
      return `text of ${node.minLength ?? 0} to ${node.maxLength ?? 64} characters`
    default:
      return node.description ?? 'something else'
  }
}

/** For a key that is not known: the one that was probably meant, or all there are. */
export function suggestKey(path: ConfigPath, key: string): string {
  const keys = Object.keys(nodeAt(path)?.properties ?? {})
  const nearest = keys
    .map((candidate) => ({ candidate, distance: editDistance(key.slice(0, 64), candidate) }))
    .toSorted((a, b) => a.distance - b.distance)[0]
  const isNear = nearest !== undefined && nearest.distance <= Math.max(2, Math.floor(nearest.candidate.length / 3))
  return `the keys ${keys.join(', ')}${isNear ? `; did you mean ${nearest.candidate}?` : ''}`
}

/** Own properties only: `constructor` in a file must not find Object's. */
export function valueAt(data: unknown, path: ConfigPath): unknown {
  let value = data
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function nodeAt(path: ConfigPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = root
  for (const part of path) {
    const properties: SchemaNode['properties'] = node?.properties
    if (typeof part === 'number') node = node?.items
    else node = properties !== undefined && Object.hasOwn(properties, part) ? properties[part] : undefined
  }
  return node
}

function range({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  return `${minimum === undefined ? `above ${exclusiveMinimum ?? 0}` : `from ${minimum}`} to ${maximum ?? 'any'}`
}

/** Levenshtein, case ignored, one row at a time. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase()
  const b = right.toLowerCase()
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[b.length] ?? a.length
}
