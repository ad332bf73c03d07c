// Proof that a message of a session is from its other end, and the next one: the first eight bytes of HMAC-SHA-256 over which end sends, how many
// it sent before, and the message. A connection delivers in order, so the number is not sent: a message that is changed, repeated, left out
// or of another session has another code, and ends the connection.
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

export interface MessageGuard {
  /** In the order of sending. */
  seal(bytes: Uint8Array): Uint8Array
  /** In the order of arrival. Undefined: it is not the next message of the other end. */
  open(sealed: Uint8Array): Uint8Array | undefined
}

export const guardBytes = 8

/** @param isCaller of this end: what one end says is no word of the other's */
export function createMessageGuard(key: KeyObject, isCaller: boolean): MessageGuard {
  const [own, peers] = isCaller ? [0, 1] : [1, 0]
  let [sent, received] = [0, 0]

  function codeOf(end: number, number: number, bytes: Uint8Array): Uint8Array {
    const head = Buffer.alloc(9)
    head[0] = end
    head.writeBigUInt64BE(BigInt(number), 1)
    return createHmac('sha256', key).update(head).update(bytes).digest().subarray(0, guardBytes)
  }

  return {
    seal(bytes) {
      const sealed = new Uint8Array(guardBytes + bytes.byteLength)
      sealed.set(codeOf(own, sent, bytes))
      sealed.set(bytes, guardBytes)
      sent += 1
      return sealed
    },
    open(sealed) {
      if (sealed.byteLength < guardBytes) return undefined
      const bytes = sealed.subarray(guardBytes)
      if (!timingSafeEqual(codeOf(peers, received, bytes), sealed.subarray(0, guardBytes))) return undefined
      received += 1
      return bytes
    },
  }
}
