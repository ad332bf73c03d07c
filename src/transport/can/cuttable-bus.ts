// A bus that can be cut while it runs, to see what happens then: from one end's view nothing that it sends arrives, and it hears nothing.
import type { Clock } from '../../ports/clock.ts'
import type { CanBus, CanFrame, CanHandlers } from './can-bus.ts'

export interface CuttableBus extends CanBus {
  cut(isCut: boolean): void
}

export function createCuttableBus(bus: CanBus, clock: Clock): CuttableBus {
  let handlers: CanHandlers | undefined
  let isCut = false
  const vanish = (frame: CanFrame) => clock.setTimer(0, () => handlers?.sent(frame))
  return {
    name: bus.name,
    dataBytesMax: bus.dataBytesMax,
    mailboxes: bus.mailboxes,
    start(given) {
      handlers = given
      bus.start({
        received: (frame, atMs) => {
          if (!isCut) given.received(frame, atMs)
        },
        sent: given.sent,
        stateChanged: given.stateChanged,
      })
    },
    send(frame) {
      if (!isCut || bus.state() === 'off') return bus.send(frame)
      vanish(frame)
      return 'accepted'
    },
    state: () => bus.state(),
    counters: () => bus.counters(),
    stop(stopped) {
      handlers = undefined
      bus.stop(stopped)
    },
    cut(given) {
      isCut = given
    },
  }
}
