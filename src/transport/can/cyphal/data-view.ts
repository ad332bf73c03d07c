// How DSDL reads bytes (Cyphal specification v1.0, section 3.7.1): little-endian; what is missing at the end is zero, what is too
// much is ignored. So versions of a type with more or fewer fields at the end understand each other.

/** A copy of the first `bytes` of it. */
export function zeroExtended(payload: Uint8Array, bytes: number): DataView {
  const copy = new Uint8Array(bytes)
  copy.set(payload.subarray(0, bytes))
  return new DataView(copy.buffer)
}

/** An array with a length prefix of one byte; undefined when it says that it is longer than allowed. */
export function readBytes(view: DataView, at: number, bytesMax: number): Uint8Array | undefined {
  const length = view.getUint8(at)
  return length > bytesMax ? undefined : new Uint8Array(view.buffer, at + 1, length)
}

export function concatenated(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** At most so many bytes of UTF-8, cut between characters. */
export function textBytes(text: string, bytesMax: number): Uint8Array {
  const bytes = new Uint8Array(bytesMax)
  return bytes.subarray(0, new TextEncoder().encodeInto(text, bytes).written)
}
