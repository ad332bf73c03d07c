// Chance from a seed. The stream is sfc32 (a small fast counter generator that passes PractRand), its 128 bits of state are
// the start of SHA-256 over the seed and the names of the forks that led here: streams are independent by name, whoever
// drew from their parents before.
import { createHash } from 'node:crypto'
import type { Random } from '../ports/random.ts'

/** The same seed gives the same numbers; 7 and '7' are the same seed. */
export function createSeededRandom(seed: number | string): Random {
  return createStream([String(seed)])
}

function createStream(names: readonly string[]): Random {
  // As JSON, so that no name can imitate a path of two names.
  const digest = createHash('sha256').update(JSON.stringify(names)).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = digest.readInt32LE(12)

  return {
    next() {
      const drawn = (((a + b) | 0) + counter) | 0
      counter = (counter + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = (((c << 21) | (c >>> 11)) + drawn) | 0
      return (drawn >>> 0) / 2 ** 32
    },
    fork: (name) => createStream([...names, name]),
  }
}
