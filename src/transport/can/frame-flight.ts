// A frame on its way: who sends it, how long it is, and what will become of it. That is settled when it starts, for all that can go
// wrong with it is chance or is known then; only that nobody is left to acknowledge it is seen at its end.
import type { Random } from '../../ports/random.ts'
import { type FrameBits, frameBits } from './frame-bits.ts'
import { clashBit, disturbed, type Outcome, undisturbed } from './frame-outcome.ts'
import type { Controller, Waiting } from './memory-controller.ts'

/** Who sends what: more than one when they are there with the same identifier at the same time. */
export interface Sender {
  readonly controller: Controller
  readonly waiting: Waiting
}

export interface Flight {
  readonly senders: readonly Sender[]
  readonly startMs: number
  readonly bits: FrameBits
  readonly outcome: Outcome
  readonly victim: Controller | undefined
}

/** @param bitErrorRate how likely one bit is to reach one node, drawn among those there, wrong. */
export function planFlight(
  senders: readonly Sender[],
  first: Sender,
  members: readonly Controller[],
  startMs: number,
  random: Random,
  bitErrorRate: number,
): Flight {
  const bits = frameBits(first.waiting.frame, first.controller.state() === 'passive')
  const total = bits.nominal + bits.fast
  const clash = senders.length > 1 ? firstClash(senders, first) : undefined
  if (clash !== undefined) {
    const outcome = disturbed(total, { bit: clash, victim: 'sender', isVictimPassive: false }, true)
    return { senders, startMs, bits, outcome, victim: undefined }
  }
  // Bits until the first error are geometrically distributed: one draw a frame.
  const errorBit = bitErrorRate > 0 ? Math.floor(Math.log1p(-random.next()) / Math.log1p(-bitErrorRate)) : total
  if (errorBit >= total) {
    const outcome = undisturbed(total, hasReceiver(members, senders, startMs))
    return { senders, startMs, bits, outcome, victim: undefined }
  }
  const online = members.filter((member) => member.isOnline())
  const victim = online[Math.floor(random.next() * online.length)] ?? first.controller
  const isHeard = online.some((member) => member !== victim && !isAmong(senders, member))
  const disturbance = {
    bit: errorBit,
    victim: isAmong(senders, victim) ? ('sender' as const) : ('receiver' as const),
    isVictimPassive: victim.state() === 'passive',
  }
  return { senders, startMs, bits, outcome: disturbed(total, disturbance, isHeard), victim }
}

function firstClash(senders: readonly Sender[], first: Sender): number | undefined {
  const clashes = senders.flatMap(({ waiting }) => clashBit(first.waiting.frame, waiting.frame) ?? [])
  return clashes.length === 0 ? undefined : Math.min(...clashes)
}

export function isAmong(senders: readonly Sender[], member: Controller): boolean {
  for (const { controller } of senders) if (controller === member) return true
  return false
}

/** Whether anybody hears it from its start and can acknowledge it. */
export function hasReceiver(members: readonly Controller[], senders: readonly Sender[], startMs: number): boolean {
  for (const member of members)
    if (member.isOnline() && member.onlineSinceMs <= startMs && !isAmong(senders, member)) return true
  return false
}

/** How long it takes until a bit of it. Behind the fast part come the acknowledgement and the end of frame: nine bits. */
export function untilBitMs({ nominal, fast }: FrameBits, bit: number, bitMs: number, fastBitMs: number): number {
  const fastFrom = nominal - 9
  if (fast === 0 || bit <= fastFrom) return bit * bitMs
  const fastSent = Math.min(fast, bit - fastFrom)
  return (bit - fastSent) * bitMs + fastSent * fastBitMs
}
