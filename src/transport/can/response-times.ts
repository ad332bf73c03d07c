// How late a message can be on one bus, whatever the others do: the worst-case response times of a set of messages (Davis, Burns, Bril,
// Lukkien, "Controller Area Network (CAN) schedulability analysis: refuted, revisited and revised", Real-Time Systems 35, 2007).
//
// A frame that is on the bus is not interrupted, so a message waits for the longest less urgent frame that may have just begun (B), for
// everything more urgent that comes until its own frame begins, and for earlier instances of its own. The worst instance need not
// be the first, so all of a busy period are looked at (section 3.2):
//
//   t    = B + sum over k as urgent as m or more: ceil((t + J_k) / T_k) C_k         the busy period; it has ceil((t + J_m) / T_m) instances
//   w(q) = B + q C_m + (C_m - last) + sum over k more urgent: ceil((w(q) + J_k + bit) / T_k) C_k
//   R    = max over q of J_m + w(q) - q T_m + last
//
// A message here is a transfer of one or several frames that are queued together: C is all of them, `last` the last one, and only
// one frame of a less urgent transfer can be in the way. Of equal identifiers (one node's own) the first queued goes first: they count
// as one more urgent than the other, both ways. With `errorPeriodMs` a bit error comes as often at worst, and costs an error
// frame and a repetition of the longest frame that it can hit (Tindell, Burns, Wellings, Control Engineering Practice 3, 1995).
//
// A response ends with the intermission of the last frame. What was received is known three bits earlier: that pays for the bit by which a
// frame begins late on an idle bus.
//
// Counted in whole nanoseconds, durations rounded up and periods down: no sum of fractions decides whether an instance fits.
import { type FrameShape, worstFrameBits } from './worst-frame-bits.ts'

export interface BusRates {
  /** Bits a second. */
  readonly bitRate: number
  /** Of FD frames that switch. Default: `bitRate`. */
  readonly dataBitRate?: number
}

export interface TimedMessage {
  readonly name: string
  /** The lower, the more urgent: as the bus arbitrates. */
  readonly id: number
  /** Least time between two. */
  readonly periodMs: number
  /** How much later than its period says it may be queued. */
  readonly jitterMs: number
  /** From when it should have been queued until all of it is there. */
  readonly deadlineMs: number
  /** In the order in which they are sent. */
  readonly frames: readonly FrameShape[]
}

export interface ResponseTime<Message extends TimedMessage = TimedMessage> {
  readonly message: Message
  /** Null: it grows without end, because the bus is asked for more than it has. */
  readonly responseMs: number | null
  /** As long one of its frames can be in a mailbox until it has won the bus and is over. Null as above. */
  readonly frameMs: number | null
  /** Share of the bus that it and all that is as urgent or more ask for, errors included. */
  readonly utilisation: number
  /** It can be met. */
  readonly isInTime: boolean
}

export interface AnalysisOptions extends BusRates {
  /** Default: no errors. */
  readonly errorPeriodMs?: number
}

interface Timing<Message extends TimedMessage = TimedMessage> {
  readonly message: Message
  readonly periodNs: number
  readonly jitterNs: number
  /** C: all frames. */
  readonly durationNs: number
  readonly lastNs: number
  readonly longestNs: number
}

interface Contest {
  readonly own: Timing
  readonly moreUrgent: readonly Timing[]
  readonly blockingNs: number
  readonly bitNs: number
  readonly errors: { readonly periodNs: number; readonly costNs: number } | null
}

/** Six bits of flag that may be echoed, the delimiter and the intermission: 31 with what is lost of the bit that fails. */
const errorFrameBits = 31
const nsPerMs = 1_000_000
/** A bus so close to full that this many steps find no end has none for us. */
const stepsMax = 1_000_000

/** In the order of urgency. */
export function responseTimes<Message extends TimedMessage>(
  messages: readonly Message[],
  options: AnalysisOptions,
): readonly ResponseTime<Message>[] {
  const timings = messages.map((message) => timingOf(message, options))
  timings.sort((one, other) => one.message.id - other.message.id)
  return timings.map((own) => {
    const contest = contestOf(own, timings, options)
    const utilisation = utilisationOf(contest)
    const worstMs = (of: Contest) => {
      const responseNs = utilisation < 1 ? worstResponseNs(of) : null
      return responseNs === null ? null : responseNs / nsPerMs
    }
    const responseMs = worstMs(contest)
    const one = { ...own, jitterNs: 0, durationNs: own.longestNs, lastNs: own.longestNs }
    const frameMs =
      own.message.frames.length === 1 && own.jitterNs === 0 ? responseMs : worstMs({ ...contest, own: one })
    const isInTime = responseMs !== null && responseMs <= own.message.deadlineMs
    return { message: own.message, responseMs, frameMs, utilisation, isInTime }
  })
}

/** Of all messages together, each frame as long as it can be. */
export function utilisationOfBus(messages: readonly TimedMessage[], rates: BusRates): number {
  return messages.reduce((sum, message) => {
    const { durationNs, periodNs } = timingOf(message, rates)
    return sum + durationNs / periodNs
  }, 0)
}

/** In words, with the numbers. */
export function describeLate({ message, responseMs, utilisation }: ResponseTime): string {
  const { name, deadlineMs } = message
  const asked = `${(100 * utilisation).toFixed(1)} % of the bus`
  if (responseMs !== null)
    return `${name} takes up to ${responseMs.toFixed(3)} ms, and has ${deadlineMs} ms; with all that is more urgent it asks for ${asked}`
  return `${name} may wait for ever: with all that is more urgent it asks for ${asked}, and must ask for less than 100 %`
}

/** Of one frame, with the intermission behind it. */
export function worstFrameNs(shape: FrameShape, { bitRate, dataBitRate = bitRate }: BusRates): number {
  const { nominal, fast } = worstFrameBits(shape)
  return Math.ceil((nominal * 1e9) / bitRate + (fast * 1e9) / dataBitRate)
}

function timingOf<Message extends TimedMessage>(message: Message, rates: BusRates): Timing<Message> {
  const { frames, periodMs, jitterMs, name } = message
  const each = frames.map((shape) => worstFrameNs(shape, rates))
  const lastNs = each.at(-1)
  if (lastNs === undefined || !(periodMs > 0) || !(jitterMs >= 0))
    throw new RangeError(`${name} is no message: it needs a frame, a period above 0 and a jitter of 0 or more`)
  return {
    message,
    periodNs: Math.max(1, Math.floor(periodMs * nsPerMs)),
    jitterNs: Math.ceil(jitterMs * nsPerMs),
    durationNs: each.reduce((sum, ns) => sum + ns, 0),
    lastNs,
    longestNs: Math.max(...each),
  }
}

function contestOf(own: Timing, all: readonly Timing[], { bitRate, errorPeriodMs }: AnalysisOptions): Contest {
  const bitNs = Math.ceil(1e9 / bitRate)
  const moreUrgent = all.filter((other) => other !== own && other.message.id <= own.message.id)
  const lessUrgent = all.filter((other) => other.message.id > own.message.id)
  const longestNs = Math.max(own.longestNs, ...moreUrgent.map((other) => other.longestNs))
  return {
    own,
    moreUrgent,
    blockingNs: Math.max(0, ...lessUrgent.map((other) => other.longestNs)),
    bitNs,
    errors:
      errorPeriodMs === undefined
        ? null
        : { periodNs: Math.floor(errorPeriodMs * nsPerMs), costNs: errorFrameBits * bitNs + longestNs },
  }
}

function utilisationOf({ own, moreUrgent, errors }: Contest): number {
  const asked = [own, ...moreUrgent].reduce((sum, { durationNs, periodNs }) => sum + durationNs / periodNs, 0)
  return errors ? asked + errors.costNs / errors.periodNs : asked
}

/** Null when no end is found. */
function worstResponseNs(contest: Contest): number | null {
  const { own } = contest
  const busyNs = busyPeriodNs(contest)
  if (busyNs === null) return null
  const instances = Math.ceil((busyNs + own.jitterNs) / own.periodNs)
  let worstNs = 0
  let fromNs = 0
  for (let instance = 0; instance < instances; instance += 1) {
    const waitNs = longestWaitNs(contest, instance, fromNs)
    if (waitNs === null) return null
    worstNs = Math.max(worstNs, own.jitterNs + waitNs - instance * own.periodNs + own.lastNs)
    fromNs = waitNs + own.durationNs
  }
  return worstNs
}

function busyPeriodNs({ own, moreUrgent, blockingNs, errors }: Contest): number | null {
  const all = [own, ...moreUrgent]
  return leastFixedPoint(own.durationNs, (ns) =>
    all.reduce((sum, one) => sum + demandNs(one, ns), blockingNs + errorsNs(errors, ns)),
  )
}

/** Until the last frame of this instance begins. */
function longestWaitNs(contest: Contest, instance: number, fromNs: number): number | null {
  const { own, moreUrgent, blockingNs, bitNs, errors } = contest
  const before = blockingNs + (instance + 1) * own.durationNs - own.lastNs
  return leastFixedPoint(Math.max(fromNs, before), (ns) =>
    moreUrgent.reduce((sum, one) => sum + demandNs(one, ns + bitNs), before + errorsNs(errors, ns + own.lastNs)),
  )
}

/** What it asks for within a time that begins when it is worst. */
function demandNs({ jitterNs, periodNs, durationNs }: Timing, ns: number): number {
  return Math.ceil((ns + jitterNs) / periodNs) * durationNs
}

function errorsNs(errors: Contest['errors'], ns: number): number {
  return errors ? Math.ceil(ns / errors.periodNs) * errors.costNs : 0
}

/** `next` grows with its argument, and `from` is not beyond the point that is looked for. */
function leastFixedPoint(from: number, next: (ns: number) => number): number | null {
  let ns = from
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const after = next(ns)
    if (after <= ns) return ns
    ns = after
  }
  return null
}
