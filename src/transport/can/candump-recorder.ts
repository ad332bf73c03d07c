// Writes down what passes one end of a bus, in both directions, as `candump -L` does on a real one: a log that other tools read and
// that candump-replay.ts plays. A bus like the one that it is put around.
import type { Clock } from '../../ports/clock.ts'
import type { CanBus, CanFrame } from './can-bus.ts'
import { formatCandumpLine } from './candump-log.ts'

export interface CandumpRecorderOptions {
  readonly bus: CanBus
  /** Where the wall clock's time in the log comes from. */
  readonly clock: Clock
  /** One line, without its end. It may drop lines; it must not throw. */
  write(line: string): void
  /** Ends lines with R or T, as newer candumps do when asked; tshark does not read that. Default false. */
  readonly isDirectionShown?: boolean
}

export function createCandumpRecorder({ bus, clock, write, isDirectionShown }: CandumpRecorderOptions): CanBus {
  let wallOffsetMs = 0

  function record(frame: CanFrame, atMs: number, direction: 'R' | 'T'): void {
    const line = formatCandumpLine((wallOffsetMs + atMs) / 1000, bus.name, frame)
    write(isDirectionShown ? `${line} ${direction}` : line)
  }

  return {
    name: bus.name,
    dataBytesMax: bus.dataBytesMax,
    mailboxes: bus.mailboxes,
    start(handlers) {
      // Once: a wall clock that jumps would put frames in another order.
      wallOffsetMs = clock.now() - clock.monotonic()
      bus.start({
        received(frame, atMs) {
          record(frame, atMs, 'R')
          handlers.received(frame, atMs)
        },
        sent(frame) {
          record(frame, clock.monotonic(), 'T')
          handlers.sent(frame)
        },
        stateChanged: handlers.stateChanged,
      })
    },
    send: (frame) => bus.send(frame),
    state: () => bus.state(),
    counters: () => bus.counters(),
    stop: (stopped) => bus.stop(stopped),
  }
}
