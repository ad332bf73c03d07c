// Whom a datagram is from: anybody on a bus can say anything in anybody's name, so each datagram carries a code that only the two ends of the
// link can make: the first eight bytes of HMAC-SHA-256 (RFC 2104) over who sends, who receives, and the bytes. The key is theirs alone.
//
// A datagram that is recorded and sent again passes, and does nothing: a frame of a link names the lives of both ends, the session and its
// number in it, and each number counts once. It hides nothing: who hears the bus can read it.
//
// While a key is being replaced there are two: the peer's process may have begun before or after. What the peer says shows which it has; until
// then they are tried in turn.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { NodeId } from '../../protocol/ids.ts'

export interface Sealing {
  /** Undefined: there is no key for that peer. */
  seal(peer: NodeId, bytes: Uint8Array): Uint8Array | undefined
  /** The bytes; undefined when they are not from that peer, for this node, or have been changed. */
  open(peer: NodeId, sealed: Uint8Array): Uint8Array | undefined
}

export const sealBytes = 8

/** Keys are looked for again, when one does not fit, no more often than this. */
const lookAgainMs = 500

interface PeerKeys {
  // As objects: made from bytes for every code they cost five times the code.
  keys: readonly KeyObject[]
  lookedAtMs: number
  /** The one that the peer has shown to have. */
  shown: KeyObject | undefined
  turn: number
}

/** @param keysOf of the link with a peer, the newest first; the same at both ends, and nobody else's */
export function createSealing(
  self: NodeId,
  keysOf: (peer: NodeId) => readonly Uint8Array[],
  clock: Pick<Clock, 'monotonic'>,
): Sealing {
  const peers = new Map<NodeId, PeerKeys>()

  function look(peer: NodeId): PeerKeys {
    const keys = keysOf(peer).map((bytes) => createSecretKey(bytes))
    const found = { keys, lookedAtMs: clock.monotonic(), shown: undefined, turn: 0 }
    peers.set(peer, found)
    return found
  }

  function keyThatFits(peer: NodeId, sealed: Uint8Array): KeyObject | undefined {
    const fits = (key: KeyObject) =>
      timingSafeEqual(codeOf(key, peer, self, sealed.subarray(sealBytes)), sealed.subarray(0, sealBytes))
    const known = peers.get(peer) ?? look(peer)
    if (known.shown && fits(known.shown)) return known.shown
    const key = known.keys.find((one) => one !== known.shown && fits(one))
    if (key || clock.monotonic() - known.lookedAtMs < lookAgainMs) return key
    return look(peer).keys.find(fits)
  }

  return {
    seal(peer, bytes) {
      const known = peers.get(peer) ?? look(peer)
      const { keys, shown } = known
      known.turn += shown ? 0 : 1
      const key = shown ?? keys[known.turn % Math.max(1, keys.length)]
      if (key === undefined) return undefined
      const sealed = new Uint8Array(sealBytes + bytes.length)
      sealed.set(codeOf(key, self, peer, bytes))
      sealed.set(bytes, sealBytes)
      return sealed
    },
    open(peer, sealed) {
      const key = sealed.length < sealBytes ? undefined : keyThatFits(peer, sealed)
      if (key === undefined) return undefined
      const known = peers.get(peer)
      if (known) known.shown = key
      return sealed.subarray(sealBytes)
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
