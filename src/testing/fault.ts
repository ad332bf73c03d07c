// Faults as data. Each begins at a time and, unless it is over at once, ends by itself: a schedule without one of its faults is a
// schedule too, which is what makes a failing one short. As text, one line a fault, in the words of the scenario files:
//
//   at 3.25s for 2s crash m1              a process dies; a new life begins at the end. `unnoticed`: nobody saw it end
//   at 3s for 10s pause m1                its event loop stands still; timers and messages wait
//   at 3s for 2s cut m1 a01               nothing gets through; `m1 > a01`: one way; `a01 all`, `all > a01`: all its links
//   at 3s for 2s cut can0                 a channel carries nothing, between all; `noise can0 0.0001`: share of the bits that are wrong
//   at 3s for 9s lose 0.2                 share of frames lost; `repeat 0.1`, `reorder 0.1`, `delay 5ms 80ms`; then two nodes, or all
//   at 3s for 4s disk m1 full             or failing, forgetsSync (an answered sync is not durable), slow
//   at 3s for 2s corrupt m1               it crashes, and a bit of its disk is wrong in its next life
//   at 3s for 5s fault silent c01-s01     or dropAnswers, liesAboutPower, powerFails, scrubLeavesData, slow (the board), slowService
//   at 3s for 60s drift a01 0.004         its clock runs so much fast
//   at 3s jump m1 -10s                    its wall clock is set
//   at 3s kill c01-s01                    a blade dies
//   at 3s for 20s load shop 450           requests/s of an account
//   at 3s handover                        an operator has the other master lead
//
// Without an end: until `recover`.
import type { BladeId, NodeId } from '../protocol/ids.ts'
import { busNames, channelNames } from './simulated-channels.ts'

export interface FaultTime {
  /** Since the simulation began. */
  readonly atMs: number
  /** Null: over at once, or until everything is healed. */
  readonly forMs: number | null
}

export const boardFaultNames = [
  'silent',
  'dropAnswers',
  'liesAboutPower',
  'powerFails',
  'scrubLeavesData',
  'slow',
  'slowService',
] as const
export const diskFaultNames = ['full', 'failing', 'forgetsSync', 'slow'] as const

/** Every node that there is. */
export const everyNode = 'all'
type Between = readonly [NodeId, NodeId] | null

export type FaultAct =
  | { readonly kind: 'crash'; readonly node: NodeId; readonly isNoticed: boolean }
  | { readonly kind: 'pause'; readonly node: NodeId }
  | { readonly kind: 'cut'; readonly from: NodeId; readonly to: NodeId; readonly isOneWay: boolean }
  | { readonly kind: 'cutChannel'; readonly channel: (typeof channelNames)[number] }
  | { readonly kind: 'noise'; readonly channel: (typeof busNames)[number]; readonly bitErrorRate: number }
  | { readonly kind: 'lose' | 'repeat' | 'reorder'; readonly ratio: number; readonly between: Between }
  | { readonly kind: 'delay'; readonly minMs: number; readonly maxMs: number; readonly between: Between }
  | { readonly kind: 'disk'; readonly node: NodeId; readonly fault: (typeof diskFaultNames)[number] }
  | { readonly kind: 'corrupt'; readonly node: NodeId }
  | { readonly kind: 'fault'; readonly fault: (typeof boardFaultNames)[number]; readonly blade: BladeId }
  | { readonly kind: 'drift'; readonly node: NodeId; readonly ratio: number }
  | { readonly kind: 'jump'; readonly node: NodeId; readonly byMs: number }
  | { readonly kind: 'kill'; readonly blade: BladeId }
  | { readonly kind: 'load'; readonly account: string; readonly ratePerSecond: number }
  | { readonly kind: 'handover' }

export type Fault = FaultTime & FaultAct
/** In order of time. */
export type FaultSchedule = readonly Fault[]
export type FaultKind = FaultAct['kind']

export const faultFamilies = ['network', 'channel', 'process', 'disk', 'board', 'clock', 'load'] as const
export type FaultFamily = (typeof faultFamilies)[number]
/** Of a farm whose channels are not told apart. */
export const usualFamilies = faultFamilies.filter((family) => family !== 'channel')

export const familyOf: Readonly<Record<FaultKind, FaultFamily>> = {
  cut: 'network',
  cutChannel: 'channel',
  noise: 'channel',
  lose: 'network',
  repeat: 'network',
  reorder: 'network',
  delay: 'network',
  crash: 'process',
  pause: 'process',
  handover: 'process',
  disk: 'disk',
  corrupt: 'disk',
  fault: 'board',
  kill: 'board',
  drift: 'clock',
  jump: 'clock',
  load: 'load',
}

/** Over at once: an end would mean nothing. */
const instant: readonly FaultKind[] = ['jump', 'kill', 'handover']

export function isFaultKind(word: string): word is FaultKind {
  return Object.hasOwn(familyOf, word)
}

// — as text ———————————————————————————————————————————————————————————————————————————————————

export function formatFault(fault: Fault): string {
  const { atMs, forMs } = fault
  const during = forMs === null ? '' : ` for ${formatMs(forMs)}`
  return `at ${formatMs(atMs)}${during} ${formatAct(fault)}`
}

export function formatAct(act: FaultAct): string {
  switch (act.kind) {
    case 'crash':
      return `crash ${act.node}${act.isNoticed ? '' : ' unnoticed'}`
    case 'pause':
    case 'corrupt':
      return `${act.kind} ${act.node}`
    case 'cut':
      return `cut ${act.from} ${act.isOneWay ? '> ' : ''}${act.to}`
    case 'cutChannel':
      return `cut ${act.channel}`
    case 'noise':
      return `noise ${act.channel} ${act.bitErrorRate}`
    case 'lose':
    case 'repeat':
    case 'reorder':
      return [act.kind, act.ratio, ...(act.between ?? [])].join(' ')
    case 'delay':
      return ['delay', formatMs(act.minMs), formatMs(act.maxMs), ...(act.between ?? [])].join(' ')
    case 'disk':
      return `disk ${act.node} ${act.fault}`
    case 'fault':
      return `fault ${act.fault} ${act.blade}`
    case 'drift':
      return `drift ${act.node} ${act.ratio}`
    case 'jump':
      return `jump ${act.node} ${formatMs(act.byMs)}`
    case 'kill':
      return `kill ${act.blade}`
    case 'load':
      return `load ${act.account} ${act.ratePerSecond}`
    case 'handover':
      return 'handover'
    default:
      return act satisfies never
  }
}

export function formatMs(ms: number): string {
  return Math.abs(ms) >= 1000 ? `${ms / 1000}s` : `${ms}ms`
}

/** @returns undefined for what is no time: 250ms, 4s, 1m */
export function parseMs(text: string | undefined): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s|m)$/.exec(text ?? '')
  const unitMs = match && { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm']
  // Whole microseconds: 4.015 s must not become 4014.9999 ms.
  return match && unitMs ? Math.round(Number(match[1]) * unitMs * 1000) / 1000 : undefined
}

/** Of `[at 3s] [for 2s] crash m1`. @param nowMs for a line without `at`. @returns what is wrong with it, where something is */
export function parseFault(words: readonly string[], nowMs: number): Fault | string {
  const [first, time, ...afterAt] = words
  const atMs = first === 'at' ? parseMs(time) : nowMs
  if (atMs === undefined || atMs < 0) return `${time} is no time: 250ms, 4s, 1m`
  const rest = first === 'at' ? afterAt : words
  const isFor = rest[0] === 'for'
  const forMs = isFor ? parseMs(rest[1]) : null
  if (forMs === undefined || (forMs !== null && forMs <= 0)) return `${rest[1]} is no time: 250ms, 4s, 1m`
  const act = parseAct(isFor ? rest.slice(2) : rest)
  if (typeof act === 'string') return act
  if (forMs !== null && instant.includes(act.kind)) return `${act.kind} is over at once`
  return { atMs, forMs, ...act }
}

function parseAct([kind = '', ...words]: readonly string[]): FaultAct | string {
  if (!isFaultKind(kind)) return `no fault ${kind}`
  const act = actOf(kind, words)
  const wanted = act && formatAct(act).split(' ').length
  return act !== undefined && wanted === words.length + 1 ? act : `${[kind, ...words].join(' ')} is no fault`
}

function actOf(kind: FaultKind, words: readonly string[]): FaultAct | undefined {
  const [a, b, c, d] = words
  if (kind === 'handover') return { kind }
  if (a === undefined) return undefined
  switch (kind) {
    case 'crash':
      return b === undefined || b === 'unnoticed' ? { kind, node: a, isNoticed: b === undefined } : undefined
    case 'pause':
    case 'corrupt':
      return { kind, node: a }
    case 'cut': {
      const channel = channelNames.find((name) => name === a)
      if (b === undefined) return channel && { kind: 'cutChannel', channel }
      const to = b === '>' ? c : b
      return to === undefined ? undefined : { kind, from: a, to, isOneWay: b === '>' }
    }
    case 'noise': {
      const [channel, bitErrorRate] = [busNames.find((name) => name === a), Number(b)]
      return channel && bitErrorRate >= 0 && bitErrorRate < 1 ? { kind, channel, bitErrorRate } : undefined
    }
    // It is said as a cut.
    case 'cutChannel':
      return undefined
    case 'lose':
    case 'repeat':
    case 'reorder': {
      const ratio = Number(a)
      return ratio >= 0 && ratio <= 1 ? { kind, ratio, between: b && c ? [b, c] : null } : undefined
    }
    case 'delay': {
      const [minMs, maxMs] = [parseMs(a), parseMs(b)]
      const isRange = minMs !== undefined && maxMs !== undefined && minMs >= 0 && maxMs >= minMs
      return isRange ? { kind, minMs, maxMs, between: c && d ? [c, d] : null } : undefined
    }
    case 'disk': {
      const fault = diskFaultNames.find((name) => name === b)
      return fault && { kind, node: a, fault }
    }
    case 'fault': {
      const fault = boardFaultNames.find((name) => name === a)
      return fault && b ? { kind, fault, blade: b } : undefined
    }
    case 'drift': {
      const ratio = Number(b)
      return Math.abs(ratio) < 1 ? { kind, node: a, ratio } : undefined
    }
    case 'jump': {
      const byMs = parseMs(b)
      return byMs === undefined ? undefined : { kind, node: a, byMs }
    }
    case 'kill':
      return { kind, blade: a }
    case 'load': {
      const ratePerSecond = Number(b)
      return ratePerSecond >= 0 ? { kind, account: a, ratePerSecond } : undefined
    }
    default:
      return kind satisfies never
  }
}
