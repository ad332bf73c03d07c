// Whom a datagram is from: anybody on a bus can say anything in anybody's name, so each datagram carries a code that only the two ends of the
// link can make: the first eight bytes of HMAC-SHA-256 (RFC 2104) over who sends, who receives, and the bytes. The key is theirs alone.
//
// A datagram that is recorded and sent again passes, and does nothing: a frame of a link names the lives of both ends, the session and its
// number in it, and each number counts once. It hides nothing: who hears the bus can read it.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { NodeId } from '../../protocol/ids.ts'

export interface Sealing {
  /** Undefined: there is no key for that peer. */
  seal(peer: NodeId, bytes: Uint8Array): Uint8Array | undefined
  /** The bytes; undefined when they are not from that peer, for this node, or have been changed. */
  open(peer: NodeId, sealed: Uint8Array): Uint8Array | undefined
}

export const sealBytes = 8

/** @param keyOf of the link with a peer; the same at both ends, and nobody else's */
export function createSealing(self: NodeId, keyOf: (peer: NodeId) => Uint8Array | undefined): Sealing {
  // As objects: made from bytes for every code they cost five times the code.
  const keys = new Map<NodeId, KeyObject | undefined>()

  function key(peer: NodeId): KeyObject | undefined {
    if (!keys.has(peer)) {
      const bytes = keyOf(peer)
      keys.set(peer, bytes && createSecretKey(bytes))
    }
    return keys.get(peer)
  }

  return {
    seal(peer, bytes) {
      const known = key(peer)
      if (known === undefined) return undefined
      const sealed = new Uint8Array(sealBytes + bytes.length)
      sealed.set(codeOf(known, self, peer, bytes))
      sealed.set(bytes, sealBytes)
      return sealed
    },
    open(peer, sealed) {
      const known = key(peer)
      if (known === undefined || sealed.length < sealBytes) return undefined
      const bytes = sealed.subarray(sealBytes)
      return timingSafeEqual(codeOf(known, peer, self, bytes), sealed.subarray(0, sealBytes)) ? bytes : undefined
    },
  }
}

function codeOf(key: KeyObject, from: NodeId, to: NodeId, bytes: Uint8Array): Uint8Array {
  // Names hold no space, so no two pairs read the same.
  return createHmac('sha256', key).update(`${from} ${to} `).update(bytes).digest().subarray(0, sealBytes)
}

/** The key of a link, from the secret of the node that calls. */
export function linkKey(secret: string): Uint8Array {
  return createHmac('sha256', secret).update('bladewright link').digest()
}
