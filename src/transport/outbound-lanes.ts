// What waits to be sent on one session, by lane. The reliable lanes are queues with a bound: reaching it means that the peer
// does not read, and ends the session. The status lane keeps the newest per key, in the order of the newest: it never ends
// a session, it forgets what is out of date.
import type { Envelope, Lane } from '../protocol/envelope.ts'

export interface OutboundLane {
  /** `full`: it was not taken. Of a status the bytes that waited under `key` are forgotten. */
  offer(bytes: Uint8Array, key: string): 'queued' | 'replaced' | 'full'
  /** The oldest; undefined when nothing waits. */
  take(): Uint8Array | undefined
  /** How many. */
  readonly waiting: number
}

export type OutboundLanes = Readonly<Record<Lane, OutboundLane>>

/** Whichever is reached first. */
export interface LaneBound {
  readonly messagesMax: number
  readonly bytesMax: number
}

/** First what others wait for. There is no order between lanes, so none is owed. */
export const lanesByUrgency: readonly Lane[] = ['control', 'normal', 'status', 'bulk']

/** Higher: a peer may stall longer before its session ends. Lower: less memory held for a peer that is gone. */
export const defaultLaneBounds: Readonly<Record<Lane, LaneBound>> = {
  control: { messagesMax: 4096, bytesMax: 4 * 1024 * 1024 },
  normal: { messagesMax: 4096, bytesMax: 4 * 1024 * 1024 },
  status: { messagesMax: 4096, bytesMax: 4 * 1024 * 1024 },
  bulk: { messagesMax: 4096, bytesMax: 16 * 1024 * 1024 },
}

/** @param bounds of lanes that are to hold more or less than `defaultLaneBounds` */
export function createOutboundLanes(bounds: Partial<Record<Lane, LaneBound>> = {}): OutboundLanes {
  const bound = { ...defaultLaneBounds, ...bounds }
  return {
    control: createQueue(bound.control),
    normal: createQueue(bound.normal),
    status: createNewestPerKey(bound.status),
    bulk: createQueue(bound.bulk),
  }
}

/** The next to be sent, of all lanes. */
export function takeMostUrgent(lanes: OutboundLanes): Uint8Array | undefined {
  for (const lane of lanesByUrgency) {
    const bytes = lanes[lane].take()
    if (bytes) return bytes
  }
  return undefined
}

/** Which status replaces which: the sender's key, for one pair of addresses; without a key, one of a type. */
export function statusKey({ from, to, key, body }: Envelope): string {
  return `${from} ${to} ${key ?? body.type}`
}

function createQueue({ messagesMax, bytesMax }: LaneBound): OutboundLane {
  let queue: Uint8Array[] = []
  let head = 0
  let heldBytes = 0
  return {
    offer(bytes) {
      if (queue.length - head >= messagesMax || heldBytes + bytes.byteLength > bytesMax) return 'full'
      queue.push(bytes)
      heldBytes += bytes.byteLength
      return 'queued'
    },
    take() {
      const bytes = queue[head]
      if (!bytes) return undefined
      head += 1
      heldBytes -= bytes.byteLength
      if (head * 2 > queue.length) {
        queue = queue.slice(head)
        head = 0
      }
      return bytes
    },
    get waiting() {
      return queue.length - head
    },
  }
}

function createNewestPerKey({ messagesMax, bytesMax }: LaneBound): OutboundLane {
  const newest = new Map<string, Uint8Array>()
  let heldBytes = 0

  function drop(key: string): boolean {
    heldBytes -= newest.get(key)?.byteLength ?? 0
    return newest.delete(key)
  }

  return {
    offer(bytes, key) {
      const replaced = drop(key)
      if (newest.size >= messagesMax || heldBytes + bytes.byteLength > bytesMax) return 'full'
      // At the end, not in the place of the old one: what is delivered keeps the order in which it was sent.
      newest.set(key, bytes)
      heldBytes += bytes.byteLength
      return replaced ? 'replaced' : 'queued'
    },
    take() {
      for (const [key, bytes] of newest) {
        drop(key)
        return bytes
      }
      return undefined
    },
    get waiting() {
      return newest.size
    },
  }
}
