// What the package `socketcan` shows of an interface, on a controller of a bus in memory.
import type { Clock } from '../../src/ports/clock.ts'
import type { CanBus } from '../../src/transport/can/can-bus.ts'
import type { RawChannel, RawMessage } from '../../src/transport/can/socketcan-package.ts'

export interface TestChannel extends RawChannel {
  /** As the kernel would. */
  say(message: RawMessage): void
  /** The kernel's queue takes nothing. */
  isFull: boolean
  /** The interface is no more. */
  vanish(): void
}

export function rawChannelOn(controller: CanBus, clock: Clock): TestChannel {
  let listener: ((message: RawMessage) => void) | undefined
  let vanished = () => {}
  const give = ({ id, ext = false, data }: RawMessage, isFd: boolean, isBitRateSwitched: boolean) => {
    if (channel.isFull) return -1
    return controller.send({ id, isExtended: ext, isFd, isBitRateSwitched, data: new Uint8Array(data) }) === 'accepted'
      ? 16
      : -1
  }
  const channel: TestChannel = {
    isFull: false,
    say: (message) => listener?.(message),
    addListener(event: 'onMessage' | 'onStopped', heard: (message: RawMessage) => void) {
      if (event === 'onMessage') listener = heard
      else vanished = () => heard({ id: 0, data: Buffer.alloc(0) })
    },
    vanish() {
      channel.isFull = true
      vanished()
    },
    start: () =>
      controller.start({
        received({ id, isExtended: ext, data }) {
          const message = { id, ext, data: Buffer.from(data) }
          // Through the kernel to this process.
          clock.setTimer(0.05, () => listener?.(message))
        },
        sent() {},
        stateChanged() {},
      }),
    stop: () => controller.stop(() => {}),
    send: (message) => give(message, false, false),
    sendFD: (message) => give(message, true, message.fd_brs),
  }
  return channel
}
