// uavcan.register.List.1.0 and Access.1.0: named values of a node, for tools.
//   List    request uint16 index | response uint8[<=255] name, empty after the last
//   Access  request uint8[<=255] name, Value | response uint56 microseconds, uint8 flags (1 mutable, 2 persistent), Value
// A request with an empty value only reads; the response always has what is read afterwards.
import { concatenated, readBytes, textBytes, zeroExtended } from './data-view.ts'
import {
  decodeRegisterValue,
  encodeRegisterValue,
  type RegisterValue,
  registerValueBytesMax,
} from './register-value.ts'

export const registerAccessService = 384
export const registerListService = 385
export const registerAccessBytesMax = 256 + registerValueBytesMax

export interface Register {
  /** Never empty, and always of the same type. */
  readonly value: RegisterValue
  /** It can be written over the bus. */
  readonly isMutable: boolean
  /** It outlasts a loss of power. */
  readonly isPersistent: boolean
}

const nameBytesMax = 255
const timestampBytes = 7
const mutableFlag = 1
const persistentFlag = 2

export function encodeListRequest(index: number): Uint8Array {
  return Uint8Array.of(index & 0xff, index >> 8)
}

export function decodeListRequest(payload: Uint8Array): number {
  return zeroExtended(payload, 2).getUint16(0, true)
}

export function encodeRegisterName(name: string): Uint8Array {
  const text = textBytes(name, nameBytesMax)
  return concatenated([text.length], text)
}

export function decodeRegisterName(payload: Uint8Array): string {
  return new TextDecoder().decode(readBytes(zeroExtended(payload, 1 + nameBytesMax), 0, nameBytesMax))
}

export function encodeAccessRequest(name: string, value: RegisterValue): Uint8Array {
  return concatenated(encodeRegisterName(name), encodeRegisterValue(value))
}

/** Undefined: not of this form. */
export function decodeAccessRequest(payload: Uint8Array): { name: string; value: RegisterValue } | undefined {
  const view = zeroExtended(payload, registerAccessBytesMax)
  const value = decodeRegisterValue(view, 1 + view.getUint8(0))
  return value && { name: decodeRegisterName(payload), value }
}

/** @param register undefined: there is none of this name */
export function encodeAccessResponse(register: Register | undefined): Uint8Array {
  // Time is not synchronized over the bus.
  const timestamp = new Uint8Array(timestampBytes)
  const { value, isMutable, isPersistent } = register ?? {
    value: { type: 'empty' } as const,
    isMutable: false,
    isPersistent: false,
  }
  const flags = (isMutable ? mutableFlag : 0) | (isPersistent ? persistentFlag : 0)
  return concatenated(timestamp, [flags], encodeRegisterValue(value))
}

/** Undefined: not of this form. A value of type `empty`: there is no such register. */
export function decodeAccessResponse(payload: Uint8Array): Register | undefined {
  const view = zeroExtended(payload, timestampBytes + 1 + registerValueBytesMax)
  const flags = view.getUint8(timestampBytes)
  const value = decodeRegisterValue(view, timestampBytes + 1)
  return value && { value, isMutable: (flags & mutableFlag) !== 0, isPersistent: (flags & persistentFlag) !== 0 }
}
