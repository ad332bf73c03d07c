// Bit stuffing (ISO 11898-1:2015, 10.5): behind five equal bits comes one of the other value, which counts into the next five.
// That is a machine of eight states: the value of the last bit, and how often it came, one to four. The value here is
// `stuff bits so far * 8 + state`, so that one number holds both; a table takes it a byte at a time.

/** Before a start of frame: the bit before was recessive, and once. */
export const notStuffed = 4

/** `stuffed` after one more bit. */
export function stuffBit(stuffed: number, bit: number): number {
  const last = (stuffed >>> 2) & 1
  if (bit !== last) return (stuffed & ~7) | (bit << 2)
  if ((stuffed & 3) < 3) return stuffed + 1
  return (stuffed & ~7) + 8 + ((1 - bit) << 2)
}

export function stuffByte(stuffed: number, byte: number): number {
  return (stuffed & ~7) + (steps[((stuffed & 7) << 8) | byte] ?? 0)
}

export function stuffWord(stuffed: number, word: number): number {
  const half = stuffByte(stuffByte(stuffed, word >>> 24), (word >>> 16) & 0xff)
  return stuffByte(stuffByte(half, (word >>> 8) & 0xff), word & 0xff)
}

export function stuffCount(stuffed: number): number {
  return stuffed >>> 3
}

/** Whether the last bit was called for by the five before it: it then differs from the last that was sent. */
export function endsStuffed(stuffed: number, lastBit: number): boolean {
  return ((stuffed >>> 2) & 1) !== lastBit
}

const steps = Uint8Array.from({ length: 8 * 256 }, (_, index) => {
  let stuffed = index >>> 8
  for (let bit = 7; bit >= 0; bit -= 1) stuffed = stuffBit(stuffed, (index >>> bit) & 1)
  return stuffed
})
