// One wire, and who is on it: at most one frame at a time, an event per frame and not per bit. All that is exact to the bit:
//
//   idle -> starting -> frame -> gap (error frame if any, intermission) -> frame or idle
//
// A bit after the first `send` on an idle wire all who have something to send start together, and the lowest identifier wins; losers
// wait for the next gap, and go on hearing. What then becomes of the frame is decided at once (frame-outcome.ts) and happens when its
// time has come. Two frames with one identifier that differ break each other off, again and again, until their senders are off: that
// is what a real bus does to a node that is there twice.
//
// - Alone on the wire a passive sender repeats for ever and nothing changes: that is `unheard`, and costs no events.
// - While a node holds the wire dominant it is `stuck`: every eight bits count as an error, and nobody recovers.
//
// The wire keeps its own time, that of its events. A system clock's timers come late, by whole milliseconds; what should have
// happened by then happens at its own time in a row, so that a bus of 1 Mb/s carries 1 Mb/s on any clock.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { CanFrame } from './can-bus.ts'
import {
  countReceived,
  countReceiveError,
  countSendError,
  countSent,
  recoverySequenceBits,
  stateOf,
} from './error-counters.ts'
import { intermissionBits } from './frame-bits.ts'
import { type Flight, hasReceiver, isAmong, planFlight, type Sender, untilBitMs } from './frame-flight.ts'
import { type Outcome, undisturbed } from './frame-outcome.ts'
import type { Controller, ControllerWire } from './memory-controller.ts'

export interface WireOptions {
  readonly clock: Clock
  readonly random: Random
  /** Bits a second. */
  readonly bitRate: number
  readonly dataBitRate: number
  /** How likely one bit is to reach one node wrong. */
  bitErrorRate(): number
}

export interface MemoryWire extends ControllerWire {
  join(controller: Controller): void
  leave(controller: Controller): void
  /** The controller began or ceased to hold the wire dominant. */
  stuckChanged(): void
}

type Phase = 'idle' | 'starting' | 'frame' | 'gap' | 'unheard' | 'stuck'

/** A passive sender lets others start for so long after a gap. */
const suspensionBits = 8
/** After so many bits without an edge everybody knows that a sender is gone: the sixth is against the rule of stuffing. */
const silenceBits = 6
const errorFrameBits = 6 + 6 + 8
const delimiterBits = 8
/** While the wire is held dominant, errors are counted after 14 bits and then after every eight. */
const heldFirstBits = 14
const heldStepBits = 8

export function createMemoryWire(options: WireOptions): MemoryWire {
  const { clock, random } = options
  const bitMs = 1000 / options.bitRate
  const fastBitMs = 1000 / options.dataBitRate
  let members: readonly Controller[] = []
  let phase: Phase = 'idle'
  let flight: Flight | undefined
  /** Senders whose frame was under way when the wire was stuck. */
  let heldSenders: readonly Controller[] = []
  let nowMs = clock.monotonic()
  let nextMs = Number.POSITIVE_INFINITY
  let timer: Timer | undefined
  let isRunning = false
  /** Since when it is in its phase, as far as that matters: idle, unheard, stuck. */
  let sinceMs = nowMs
  let unheardBits = 0
  let busyBits = 0
  let isBrokenOff = false

  const now = () => (isRunning ? nowMs : Math.max(nowMs, clock.monotonic()))

  function enter(next: Phase, atMs: number): void {
    phase = next
    nextMs = atMs
    if (!isRunning) arm()
  }

  function arm(): void {
    timer?.cancel()
    timer =
      nextMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(Math.max(0, nextMs - clock.monotonic()), run)
  }

  function run(): void {
    isRunning = true
    try {
      do {
        nowMs = nextMs
        nextMs = Number.POSITIVE_INFINITY
        step()
      } while (nextMs <= clock.monotonic())
    } finally {
      isRunning = false
      arm()
    }
  }

  function step(): void {
    if (phase === 'frame') finish()
    else if (phase === 'gap') endGap()
    else if (phase === 'starting') start()
    else if (phase === 'stuck') countHeld()
    else if (phase === 'idle') waitIdle()
  }

  /** Ends when somebody sends, or somebody who is off has seen enough of it. */
  function waitIdle(): void {
    phase = 'idle'
    countIdle()
    // Who is told that it is back may send at once.
    endRecovery()
    if (phase !== 'idle') return
    for (const member of members)
      if (member.isOff()) nextMs = Math.min(nextMs, sinceMs + member.recoveryLeft * recoverySequenceBits * bitMs)
  }

  function start(): void {
    countIdle()
    endRecovery()
    let senders: Sender[] = []
    let key = Number.POSITIVE_INFINITY
    let suspendedUntilMs = Number.POSITIVE_INFINITY
    for (const controller of members) {
      const waiting = controller.waiting[0]
      if (!waiting || waiting.key > key) continue
      if (controller.suspendedUntilMs > nowMs)
        suspendedUntilMs = Math.min(suspendedUntilMs, controller.suspendedUntilMs)
      else if (waiting.key === key) senders.push({ controller, waiting })
      else {
        senders = [{ controller, waiting }]
        key = waiting.key
      }
    }
    const first = senders[0]
    if (first) {
      flight = planFlight(senders, first, members, nowMs, random, options.bitErrorRate())
      enter('frame', nowMs + untilBitMs(flight.bits, flight.outcome.endBit, bitMs, fastBitMs))
    } else if (suspendedUntilMs < Number.POSITIVE_INFINITY) enter('starting', suspendedUntilMs)
    else waitIdle()
  }

  function finish(): void {
    const over = flight
    const first = over?.senders[0]
    if (!over || !first) return
    flight = undefined
    const { senders, startMs, bits, victim } = over
    // All who would have acknowledged it may have left since it began.
    const outcome =
      over.outcome.isRepeated || hasReceiver(members, senders, startMs)
        ? over.outcome
        : undisturbed(bits.nominal + bits.fast, false)
    const gapBits = outcome.flagBits + intermissionBits
    busyBits += (nowMs - startMs) / bitMs + gapBits
    enter('gap', nowMs + gapBits * bitMs)
    for (const sender of senders) countSender(sender, outcome)
    for (const member of members) {
      const heard = member.isOnline() && member.onlineSinceMs <= startMs
      if (heard && !isAmong(senders, member)) hear(member, first.waiting.frame, outcome, member === victim)
    }
    for (const { controller, waiting } of senders) {
      if (!outcome.isRepeated) controller.handlers?.sent(waiting.frame)
      controller.settleState()
    }
    if (outcome.isUnheard) restUnheard(first.controller, outcome.endBit + gapBits)
  }

  function countSender({ controller, waiting }: Sender, outcome: Outcome): void {
    if (outcome.isRepeated) {
      controller.counted.errors += 1
      if (!outcome.isUnheard || controller.state() !== 'passive') countSendError(controller.errors)
    } else {
      controller.counted.sent += 1
      countSent(controller.errors)
      controller.waiting.splice(controller.waiting.indexOf(waiting), 1)
    }
    if (stateOf(controller.errors) === 'passive') controller.suspendedUntilMs = nextMs + suspensionBits * bitMs
  }

  function hear(member: Controller, frame: CanFrame, { keptBy, isRepeated }: Outcome, isVictim: boolean): void {
    const isKept = keptBy === 'all' || (keptBy === 'all but the victim' && !isVictim)
    if (!isKept || isRepeated) member.counted.errors += 1
    if (isKept) countReceived(member.errors)
    else {
      const isFirstToSay = isVictim && member.state() === 'active'
      countReceiveError(member.errors, 1)
      if (isFirstToSay) countReceiveError(member.errors, 8)
    }
    member.settleState()
    if (!isKept) return
    member.counted.received += 1
    member.handlers?.received(frame, nowMs)
  }

  /** Nothing changes until somebody else is there: it would repeat for ever, uncounted. */
  function restUnheard(sender: Controller, attemptBits: number): void {
    if (phase !== 'gap' || sender.state() !== 'passive' || sender.waiting.length === 0) return
    if (members.some((member) => member !== sender && member.handlers)) return
    sinceMs = nextMs
    unheardBits = attemptBits
    enter('unheard', Number.POSITIVE_INFINITY)
  }

  function endUnheard(): void {
    if (phase !== 'unheard') return
    countUnheard()
    enter('starting', Math.max(now(), sinceMs) + bitMs)
  }

  /** Brings up to now what was not counted, attempt by attempt. */
  function countUnheard(): void {
    if (phase !== 'unheard') return
    const attemptMs = (unheardBits + suspensionBits) * bitMs
    const attempts = Math.max(0, Math.floor((now() - sinceMs) / attemptMs))
    sinceMs += attempts * attemptMs
    busyBits += attempts * unheardBits
    for (const member of members) if (member.waiting.length > 0) member.counted.errors += attempts
  }

  function endGap(): void {
    if (isBrokenOff) countBrokenOff()
    // The delimiter of an acknowledgement or an error, the end of frame and the intermission are eleven recessive bits.
    for (const member of members) if (member.isOff()) member.recover(1)
    sinceMs = nowMs
    start()
  }

  function countIdle(): void {
    const sequences = Math.floor((nowMs - sinceMs) / (recoverySequenceBits * bitMs) + 1e-6)
    if (sequences <= 0) return
    sinceMs += sequences * recoverySequenceBits * bitMs
    for (const member of members) if (member.isOff()) member.recover(sequences)
  }

  function endRecovery(): void {
    for (const member of members) {
      if (!member.isOff() || member.recoveryLeft > 0) continue
      member.onlineSinceMs = nowMs
      member.comeBack()
    }
  }

  /** Its sender is gone in the middle of a frame. */
  function breakOff(): void {
    if (!flight) return
    const gapBits = silenceBits + errorFrameBits + intermissionBits
    busyBits += (now() - flight.startMs) / bitMs + gapBits
    flight = undefined
    isBrokenOff = true
    enter('gap', now() + gapBits * bitMs)
  }

  function countBrokenOff(): void {
    isBrokenOff = false
    for (const member of members) {
      if (!member.isOnline()) continue
      member.counted.errors += 1
      countReceiveError(member.errors, 1)
      member.settleState()
    }
  }

  function stuckChanged(): void {
    const isHeld = members.some(({ isStuck }) => isStuck)
    if (isHeld === (phase === 'stuck')) return
    if (isHeld) {
      endUnheard()
      heldSenders = flight?.senders.map(({ controller }) => controller) ?? []
      if (flight) busyBits += (now() - flight.startMs) / bitMs
      flight = undefined
      sinceMs = now()
      enter('stuck', sinceMs + heldFirstBits * bitMs)
    } else {
      busyBits += (now() - sinceMs) / bitMs + delimiterBits + intermissionBits
      heldSenders = []
      enter('gap', now() + (delimiterBits + intermissionBits) * bitMs)
    }
  }

  /** Stops when there is nothing left to count: all receivers passive for good, the sender off. */
  function countHeld(): void {
    let isCounting = false
    for (const member of members) {
      if (!member.isOnline()) continue
      const before = member.errors.receive + member.errors.transmit
      if (heldSenders.includes(member)) countSendError(member.errors)
      else countReceiveError(member.errors, 8)
      if (member.errors.receive + member.errors.transmit > before) isCounting = true
      member.settleState()
    }
    if (isCounting && phase === 'stuck') nextMs = nowMs + heldStepBits * bitMs
  }

  /** On the caller's stack, not in an event of the wire. */
  function recountIdle(): void {
    if (phase !== 'idle') return
    nowMs = now()
    nextMs = Number.POSITIVE_INFINITY
    waitIdle()
    if (!isRunning) arm()
  }

  return {
    wake() {
      if (phase === 'idle' || phase === 'starting') enter('starting', Math.min(nextMs, now() + bitMs))
    },
    onlineChanged(controller) {
      endUnheard()
      if (controller.handlers) controller.onlineSinceMs = now()
      else if (flight && isAmong(flight.senders, controller)) breakOff()
      if (phase === 'stuck' && controller.handlers) enter('stuck', Math.min(nextMs, now() + heldStepBits * bitMs))
    },
    busyBits() {
      countUnheard()
      return Math.round(busyBits + (phase === 'stuck' ? (now() - sinceMs) / bitMs : 0))
    },
    later(done) {
      clock.setTimer(0, done)
    },
    join(controller) {
      endUnheard()
      recountIdle()
      members = [...members, controller]
      controller.hangOn(this)
      controller.onlineSinceMs = now()
      controller.suspendedUntilMs = 0
      stuckChanged()
      recountIdle()
      if (controller.waiting.length > 0) this.wake()
    },
    leave(controller) {
      endUnheard()
      members = members.filter((member) => member !== controller)
      if (flight && isAmong(flight.senders, controller)) breakOff()
      stuckChanged()
    },
    stuckChanged,
  }
}
