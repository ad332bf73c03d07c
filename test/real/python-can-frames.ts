// What our bus sends to python-can: 3,000 frames in one go, all lengths, classic and FD.
import type { CanFrame } from '../../src/transport/can/can-bus.ts'

const lengths = [2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]

export function framesToPython(): CanFrame[] {
  return Array.from({ length: 3000 }, (_, index) => {
    const length = lengths[index % lengths.length] ?? 8
    const isFd = length > 8 || index % 3 === 0
    const isExtended = index % 5 !== 0
    const data = new Uint8Array(length).fill(index & 0xff)
    data[1] = index >> 8
    // Their order is not their arbitration's.
    const id = (index * 7919) % (isExtended ? 0x20000000 : 0x800)
    return { id, isExtended, isFd, isBitRateSwitched: isFd && index % 2 === 0, data }
  })
}
