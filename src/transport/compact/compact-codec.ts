// Envelopes as few bytes: by their schema (schema-codec.ts), with names that both ends have in a table as numbers, then MessagePack. A length in
// front, because frames of CAN FD end with zeros that nobody sent.
//
//   address   [node, path] or [node, path, incarnation], where the site is the own one; a node or path that is in the table as its number
//   blade     100 times the cabinet, plus the slot
//   text      its number, where it is a word of the configuration
//   latencies the first bucket that counts something, and what is counted from there to the last one
import { Packr, Unpackr } from 'msgpackr'
import { type Address, address, formatAddress, parseAddress } from '../../protocol/address.ts'
import { envelope } from '../../protocol/envelope.ts'
import { bladeId, nodeId, type SiteId } from '../../protocol/ids.ts'
import { type LatencyHistogram, latencyHistogram } from '../../protocol/latency-histogram.ts'
import { message } from '../../protocol/messages.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import { isPlainMsgpack } from '../plain-msgpack.ts'
import type { EnvelopeCodec } from '../redundant/redundant-transport.ts'
import { messageTypes } from './message-types.ts'
import { type Codec, codecOf, type Plain } from './schema-codec.ts'

export interface CompactTables {
  readonly site: SiteId
  /** The same at both ends, in the same order: their places are their numbers. */
  readonly nodes: readonly string[]
  readonly paths: readonly string[]
  /** Groups, roles, images, volumes… */
  readonly words: readonly string[]
}

const packr = new Packr({ useRecords: false })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true })
const lengthBytes = 3

/** Zeros may follow what it decodes. */
export function createCompactCodec({ site, nodes, paths, words }: CompactTables): EnvelopeCodec {
  const node = tableCodec(nodes)
  const path = tableCodec(paths)
  const codec = codecOf(envelope, {
    shorter: new Map<unknown, Codec>([
      [bladeId, bladeCodec],
      [nodeId, node],
      [address, addressCodec(site, node, path)],
      [latencyHistogram, latencyCodec],
    ]),
    text: tableCodec(words),
    numbered: {
      schema: message,
      numberOf(type) {
        const number = messageTypes.indexOf(type as (typeof messageTypes)[number])
        return number < 0 ? undefined : number
      },
      valueOf: (number) => messageTypes[number],
    },
  })

  return {
    encode(value) {
      try {
        const body = packr.pack(codec.pack(value))
        if (body.byteLength > envelopeBytesMax) return 'oversized'
        const bytes = new Uint8Array(lengthBytes + body.byteLength)
        for (let at = 0; at < lengthBytes; at += 1) bytes[at] = (body.byteLength >> (8 * (lengthBytes - 1 - at))) & 0xff
        bytes.set(body, lengthBytes)
        return bytes
      } catch {
        return 'malformed'
      }
    },
    decode(bytes) {
      const length = bytes.subarray(0, lengthBytes).reduce((value, byte) => value * 256 + byte, 0)
      const body = bytes.subarray(lengthBytes, lengthBytes + length)
      if (body.length !== length || length === 0 || length > envelopeBytesMax || !isPlainMsgpack(body)) return undefined
      if (bytes.subarray(lengthBytes + length).some((byte) => byte !== 0)) return undefined
      try {
        return envelope.safeParse(codec.unpack(unpackr.unpack(body) as Plain)).data
      } catch {
        return undefined
      }
    },
  }
}

const bladeCodec: Codec = {
  pack(value) {
    const [, cabinet, slot] = /^c(\d{2})-s(\d{2})$/.exec(String(value)) ?? []
    return Number(cabinet) * 100 + Number(slot)
  },
  unpack(plain) {
    const digits = String(plain).padStart(4, '0')
    return `c${digits.slice(0, 2)}-s${digits.slice(2)}`
  },
}

/** [sum, buckets, first, count, count…]: most buckets count nothing. */
const latencyCodec: Codec = {
  pack(value) {
    const { counts, sumMs } = value as LatencyHistogram
    const first = counts.findIndex((count) => count > 0)
    return [sumMs, counts.length, ...(first < 0 ? [] : [first, ...counts.slice(first, lastCounted(counts) + 1)])]
  },
  unpack(plain) {
    const [sumMs, length, first = 0, ...some] = plain as readonly number[]
    if (!(Number(length) <= bucketsMax && first + some.length <= Number(length))) throw new TypeError('no histogram')
    const counts = new Array<number>(Number(length)).fill(0)
    some.forEach((count, at) => {
      counts[first + at] = count
    })
    return { counts, sumMs }
  },
}
const bucketsMax = 64
const lastCounted = (counts: readonly number[]) => counts.findLastIndex((count) => count > 0)

/** Its place, or itself where it has none. */
function tableCodec(names: readonly string[]): Codec {
  const places = new Map(names.map((name, place) => [name, place]))
  return {
    pack: (value) => places.get(String(value)) ?? String(value),
    unpack: (plain) => (typeof plain === 'number' ? names[plain] : plain),
  }
}

function addressCodec(site: SiteId, node: Codec, path: Codec): Codec {
  return {
    pack(value) {
      const parts = parseAddress(String(value))
      if (parts === undefined || parts.site !== site) return String(value)
      const { incarnation } = parts
      const list = [node.pack(parts.node), path.pack(parts.path)]
      return incarnation === undefined ? list : [...list, incarnation]
    },
    unpack(plain): Address | Plain {
      if (!Array.isArray(plain)) return plain
      const [of, at, incarnation] = plain as readonly Plain[]
      return formatAddress(
        site,
        String(node.unpack(of ?? null)),
        String(path.unpack(at ?? null)),
        typeof incarnation === 'number' ? incarnation : undefined,
      )
    },
  }
}
