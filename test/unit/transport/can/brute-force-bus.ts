// A bus played bit by bit, for comparison with the analysis: when it is idle, the most urgent frame that waits begins and keeps the bus
// as long as a frame can take. Knows nothing of the analysis but the lengths. One bit is one unit of time.
import type { TimedMessage } from '../../../../src/transport/can/response-times.ts'
import { worstFrameBits } from '../../../../src/transport/can/worst-frame-bits.ts'

/** When the instances of a message should be queued, and when they are. */
export interface Release {
  readonly message: TimedMessage
  readonly dueBits: number
  readonly queuedBits: number
}

interface Queued extends Release {
  frame: number
}

/** The longest time from when a message was due until all of it was there, by name. */
export function playBus(releases: readonly Release[]): Map<string, number> {
  const worst = new Map<string, number>()
  const coming = [...releases].sort((one, other) => one.queuedBits - other.queuedBits)
  const waiting: Queued[] = []
  let now = coming[0]?.queuedBits ?? 0
  while (coming.length + waiting.length > 0) {
    for (let next = coming[0]; next && next.queuedBits <= now; next = coming[0]) {
      waiting.push({ ...next, frame: 0 })
      coming.shift()
    }
    waiting.sort((one, other) => one.message.id - other.message.id || one.queuedBits - other.queuedBits)
    const first = waiting[0]
    if (!first) {
      now = coming[0]?.queuedBits ?? now
      continue
    }
    const shape = first.message.frames[first.frame]
    if (shape) now += worstFrameBits(shape).nominal
    first.frame += 1
    if (first.frame < first.message.frames.length) continue
    waiting.shift()
    worst.set(first.message.name, Math.max(worst.get(first.message.name) ?? 0, now - first.dueBits))
  }
  return worst
}

/** From a phase on, each instance as late as `jitterOf` says. */
export function releasesOf(
  message: TimedMessage,
  phaseBits: number,
  untilBits: number,
  jitterOf: (instance: number) => number,
): readonly Release[] {
  const periodBits = Math.round(message.periodMs * 1000)
  const count = Math.max(0, Math.ceil((untilBits - phaseBits) / periodBits))
  let queuedBits = phaseBits
  return Array.from({ length: count }, (_, instance) => {
    const dueBits = phaseBits + instance * periodBits
    // Its instances do not overtake each other.
    queuedBits = Math.max(queuedBits, dueBits + jitterOf(instance))
    return { message, dueBits, queuedBits }
  })
}
