// The 29-bit identifier of a Cyphal/CAN frame (specification v1.0, section 4.2.1, figure "CAN ID bit layout"):
//   message  28-26 priority | 25 = 0 | 24 anonymous | 23 = 0 | 22 = 1 | 21 = 1 | 20-8 subject | 7 = 0 | 6-0 source
//   service  28-26 priority | 25 = 1 | 24 request   | 23 = 0 | 22-14 service | 13-7 destination | 6-0 source
// All frames of a transfer have the same identifier, so the bus keeps their order. Lower identifiers win the bus.
import type { TransferHeader } from './transfer.ts'

const serviceBit = 1 << 25
/** Of a message: anonymous. Of a service: request. */
const flagBit = 1 << 24
const reserved23 = 1 << 23
const reserved22And21 = 3 << 21
const reserved7 = 1 << 7

/** @param pseudoId stands for the source of an anonymous message, 0 to 127: different for different payloads, as far as may be */
export function encodeIdentifier(header: TransferHeader, pseudoId: number): number {
  const { kind, port, source, destination = 0, priority } = header
  const flags = (priority << 26) | (kind === 'message' ? reserved22And21 : serviceBit)
  if (kind !== 'message') {
    const request = kind === 'request' ? flagBit : 0
    return flags | request | (port << 14) | (destination << 7) | (source ?? 0)
  }
  return source === undefined ? flags | flagBit | (port << 8) | pseudoId : flags | (port << 8) | source
}

/** Bits 22 and 21 of a message are not looked at; who sets another reserved bit speaks something else. */
export function isCyphalIdentifier(id: number): boolean {
  if ((id & reserved23) !== 0) return false
  return isService(id) ? destinationOf(id) !== sourceOf(id) : (id & reserved7) === 0
}

export function isService(id: number): boolean {
  return (id & serviceBit) !== 0
}

export function isRequest(id: number): boolean {
  return (id & (serviceBit | flagBit)) === (serviceBit | flagBit)
}

export function isAnonymous(id: number): boolean {
  return (id & (serviceBit | flagBit)) === flagBit
}

/** The subject of a message, else the service. */
export function portOf(id: number): number {
  return isService(id) ? (id >> 14) & 0x1ff : (id >> 8) & 0x1fff
}

export function priorityOf(id: number): number {
  return (id >> 26) & 7
}

/** Only of a service. */
export function destinationOf(id: number): number {
  return (id >> 7) & 0x7f
}

/** Of an anonymous message it is only a pseudo-id. */
export function sourceOf(id: number): number {
  return id & 0x7f
}

/** The same for all transfers of a source that are numbered together (section 4.1.1.6): all but priority, source and ignored bits. */
export function sessionKeyOf(id: number): number {
  return isService(id) ? (id >> 7) & 0x7ffff : (id >> 8) & 0x1fff
}

export function headerOf(id: number, transferId: number): TransferHeader {
  return {
    kind: isService(id) ? (isRequest(id) ? 'request' : 'response') : 'message',
    port: portOf(id),
    source: isAnonymous(id) ? undefined : sourceOf(id),
    destination: isService(id) ? destinationOf(id) : undefined,
    priority: priorityOf(id),
    transferId,
  }
}
