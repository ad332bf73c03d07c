// Envelopes as bytes: MessagePack of the plain object. Every transport passes every envelope through here, the simulated
// one too, so that nothing crosses by reference and nothing passes in the simulator that a real peer would refuse.
import { Packr, Unpackr } from 'msgpackr'
import { parseAddress } from '../protocol/address.ts'
import { type Envelope, envelope } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import { isPlainMsgpack } from './plain-msgpack.ts'

/** No message of the protocol comes near it; more is an attack or a bug. */
export const envelopeBytesMax = 1024 * 1024

// Maps with their keys written out: records would make the decoder keep state between messages, and so between peers.
// `skipValues` (an absent field and an undefined one are the same) is missing from msgpackr's declarations, not from msgpackr.
const packing = { useRecords: false, skipValues: [undefined] }
const packr = new Packr(packing)
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })

/** The reason instead of bytes when it cannot travel: a bug of the sender, who must hear of it. */
export function encodeEnvelope(value: Envelope): Uint8Array | 'malformed' | 'oversized' {
  try {
    const bytes = packr.pack(value)
    return bytes.byteLength <= envelopeBytesMax ? bytes : 'oversized'
  } catch {
    return 'malformed'
  }
}

/** Undefined when the bytes are not an envelope of the protocol, whole and exact. Never throws. */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.byteLength > envelopeBytesMax || !isPlainMsgpack(bytes)) return undefined
  try {
    return envelope.safeParse(unpackr.unpack(bytes)).data
  } catch {
    return undefined
  }
}

/** A peer speaks for its own node only, unless it is known to pass on what others said. */
export function mayCarry(peer: NodeId, isRelay: (node: NodeId) => boolean, { from }: Envelope): boolean {
  return parseAddress(from)?.node === peer || isRelay(peer)
}
