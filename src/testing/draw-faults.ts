// A fault schedule from a seed. Each schedule has a character of its own (which families of faults, how many, whom they like to hit):
// a farm under a little of everything at once never shows what two crashes in a row do, or a network that is merely slow.
// What no design of two masters and their boards survives is left out: an agent whose disk forgets what it called durable (its boards
// would promise twice), both journals lost at once, clocks that run further apart than the lease allows for.
import { createSeededRandom } from '../drivers/seeded-random.ts'
import type { Random } from '../ports/random.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { agentsOf, bladesOf, mastersOf } from '../runtime/farm-layout.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import {
  boardFaultNames,
  type Fault,
  type FaultAct,
  type FaultFamily,
  type FaultSchedule,
  usualFamilies,
} from './fault.ts'
import { busNames, channelNames } from './simulated-channels.ts'

export interface DrawOptions {
  /** Default all but `channel`, which is for farms whose channels are told apart. */
  readonly families?: readonly FaultFamily[]
  /** None begins before. Default 8 s: the farm is up by then. */
  readonly fromMs?: number
  /** Everything is healed by then. */
  readonly untilMs: number
}

interface Hand {
  readonly random: Random
  readonly masters: readonly NodeId[]
  readonly agents: readonly NodeId[]
  readonly blades: readonly BladeId[]
  /** Hit again and again: one fault seldom shows what two on one blade do. */
  readonly favourites: readonly BladeId[]
  readonly accounts: readonly { readonly account: string; readonly capacity: number }[]
}

/** Two clocks may differ by a hundredth (pair/master-lease.ts), so each by half of it. */
const driftMax = 0.005
const defaultFromMs = 8_000

export function drawFaults(seed: number, config: FarmConfig, options: DrawOptions): FaultSchedule {
  const random = createSeededRandom(seed).fork('faults')
  const blades = bladesOf(config).map(({ blade }) => blade)
  const hand: Hand = {
    random,
    masters: mastersOf(config),
    agents: agentsOf(config).map(({ node }) => node),
    blades,
    favourites: [pick(random, blades), pick(random, blades)],
    accounts: config.accounts.map(({ id: account, groups: [first] }) => ({ account, capacity: capacityOf(first) })),
  }
  const allowed = options.families ?? usualFamilies
  const chosen = allowed.filter(() => random.next() < 0.6)
  const families = chosen.length > 0 ? chosen : [pick(random, allowed)]
  const meanGapMs = 1_000 * 40 ** random.next()
  const faults: Fault[] = []
  const { fromMs = defaultFromMs, untilMs } = options
  for (let atMs = fromMs; ; ) {
    atMs = whole(atMs - Math.log(1 - random.next()) * meanGapMs)
    if (atMs >= untilMs) return faults
    const { act, forMs } = drawAct(hand, pick(random, families))
    faults.push({ atMs, forMs: forMs && Math.min(forMs, untilMs - atMs), ...act })
  }
}

function capacityOf(group: FarmConfig['accounts'][number]['groups'][number] | undefined): number {
  return (group?.roles ?? []).reduce((sum, { max, ratePerBlade }) => sum + max * ratePerBlade, 0)
}

interface Drawn {
  readonly act: FaultAct
  readonly forMs: number | null
}

function drawAct(hand: Hand, family: FaultFamily): Drawn {
  switch (family) {
    case 'network':
      return drawNetwork(hand)
    case 'channel':
      return drawChannel(hand)
    case 'process':
      return drawProcess(hand)
    case 'disk':
      return drawDisk(hand)
    case 'board':
      return drawBoard(hand)
    case 'clock':
      return drawClock(hand)
    case 'load': {
      const { account, capacity } = pick(hand.random, hand.accounts)
      const ratePerSecond = Math.round(hand.random.next() ** 2 * capacity)
      return { act: { kind: 'load', account, ratePerSecond }, forMs: lasting(hand.random, 2_000, 60_000) }
    }
    default:
      return family satisfies never
  }
}

function drawNetwork(hand: Hand): Drawn {
  const { random } = hand
  const forMs = lasting(random, 50, 20_000)
  const between = random.next() < 0.5 ? null : drawLink(hand)
  const kind = pick(random, ['cut', 'cut', 'cut', 'lose', 'repeat', 'reorder', 'delay'] as const)
  if (kind === 'delay') {
    const maxMs = whole(10 ** (random.next() * 2.5))
    return { act: { kind, minMs: whole(random.next() * maxMs), maxMs, between }, forMs }
  }
  if (kind !== 'cut') return { act: { kind, ratio: hundredths(random.next() ** 2 * 0.6), between }, forMs }
  const [from, to] = drawLink(hand)
  const isOneWay = random.next() < 0.4
  const all = random.next() < 0.3
  const [one, other] = random.next() < 0.5 ? [from, to] : [to, from]
  return { act: { kind, from: one, to: all ? 'all' : other, isOneWay }, forMs }
}

function drawChannel({ random }: Hand): Drawn {
  const forMs = lasting(random, 50, 30_000)
  if (random.next() < 0.6) return { act: { kind: 'cutChannel', channel: pick(random, channelNames) }, forMs }
  // From a bad cable to one that carries hardly a frame.
  const bitErrorRate = Number((10 ** (-6 + 3.5 * random.next())).toPrecision(2))
  return { act: { kind: 'noise', channel: pick(random, busNames), bitErrorRate }, forMs }
}

/** Of a star: one end is a master. */
function drawLink({ random, masters, agents }: Hand): readonly [NodeId, NodeId] {
  const master = pick(random, masters)
  const others = [...masters.filter((one) => one !== master), ...agents, balancerNode]
  return [master, pick(random, others)]
}

function drawProcess(hand: Hand): Drawn {
  const { random, masters, agents } = hand
  // Half of it hits the masters: they are what this is about.
  const node = random.next() < 0.5 ? pick(random, masters) : pick(random, [...agents, balancerNode])
  const kind = pick(random, ['crash', 'crash', 'pause', 'handover'] as const)
  if (kind === 'handover') return { act: { kind }, forMs: null }
  const forMs = lasting(random, 30, kind === 'pause' ? 10_000 : 20_000)
  if (kind === 'pause') return { act: { kind, node }, forMs }
  return { act: { kind, node, isNoticed: random.next() < 0.7 }, forMs }
}

function drawDisk(hand: Hand): Drawn {
  const { random, masters, agents } = hand
  const forMs = lasting(random, 100, 15_000)
  const fault = pick(random, ['full', 'failing', 'slow', 'slow'] as const)
  const node = random.next() < 0.5 ? pick(random, masters) : pick(random, [...agents, balancerNode])
  return { act: { kind: 'disk', node, fault }, forMs }
}

function drawBoard(hand: Hand): Drawn {
  const { random, blades, favourites } = hand
  const blade = pick(random, random.next() < 0.5 ? favourites : blades)
  if (random.next() < 0.4) return { act: { kind: 'kill', blade }, forMs: null }
  return { act: { kind: 'fault', fault: pick(random, boardFaultNames), blade }, forMs: lasting(random, 500, 20_000) }
}

function drawClock(hand: Hand): Drawn {
  const { random, masters, agents } = hand
  const node = pick(random, [...masters, ...agents])
  if (random.next() < 0.5) {
    const byMs = whole((random.next() - 0.5) * 2 * 10 ** (2 + random.next() * 4))
    return { act: { kind: 'jump', node, byMs }, forMs: null }
  }
  const ratio = Math.round((random.next() - 0.5) * 2 * driftMax * 1e5) / 1e5
  return { act: { kind: 'drift', node, ratio }, forMs: lasting(random, 5_000, 120_000) }
}

/** Evenly over the orders of magnitude: what lasts as long as a lease, a retry or a move matters as much as what lasts long. */
function lasting(random: Random, minMs: number, maxMs: number): number {
  return whole(minMs * (maxMs / minMs) ** random.next())
}

const whole = (ms: number) => Math.round(ms)
const hundredths = (ratio: number) => Math.round(ratio * 100) / 100

function pick<T>(random: Random, list: readonly T[]): T {
  const found = list[Math.floor(random.next() * list.length)]
  if (found === undefined) throw new RangeError('nothing to pick from')
  return found
}
