// How the blades of a cabinet are, in few frames: the whole in 9 bytes (two classic frames) now and then, and what changed at once, up to six
// changes in one frame. A digest carries a sequence number; whoever missed a change sees it, and waits for the next whole.
//
//   whole    sequence, then 8 bytes: two bits a slot, slot 1 in the lowest bits of the first byte
//   changes  sequence, then 1 to 6 bytes: state in bits 6-5, slot - 1 in bits 4-0

/** `silent`: its heartbeat (subject 7509) was not heard for 3 s. The others are its own word: health 0; 1 or 2; 3. */
export const slotStates = ['silent', 'nominal', 'caution', 'warning'] as const
export type SlotState = (typeof slotStates)[number]

export const slotCountMax = 32
const changeCountMax = 6
const wholeBytes = 9
const sequenceModulo = 256

/** The states of all slots, in order; slot 1 is the first. Those that are not there are silent. */
export type CabinetStates = readonly SlotState[]

export const allSilent: CabinetStates = Array.from({ length: slotCountMax }, () => 'silent')

export function encodeWhole(sequence: number, states: CabinetStates): Uint8Array {
  const bytes = new Uint8Array(wholeBytes)
  bytes[0] = sequence % sequenceModulo
  for (const [index, state] of states.slice(0, slotCountMax).entries()) {
    const at = 1 + (index >> 2)
    bytes[at] = (bytes[at] ?? 0) | (slotStates.indexOf(state) << (2 * (index & 3)))
  }
  return bytes
}

/** Undefined when a whole says it shorter. */
export function encodeChanges(sequence: number, before: CabinetStates, after: CabinetStates): Uint8Array | undefined {
  const changes = after.flatMap((state, index) =>
    state === before[index] || index >= slotCountMax ? [] : [(slotStates.indexOf(state) << 5) | index],
  )
  if (changes.length === 0 || changes.length > changeCountMax) return undefined
  return Uint8Array.from([sequence % sequenceModulo, ...changes])
}

/** What is known of a cabinet by its digests. */
export interface DigestBook {
  /** Of the newest digest; null before the first whole. */
  readonly sequence: number | null
  readonly states: CabinetStates
  /** A change was missed: the states are those of before it. */
  readonly isBehind: boolean
}

export const emptyBook: DigestBook = { sequence: null, states: allSilent, isBehind: true }

/** The same book when the bytes are no digest, or one that came before. Never throws. */
export function readDigest(book: DigestBook, bytes: Uint8Array): DigestBook {
  const [sequence, ...rest] = bytes
  if (sequence === undefined) return book
  if (bytes.length === wholeBytes) return { sequence, states: statesIn(rest), isBehind: false }
  if (rest.length === 0 || rest.length > changeCountMax || rest.some((change) => change >= 0x80)) return book
  if (book.sequence === sequence) return book
  if (book.sequence === null || book.isBehind || sequence !== (book.sequence + 1) % sequenceModulo)
    return { ...book, isBehind: true }
  const states = [...book.states]
  for (const change of rest) states[change & 0x1f] = slotStates[change >> 5] ?? 'silent'
  return { sequence, states, isBehind: false }
}

function statesIn(bytes: readonly number[]): CabinetStates {
  return allSilent.map((_, index) => slotStates[((bytes[index >> 2] ?? 0) >> (2 * (index & 3))) & 3] ?? 'silent')
}
