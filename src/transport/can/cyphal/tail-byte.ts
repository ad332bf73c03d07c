// The last byte of every frame (specification v1.0, table "Tail byte structure"). The toggle tells a frame that came twice from
// the next one: 1 in the first frame of a transfer, then alternating.
export const startBit = 0x80
export const endBit = 0x40
export const toggleBit = 0x20
export const transferIdBits = 0x1f
