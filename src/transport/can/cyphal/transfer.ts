// A transfer: one message, request or response as the application sees it (Cyphal specification v1.0, section 4.1.1).

export type TransferKind = 'message' | 'request' | 'response'

export interface TransferHeader {
  readonly kind: TransferKind
  /** A message's subject, 0 to 8191; else a service, 0 to 511. */
  readonly port: number
  /** 0 to 127. Undefined: nobody knows who sent it; messages of one frame only. */
  readonly source: number | undefined
  /** 0 to 127; messages go to everybody and have none. */
  readonly destination: number | undefined
  /** 0 is the most urgent, 7 the least. */
  readonly priority: number
  /** Modulo 32. A response has that of its request. */
  readonly transferId: number
}

export interface Transfer extends TransferHeader {
  /** Received by FD it may end with zeros that nobody sent: FD frames come in few lengths. */
  readonly payload: Uint8Array
}

export const subjectMax = 8191
export const serviceMax = 511
export const nodeIdMax = 127
export const priorityMax = 7
export const transferIdModulo = 32

/** What keeps a transfer from being sent, in words; undefined when nothing does. */
export function problemOfHeader(header: TransferHeader): string | undefined {
  const { kind, port, source, destination, priority, transferId } = header
  const isMessage = kind === 'message'
  if (!isWithin(port, isMessage ? subjectMax : serviceMax))
    return isMessage ? `a subject is 0 to ${subjectMax}, not ${port}` : `a service is 0 to ${serviceMax}, not ${port}`
  if (!isWithin(priority, priorityMax)) return `a priority is 0 to ${priorityMax}, not ${priority}`
  if (!isWithin(transferId, transferIdModulo - 1)) return `a transfer-id is 0 to 31, not ${transferId}`
  if (source !== undefined && !isWithin(source, nodeIdMax)) return `a node id is 0 to ${nodeIdMax}, not ${source}`
  if (isMessage) return destination === undefined ? undefined : 'a message has no destination'
  if (source === undefined) return `a ${kind} has a source`
  if (destination === undefined || !isWithin(destination, nodeIdMax))
    return `a ${kind} has a destination, 0 to ${nodeIdMax}`
  return source === destination ? `a ${kind} from node ${source} to itself is on no bus` : undefined
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}
