// An event of the farm as one line.
import { placement } from '../protocol/messages.ts'
import type { FarmEvent } from '../runtime/farm-control.ts'
import { placeName } from './explanation.ts'
import { plainText } from './plain-text.ts'

/** When, what, and every field that one word can say. */
export function eventLine({ type, at, ...fields }: FarmEvent): string {
  const said = Object.entries(fields).flatMap(([name, value]) => {
    const word = wordFor(name, value)
    return word === undefined ? [] : [`${name} ${word}`]
  })
  return plainText(`${new Date(at).toISOString().slice(11, 23)} ${type} ${said.join(', ')}`.trimEnd())
}

function wordFor(name: string, value: unknown): string | undefined {
  if (name === 'to') {
    const to = placement.safeParse(value)
    if (to.success) return placeName(to.data)
  }
  return value === null || value === undefined || typeof value === 'object' ? undefined : String(value)
}
