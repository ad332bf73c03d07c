// uavcan.node.GetInfo.1.0: what a node is, for tools. The request is empty; the response:
//   uint8[2] protocol | uint8[2] hardware | uint8[2] software | uint64 revision | uint8[16] unique id | uint8[<=50] name
//   | uint64[<=1] image CRC | uint8[<=222] certificate
import { concatenated, readBytes, textBytes, zeroExtended } from './data-view.ts'

export const getInfoService = 430
export const nodeInformationBytesMax = 313

export interface NodeInformation {
  /** Major and minor, 0 to 255 each. */
  readonly hardware: readonly [number, number]
  readonly software: readonly [number, number]
  /** Of the version control; 0 when not known. */
  readonly revision: bigint
  /** 16 bytes, never all zero, for ever the same for one board. */
  readonly uniqueId: Uint8Array
  /** At most 50 of a-z, 0-9, `.`, `-` and `_`: a reversed domain. */
  readonly name: string
}

const fixedBytes = 30
const nameBytesMax = 50
/** Cyphal v1.0. */
const protocol = [1, 0]

export function encodeNodeInformation(information: NodeInformation): Uint8Array {
  const { hardware, software, revision, uniqueId, name } = information
  const fixed = new DataView(new ArrayBuffer(fixedBytes))
  const bytes = new Uint8Array(fixed.buffer)
  bytes.set([...protocol, ...hardware, ...software])
  fixed.setBigUint64(6, revision, true)
  bytes.set(uniqueId.subarray(0, 16), 14)
  const nameBytes = textBytes(name, nameBytesMax)
  const noCrc = 0
  const noCertificate = 0
  return concatenated(bytes, [nameBytes.length], nameBytes, [noCrc, noCertificate])
}

/** Without what only certificates and images are checked with. Undefined: not of this form. */
export function decodeNodeInformation(payload: Uint8Array): NodeInformation | undefined {
  const view = zeroExtended(payload, nodeInformationBytesMax)
  const name = readBytes(view, fixedBytes, nameBytesMax)
  if (!name) return undefined
  return {
    hardware: [view.getUint8(2), view.getUint8(3)],
    software: [view.getUint8(4), view.getUint8(5)],
    revision: view.getBigUint64(6, true),
    uniqueId: new Uint8Array(view.buffer.slice(14, fixedBytes)),
    name: new TextDecoder().decode(name),
  }
}
