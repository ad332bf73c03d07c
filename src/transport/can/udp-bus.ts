// A CAN bus made of multicast datagrams on one machine, for farms where there is no CAN: python-can's `udp_multicast`, so that its tools are on
// the bus too. Nothing leaves the machine (TTL 0, loopback interface). There is no arbitration, but there is time: a frame takes as long as
// it would at the bus's bit rate, also those of others, so a burst is as slow as it would be and no receiver's buffer overflows.
import { createSocket, type Socket } from 'node:dgram'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { CanBus, CanCounters, CanFrame, CanHandlers } from './can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from './frame-bits.ts'
import { isSendable } from './sendable.ts'
import { decodeDatagram, encodeDatagram } from './udp-datagram.ts'

export interface UdpBusOptions {
  readonly name: string
  /** Each bus has its own; two farms must not share one. */
  readonly port: number
  readonly bitRate: number
  /** Of FD frames; without it the bus is a classic one. */
  readonly dataBitRate?: number
  /** Nobody else's: what comes from here is an echo. */
  readonly self: string
  readonly clock: Clock
  readonly log: Log
}

export const multicastGroup = '239.74.163.2'
const loopback = '127.0.0.1'
const receiveBufferBytes = 4 * 1024 * 1024
/** Timers are no finer: so much of what is due later is sent at once. */
const aheadMs = 1

export function createUdpBus(options: UdpBusOptions): CanBus {
  const { name, port, bitRate, dataBitRate = bitRate, self, clock, log } = options
  const counters: CanCounters = { sent: 0, received: 0, errors: 0, overruns: 0, busOffs: 0, busyBits: 0 }
  const waiting: CanFrame[] = []
  const dataBytesMax = options.dataBitRate === undefined ? 8 : 64
  let handlers: CanHandlers | undefined
  let socket: Socket | undefined
  let isBound = false
  let hasFailed = false
  let freeAtMs = 0
  let next: Timer | undefined

  function occupy(frame: CanFrame): void {
    const bits = frameBits(frame)
    const ms = bitsMs({ ...bits, nominal: bits.nominal + intermissionBits }, bitRate, dataBitRate)
    counters.busyBits += Math.round((ms * bitRate) / 1_000)
    freeAtMs = Math.max(freeAtMs, clock.monotonic()) + ms
  }

  function arrived(datagram: Uint8Array): void {
    const read = decodeDatagram(datagram)
    if (read?.channel === self) return
    if (!read || !isSendable(read.frame, dataBytesMax)) {
      counters.errors += 1
      return
    }
    occupy(read.frame)
    counters.received += 1
    handlers?.received(read.frame, clock.monotonic())
  }

  function pump(): void {
    next = undefined
    const gone: CanFrame[] = []
    while (isBound && waiting.length > 0 && freeAtMs - clock.monotonic() < aheadMs) {
      const frame = waiting.shift()
      if (!frame) break
      occupy(frame)
      socket?.send(encodeDatagram(frame, self, clock.now() / 1_000), port, multicastGroup, failed)
      counters.sent += 1
      gone.push(frame)
    }
    if (waiting.length > 0) wait()
    for (const frame of gone) handlers?.sent(frame)
  }

  function wait(): void {
    next ??= clock.setTimer(Math.max(0, freeAtMs - clock.monotonic() - aheadMs), pump)
  }

  function failed(error: Error | null): void {
    if (error === null) return
    counters.errors += 1
    log.warn('can.send.failed', { bus: name, detail: error.message })
  }

  return {
    name,
    dataBytesMax,
    mailboxes: 3,
    start(given) {
      handlers = given
      const opened = createSocket({ type: 'udp4', reuseAddr: true })
      socket = opened
      opened.on('message', arrived)
      opened.on('error', (error) => {
        counters.errors += 1
        log.error('can.bus.failed', { bus: name, port, detail: error.message })
        if (isBound) return
        hasFailed = true
        handlers?.stateChanged('off')
      })
      opened.bind(port, () => {
        if (socket !== opened) return
        opened.setRecvBufferSize(receiveBufferBytes)
        opened.addMembership(multicastGroup, loopback)
        opened.setMulticastInterface(loopback)
        opened.setMulticastTTL(0)
        opened.setMulticastLoopback(true)
        isBound = true
        pump()
      })
    },
    send(frame) {
      if (!socket) return 'off'
      if (!isSendable(frame, dataBytesMax)) return 'invalid'
      if (waiting.length >= 3) return 'full'
      waiting.push({ ...frame, data: frame.data.slice() })
      // Not on the caller's stack: it hears of `sent` when it has finished.
      next ??= clock.setTimer(0, pump)
      return 'accepted'
    },
    state: () => (socket && !hasFailed ? 'active' : 'off'),
    counters: () => counters,
    stop(stopped) {
      next?.cancel()
      waiting.length = 0
      handlers = undefined
      isBound = false
      const open = socket
      socket = undefined
      if (open) open.close(stopped)
      else clock.setTimer(0, stopped)
    },
  }
}
