// From frames back to transfers (specification v1.0, sections 4.1.4 and 4.2.2), with redundant buses and hostile frames in mind.
//
// Frames of different priorities overtake each other on the bus, so each session (who sends what to whom) has a slot for each of
// the eight priorities: what it assembles, and what it admitted last. A start frame is admitted when two of three hold:
//   fresh  its transfer-id is not the last one's: it is no repetition
//   same   it comes over the bus of the last one
//   stale  the last one is longer ago than the transfer-id timeout
// Fresh and same is the normal case. Same and stale: the sender began again with 0, or 32 were lost. Fresh and stale: the other
// bus fell silent, and this one takes over. So of two buses with the same traffic one is listened to, and each transfer is
// delivered at most once as long as the buses lag behind each other by less than the timeout. Other frames must be exactly the
// next of what the slot assembles: same bus, same transfer-id, expected toggle. What is not, is dropped, without an allocation.
// A sender should keep to one priority a session: between priorities nothing is compared, so their order is that of arrival.
//
// Node ids are not proven, so everything is bounded for each of the 128: sessions (the one that was idle longest gives way, and with it
// what it knew of repetitions) and bytes of unfinished transfers (the oldest is given up). A peer displaces only what is its own.
import type { CanFrame } from '../can-bus.ts'
import {
  destinationOf,
  headerOf,
  isAnonymous,
  isCyphalIdentifier,
  isRequest,
  isService,
  portOf,
  priorityOf,
  sessionKeyOf,
  sourceOf,
} from './identifier.ts'
import {
  admit,
  begin,
  type Interest,
  keptBytesMax,
  nothing,
  type ReceivedTransfer,
  remember,
  type Session,
  type Slot,
  transferOf,
} from './session.ts'
import { endBit, startBit, toggleBit, transferIdBits } from './tail-byte.ts'
import type { TransferKind } from './transfer.ts'
import { addToCrc } from './transfer-crc.ts'

export const dropReasons = {
  notCyphal: 'not a Cyphal/CAN v1.0 frame',
  notWanted: 'nobody here asked for it',
  repeated: 'start of a transfer that came already, or over the bus that is not listened to',
  noStart: 'continues a transfer whose start is missing',
  toggle: 'wrong toggle: the frame came twice, or one is missing',
  crc: 'wrong transfer CRC',
  unfinished: 'its end is missing',
} as const
export type DropReason = keyof typeof dropReasons

export interface ReassemblerOptions {
  /** Undefined: not wanted. Asked when a session begins; the answer holds for as long as the session. */
  interestIn(kind: TransferKind, port: number): Interest | undefined
  /** Services for others are not wanted; undefined: all are. */
  readonly node?: number
  /** Of unfinished transfers, for each source. Default 8192. */
  readonly peerBytesMax?: number
  /** For each source. Default 64: above the number of ports that are of interest, nothing is ever displaced. */
  readonly peerSessionsMax?: number
  /** For people who look: with what there is of the transfer. Costs allocations; a node has none. */
  dropped?(reason: DropReason, frame: CanFrame, atMs: number, unfinished: ReceivedTransfer | undefined): void
}

export interface Reassembler {
  /** Any frame, from anybody; never throws. Keeps nothing of `frame`. */
  accept(frame: CanFrame, bus: number, atMs: number): ReceivedTransfer | undefined
  readonly drops: Readonly<Record<DropReason, number>>
  /** What has arrived of transfers whose end has not. */
  unfinished(): readonly ReceivedTransfer[]
  /** Of unfinished transfers, of one source. */
  heldBytes(source: number): number
  sessionCount(source: number): number
}

interface Peer {
  readonly sessions: Map<number, Session>
  heldBytes: number
}

const firstBytes = 64

export function createReassembler(options: ReassemblerOptions): Reassembler {
  const { node, peerBytesMax = 8192, peerSessionsMax = 64 } = options
  const peers = Array.from({ length: 128 }, (): Peer => ({ sessions: new Map(), heldBytes: 0 }))
  const drops: Record<DropReason, number> = {
    notCyphal: 0,
    notWanted: 0,
    repeated: 0,
    noStart: 0,
    toggle: 0,
    crc: 0,
    unfinished: 0,
  }

  function drop(reason: DropReason, frame: CanFrame, atMs: number, session?: Session, slot?: Slot): undefined {
    drops[reason] += 1
    if (options.dropped)
      options.dropped(reason, frame, atMs, session && slot && transferOf(session, slot, reason === 'crc'))
  }

  function accept(frame: CanFrame, bus: number, atMs: number): ReceivedTransfer | undefined {
    const { id, data } = frame
    if (!frame.isExtended || !isCyphalIdentifier(id) || data.length === 0) return drop('notCyphal', frame, atMs)
    const tail = data[data.length - 1] ?? 0
    if (!isPossible(tail, data.length, id)) return drop('notCyphal', frame, atMs)
    if (isService(id) && node !== undefined && destinationOf(id) !== node) return drop('notWanted', frame, atMs)
    if (isAnonymous(id)) return acceptAnonymous(frame, bus, atMs)
    const peer = peers[sourceOf(id)]
    if (!peer) return drop('notCyphal', frame, atMs)
    const known = peer.sessions.get(sessionKeyOf(id))
    if ((tail & startBit) === 0) return known ? goOn(peer, known, frame, bus, atMs) : drop('noStart', frame, atMs)
    const session = known ?? openSession(peer, frame, atMs)
    if (!session) return drop('notWanted', frame, atMs)
    const slot = admit(session, id, tail & transferIdBits, bus, atMs)
    if (!slot) return drop('repeated', frame, atMs)
    if (slot.isOpen) giveUp(peer, session, slot, frame, atMs)
    remember(session, slot, tail & transferIdBits, bus, atMs)
    const { firstByte } = session.interest
    if (firstByte !== undefined && data[0] !== firstByte) return drop('notWanted', frame, atMs)
    if ((tail & endBit) !== 0) return singleOf(frame, session.interest, bus, atMs)
    begin(slot)
    take(peer, session, slot, frame, atMs)
    return undefined
  }

  function acceptAnonymous(frame: CanFrame, bus: number, atMs: number): ReceivedTransfer | undefined {
    const interest = options.interestIn('message', portOf(frame.id))
    return interest ? singleOf(frame, interest, bus, atMs) : drop('notWanted', frame, atMs)
  }

  function goOn(peer: Peer, session: Session, frame: CanFrame, bus: number, atMs: number) {
    const tail = frame.data[frame.data.length - 1] ?? 0
    const slot = session.slots[priorityOf(frame.id)]
    if (!slot?.isOpen || slot.lastBus !== bus || slot.lastTransferId !== (tail & transferIdBits))
      return drop('noStart', frame, atMs)
    if (slot.toggle !== (tail & toggleBit)) return drop('toggle', frame, atMs)
    take(peer, session, slot, frame, atMs)
    if ((tail & endBit) === 0 || !slot.isOpen) return undefined
    if (slot.crc !== 0) drop('crc', frame, slot.admittedMs, session, slot)
    const transfer = slot.crc === 0 ? transferOf(session, slot, true) : undefined
    close(peer, slot)
    return transfer
  }

  function openSession(peer: Peer, { id }: CanFrame, atMs: number): Session | undefined {
    const interest = options.interestIn(
      isService(id) ? (isRequest(id) ? 'request' : 'response') : 'message',
      portOf(id),
    )
    if (!interest) return undefined
    if (peer.sessions.size >= peerSessionsMax) forgetLongestIdle(peer)
    const session: Session = {
      key: sessionKeyOf(id),
      id,
      interest,
      slots: new Array(8).fill(undefined),
      admittedMs: atMs,
    }
    peer.sessions.set(session.key, session)
    return session
  }

  function forgetLongestIdle(peer: Peer): void {
    let idle: Session | undefined
    for (const session of peer.sessions.values()) if (!idle || session.admittedMs < idle.admittedMs) idle = session
    if (!idle) return
    for (const slot of idle.slots) if (slot?.isOpen) close(peer, slot)
    peer.sessions.delete(idle.key)
  }

  /** Adds the frame's bytes to the slot, which may be given up over it. */
  function take(peer: Peer, session: Session, slot: Slot, frame: CanFrame, atMs: number): void {
    const { data } = frame
    const count = data.length - 1
    const room = keptBytesMax(session.interest) - slot.receivedBytes
    const kept = Math.max(0, Math.min(count, room))
    if (kept > 0 && !makeRoom(peer, slot, slot.receivedBytes + kept, session.interest, frame, atMs)) {
      giveUp(peer, session, slot, frame, atMs)
      return
    }
    for (let index = 0; index < kept; index += 1) slot.bytes[slot.receivedBytes + index] = data[index] ?? 0
    slot.crc = addToCrc(slot.crc, data, 0, count)
    slot.receivedBytes += count
    slot.toggle ^= toggleBit
  }

  function makeRoom(peer: Peer, slot: Slot, bytes: number, interest: Interest, frame: CanFrame, atMs: number): boolean {
    if (bytes <= slot.bytes.length) return true
    const length = Math.min(Math.max(firstBytes, bytes, 2 * slot.bytes.length), keptBytesMax(interest))
    while (peer.heldBytes - slot.bytes.length + length > peerBytesMax)
      if (!giveUpOldest(peer, slot, frame, atMs)) return false
    const larger = new Uint8Array(length)
    larger.set(slot.bytes)
    peer.heldBytes += length - slot.bytes.length
    slot.bytes = larger
    return true
  }

  /** Of those that are not `but`; false when there is none. */
  function giveUpOldest(peer: Peer, but: Slot, frame: CanFrame, atMs: number): boolean {
    let owner: Session | undefined
    let oldest: Slot | undefined
    for (const session of peer.sessions.values())
      for (const slot of session.slots) {
        if (!slot?.isOpen || slot === but || (oldest && slot.admittedMs >= oldest.admittedMs)) continue
        owner = session
        oldest = slot
      }
    if (!owner || !oldest) return false
    giveUp(peer, owner, oldest, frame, atMs)
    return true
  }

  function giveUp(peer: Peer, session: Session, slot: Slot, frame: CanFrame, atMs: number): void {
    drop('unfinished', frame, atMs, session, slot)
    close(peer, slot)
  }

  return {
    accept,
    drops,
    unfinished: () =>
      peers.flatMap(({ sessions }) =>
        [...sessions.values()].flatMap((session) =>
          session.slots.flatMap((slot) => (slot?.isOpen ? transferOf(session, slot, false) : [])),
        ),
      ),
    heldBytes: (source) => peers[source]?.heldBytes ?? 0,
    sessionCount: (source) => peers[source]?.sessions.size ?? 0,
  }
}

/** Frames that are not last are full, and the others hold something; the first toggle is 1 (it was 0 in version 0). */
function isPossible(tail: number, length: number, id: number): boolean {
  const isStart = (tail & startBit) !== 0
  const isEnd = (tail & endBit) !== 0
  if (isStart && (tail & toggleBit) === 0) return false
  if (isAnonymous(id) && !(isStart && isEnd)) return false
  if (!isEnd) return length === 8 || length === 64
  return isStart || length > 1
}

function close(peer: Peer, slot: Slot): void {
  peer.heldBytes -= slot.bytes.length
  slot.bytes = nothing
  slot.isOpen = false
}

function singleOf({ id, data }: CanFrame, { payloadBytesMax }: Interest, bus: number, atMs: number): ReceivedTransfer {
  const payload = data.slice(0, Math.min(data.length - 1, payloadBytesMax))
  return { ...headerOf(id, (data[data.length - 1] ?? 0) & transferIdBits), payload, atMs, bus }
}
