// What a board said, as one number: a board whose facts have not changed sends that instead of the facts, and whoever has other facts asks.
import type { BoardStatus } from './board.ts'

/** What changes all the time and tells nothing about the facts. */
type Passing = 'at' | 'cpuRatio' | 'memoryBytes' | 'type'

/** 53 bits, the same whatever the order of the fields is: no secret, and no proof of who said it. */
export function boardDigest(status: BoardStatus): number {
  const { at: _at, cpuRatio: _cpu, memoryBytes: _memory, type: _type, ...facts } = status
  return hashOf(JSON.stringify(inOrder(facts satisfies Omit<BoardStatus, Passing>)))
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, inner]) => [name, inOrder(inner)])
}

/** Two 32-bit FNV-1a sums of different beginnings, cut to 53 bits. */
function hashOf(text: string): number {
  let [high, low] = [0x811c9dc5, 0x9747b28c]
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x01000193)
  }
  return (high >>> 11) * 0x1_0000_0000 + (low >>> 0)
}
