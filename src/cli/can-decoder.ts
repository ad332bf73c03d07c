// From lines of a CAN log to transfers: each bus for itself, and whatever anybody sends there. What does not become a transfer is said too.
import type { CanFrame } from '../transport/can/can-bus.ts'
import { parseCandumpLine } from '../transport/can/candump-log.ts'
import { headerOf } from '../transport/can/cyphal/identifier.ts'
import {
  createReassembler,
  type DropReason,
  dropReasons,
  type Reassembler,
} from '../transport/can/cyphal/reassembler.ts'
import type { ReceivedTransfer } from '../transport/can/cyphal/session.ts'
import { endBit, startBit, transferIdBits } from '../transport/can/cyphal/tail-byte.ts'
import type { Transfer } from '../transport/can/cyphal/transfer.ts'
import type { DecodedTransfer } from './decoded-transfer.ts'

export interface CanDecoder {
  /** What this line of the log completes or breaks, in its order; or what is wrong with the line. */
  line(text: string): readonly DecodedTransfer[] | { readonly problem: string }
  /** What is unfinished where the log ends. */
  end(): readonly DecodedTransfer[]
}

const payloadBytesMax = 64 * 1024
const peerBytesMax = 4 * payloadBytesMax
const peerSessionsMax = 1024
const busesMax = 64
/** The specification's default. */
const transferIdTimeoutMs = 2000

export function createCanDecoder(): CanDecoder {
  const buses = new Map<string, Reassembler>()
  let said: DecodedTransfer[] = []

  function busOf(iface: string): Reassembler | undefined {
    const known = buses.get(iface)
    if (known || buses.size >= busesMax) return known
    const reassembler = createReassembler({
      interestIn: () => ({ payloadBytesMax, transferIdTimeoutMs }),
      peerBytesMax,
      peerSessionsMax,
      dropped: (reason, frame, atMs, unfinished) =>
        said.push(unfinished ? broken(iface, unfinished, reason) : dropped(iface, frame, reason, atMs)),
    })
    buses.set(iface, reassembler)
    return reassembler
  }

  return {
    line(text) {
      const entry = parseCandumpLine(text)
      if ('problem' in entry) return entry
      const { t, iface, frame } = entry
      const bus = busOf(iface)
      if (!bus) return { problem: `more than ${busesMax} buses` }
      said = []
      const transfer = bus.accept(frame, 0, t * 1000)
      if (transfer) said.push(arrived(iface, transfer, frame))
      return said
    },
    end: () =>
      [...buses].flatMap(([iface, bus]) => bus.unfinished().map((transfer) => broken(iface, transfer, 'unfinished'))),
  }
}

function arrived(iface: string, transfer: ReceivedTransfer, { data }: CanFrame): DecodedTransfer {
  const isSingle = ((data[data.length - 1] ?? 0) & startBit) !== 0
  return { ...fieldsOf(iface, transfer, transfer.atMs), crc: isSingle ? null : 'ok', error: null }
}

function broken(iface: string, transfer: ReceivedTransfer, reason: DropReason): DecodedTransfer {
  const crc = reason === 'crc' ? 'bad' : null
  return { ...fieldsOf(iface, transfer, transfer.atMs), crc, error: dropReasons[reason] }
}

/** A frame that belongs to no transfer. */
function dropped(iface: string, frame: CanFrame, reason: DropReason, atMs: number): DecodedTransfer {
  const { id, data } = frame
  if (reason === 'notCyphal') {
    const nobody = { source: null, destination: null, priority: null, transferId: null }
    const bytes = { bytes: data.length, payload: hexOf(data), crc: null, error: dropReasons[reason] }
    return { t: secondsOf(atMs), iface, kind: null, ...nobody, ...bytes }
  }
  const tail = data[data.length - 1] ?? 0
  const transfer = { ...headerOf(id, tail & transferIdBits), payload: data.subarray(0, -1) }
  const place = (tail & startBit) !== 0 ? 'start' : (tail & endBit) !== 0 ? 'end' : 'middle'
  return { ...fieldsOf(iface, transfer, atMs), crc: null, error: `${dropReasons[reason]} (${place})` }
}

function fieldsOf(iface: string, transfer: Transfer, atMs: number): Omit<DecodedTransfer, 'crc' | 'error'> {
  const { kind, port, source = null, destination = null, priority, transferId, payload } = transfer
  const name = kind === 'message' ? { subject: port } : { service: port }
  const route = { source, destination, priority, transferId }
  return { t: secondsOf(atMs), iface, kind, ...name, ...route, bytes: payload.length, payload: hexOf(payload) }
}

/** To the microsecond: what the log says. */
function secondsOf(atMs: number): number {
  return Math.round(atMs * 1000) / 1e6
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
