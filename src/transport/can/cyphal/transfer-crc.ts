// CRC-16/CCITT-FALSE over payload and padding of a transfer of several frames (specification v1.0, section 4.2.2.4 and appendix):
// polynomial 0x1021, begun with 0xFFFF, nothing reflected. It is sent with the high byte first, so that what it leaves over
// payload and CRC together is 0: a receiver need not know where the payload ends.

export const crcBegin = 0xffff

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  return crc & 0xffff
})

/** Goes on from `crc` over the bytes from `from` up to, not including, `to`. */
export function addToCrc(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let sum = crc
  for (let index = from; index < to; index += 1)
    sum = ((sum << 8) & 0xffff) ^ (table[(sum >> 8) ^ (bytes[index] ?? 0)] ?? 0)
  return sum
}
