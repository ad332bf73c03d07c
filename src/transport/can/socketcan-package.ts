// The optional package `socketcan` 4.3, which is loaded only here, and what the kernel says of its CAN interfaces.
//
// The package says "Error while creating channel" whatever the reason, gives the kernel the first 15 characters of any name, and does
// not say whether an interface carries FD frames: what the kernel says in /sys/class/net is looked at first.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { TransportError } from '../../errors.ts'

/** As much of the package as is used. */
export interface SocketcanPackage {
  createRawChannelWithOptions(name: string, options: { readonly non_block_send: boolean }): RawChannel
}

export interface RawChannel {
  addListener(event: 'onMessage', listener: (message: RawMessage) => void): void
  /** By `stop`, and when the interface is no more. */
  addListener(event: 'onStopped', listener: () => void): void
  start(): void
  /** Throws when it has stopped by itself. Waits for a thread, a tenth of a second at most, and leaves the socket to the garbage collector. */
  stop(): void
  /** Less than 0: not taken. */
  send(message: RawMessage): number
  sendFD(message: RawMessage & { readonly fd_brs: boolean }): number
}

export interface RawMessage {
  readonly id: number
  readonly ext?: boolean
  readonly rtr?: boolean
  readonly err?: boolean
  readonly data: Buffer
}

/** What the kernel says of an interface. Undefined: there is none of this name. */
export interface CanInterface {
  /** ARPHRD_CAN of linux/if_arp.h, or of another kind of network. */
  readonly type: number
  /** CAN_MTU or CANFD_MTU of linux/can.h. */
  readonly mtuBytes: number
}

const canType = 280
const fdMtuBytes = 72

/** Throws CAN_UNSUPPORTED. */
export function loadSocketcan(): SocketcanPackage {
  try {
    const found: Partial<SocketcanPackage> = createRequire(import.meta.url)('socketcan')
    const { createRawChannelWithOptions } = found
    if (createRawChannelWithOptions) return { createRawChannelWithOptions }
  } catch (problem) {
    throw new TransportError('CAN_UNSUPPORTED', `the package socketcan cannot be loaded: ${firstLine(problem)}`)
  }
  throw new TransportError('CAN_UNSUPPORTED', 'the package socketcan is not as it was in version 4.3')
}

/** A word of why there is no such bus now, though there may be one later; throws CAN_UNSUPPORTED where there never will be. */
export function openInterface(
  { createRawChannelWithOptions }: SocketcanPackage,
  name: string,
  isFd: boolean,
  interfaceOf: (name: string) => CanInterface | undefined,
): RawChannel | string {
  if (!/^[^/\s]{1,15}$/.test(name)) throw new TransportError('CAN_UNSUPPORTED', 'no interface has such a name', name)
  const found = interfaceOf(name)
  if (!found) return 'there is no such interface'
  if (found.type !== canType) throw new TransportError('CAN_UNSUPPORTED', 'the interface is none of CAN', name)
  if (isFd && found.mtuBytes < fdMtuBytes) return 'the interface carries no FD frames; ip link set it up with fd on'
  try {
    return createRawChannelWithOptions(name, { non_block_send: true })
  } catch (problem) {
    // It can go between the look and the opening.
    return `${firstLine(problem)}; is the module can_raw loaded?`
  }
}

export function interfaceOfKernel(name: string): CanInterface | undefined {
  const read = (what: string) => Number(readFileSync(`/sys/class/net/${name}/${what}`, 'utf8'))
  try {
    return { type: read('type'), mtuBytes: read('mtu') }
  } catch {
    return undefined
  }
}

function firstLine(problem: unknown): string {
  const text = problem instanceof Error ? problem.message : String(problem)
  return text.split('\n')[0] ?? ''
}
