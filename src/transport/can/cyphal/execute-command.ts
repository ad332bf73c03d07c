// uavcan.node.ExecuteCommand.1.3: a node is told to do something.
//   request   uint16 command | uint8[<=255] parameter
//   response  uint8 status | uint8[<=255] output
import { concatenated, readBytes, textBytes, zeroExtended } from './data-view.ts'

export const executeCommandService = 435
export const executeCommandBytesMax = 300

/** Those of the standard; a vendor's own are 0 to 32767. */
export const standardCommands = {
  restart: 65535,
  powerOff: 65534,
  beginSoftwareUpdate: 65533,
  factoryReset: 65532,
  emergencyStop: 65531,
  storePersistentStates: 65530,
  identify: 65529,
} as const

export const commandStatuses = [
  'success',
  'failure',
  'notAuthorized',
  'badCommand',
  'badParameter',
  'badState',
  'internalError',
] as const
export type CommandStatus = (typeof commandStatuses)[number]

export interface CommandRequest {
  readonly command: number
  readonly parameter: string
}

export interface CommandResponse {
  readonly status: CommandStatus
  readonly output: string
}

const textBytesMax = 255

export function encodeCommandRequest({ command, parameter }: CommandRequest): Uint8Array {
  const text = textBytes(parameter, textBytesMax)
  return concatenated([command & 0xff, command >> 8, text.length], text)
}

export function decodeCommandRequest(payload: Uint8Array): CommandRequest {
  const view = zeroExtended(payload, 3 + textBytesMax)
  return { command: view.getUint16(0, true), parameter: textAt(view, 2) }
}

/** Without output it is also what version 1.0 of the type says. */
export function encodeCommandResponse({ status, output }: CommandResponse): Uint8Array {
  const text = textBytes(output, textBytesMax)
  return concatenated([commandStatuses.indexOf(status), text.length], text)
}

/** Undefined: a status that does not exist. */
export function decodeCommandResponse(payload: Uint8Array): CommandResponse | undefined {
  const view = zeroExtended(payload, 2 + textBytesMax)
  const status = commandStatuses[view.getUint8(0)]
  return status && { status, output: textAt(view, 1) }
}

function textAt(view: DataView, at: number): string {
  return new TextDecoder().decode(readBytes(view, at, textBytesMax))
}
