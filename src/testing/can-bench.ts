// Figures of the CAN channel, all of a bus that is simulated to the bit: they are the same on every machine.
//
// - Goodput: what a full bus carries, beside what the lengths of the very same frames allow.
// - Responses: the budget of a full cabinet with heartbeats at 10 Hz, every blade raising alarms at 10 Hz, eight moves at once, both
//   masters asking for the lease; of every message the longest time that was seen beside the worst that the analysis knows.
// - Loads at rest: of a cabinet and of backbones, seen and computed (computed: every frame as long as it can be).
import { createSeededRandom } from '../drivers/seeded-random.ts'
import {
  type BusPlan,
  backboneMessages,
  cabinetMessages,
  type PlannedMessage,
  reportBuses,
} from '../transport/can/bus-load.ts'
import type { CanFrame } from '../transport/can/can-bus.ts'
import { bitsMs, frameBits, intermissionBits } from '../transport/can/frame-bits.ts'
import { createMemoryBus } from '../transport/can/memory-bus.ts'
import { responseTimes } from '../transport/can/response-times.ts'
import { playTraffic } from './can-traffic.ts'
import { createVirtualClock } from './virtual-clock.ts'

const bitRate = 1_000_000
const dataBitRate = 5_000_000
const seed = 1

/** More than a node has frames: its most urgent one is in every contest, as the analysis has it. */
const mailboxesEnough = 256
/** As backends have them. */
const mailboxesFew = 3
const goodputGoal = 0.97
const loadGoal = 0.1

export function benchCan(isQuick: boolean) {
  const classic = goodput(false, isQuick ? 20_000 : 200_000)
  const fd = goodput(true, isQuick ? 20_000 : 100_000)
  const seen = responses(isQuick ? 50_000 : 1_000_000, mailboxesEnough)
  const seenWithFew = responses(isQuick ? 50_000 : 200_000, mailboxesFew)
  const cabinet = loadAtRest('cabinet', 1, isQuick)
  const backbones = [10, 26].map((cabinets) => ({
    cabinets,
    ...loadAtRest('backbone', cabinets, isQuick),
    ...atMost(cabinets),
  }))
  const goals: Readonly<Record<string, boolean>> = {
    'goodput, classic': classic.ratio >= goodputGoal,
    'goodput, FD': fd.ratio >= goodputGoal,
    responses: seen.isWithin,
    'load at rest': cabinet.loadComputed <= loadGoal && cabinet.loadSeen <= cabinet.loadComputed,
  }
  return {
    bitRate,
    dataBitRate,
    goodput: { goalRatio: goodputGoal, classic, fd },
    responses: seen,
    responsesWithThreeMailboxes: seenWithFew,
    cabinetAtRest: { goalMax: loadGoal, ...cabinet },
    backbones,
    missed: Object.keys(goals).filter((goal) => !goals[goal]),
  }
}

/** Three nodes that always have something to send. */
export function goodput(isFd: boolean, framesMax: number) {
  const clock = createVirtualClock()
  const random = createSeededRandom(seed)
  const bus = createMemoryBus({ clock, random, name: 'can0', bitRate, dataBitRate, isFd })
  const content = random.fork('content')
  let [frames, bytes, limitMs, endMs] = [0, 0, 0, 0]
  const begunMs = clock.monotonic()
  for (const node of [1, 2, 3]) {
    const controller = bus.attach(`n${node}`)
    const offer = () => {
      while (controller.send(frameOf(node, isFd, () => content.next())) === 'accepted');
    }
    controller.start({
      received() {},
      sent(frame) {
        frames += 1
        bytes += frame.data.length
        const { nominal, fast } = frameBits(frame)
        limitMs += bitsMs({ nominal: nominal + intermissionBits, fast }, bitRate, dataBitRate)
        endMs = clock.monotonic()
        if (frames < framesMax) offer()
      },
      stateChanged() {},
    })
    offer()
  }
  while (frames < framesMax) clock.runNext()
  const seenMs = endMs - begunMs
  return {
    frames,
    bytesPerSecond: Math.round((bytes * 1_000) / seenMs),
    limitBytesPerSecond: Math.round((bytes * 1_000) / limitMs),
    ratio: rounded(limitMs / seenMs),
  }
}

/**
 * `isWithin`: no message was ever later than the analysis says.
 * @param mailboxes of each controller. With few of them what is less urgent can lie in all of them, and hold up its own node
 */
export function responses(framesMin: number, mailboxes: number) {
  const messages = cabinetMessages(planOf(1), 32).map((message) => ({
    ...message,
    // A queue on a virtual clock is not late.
    jitterMs: 0,
    periodMs: message.trafficClass === 'heartbeat' ? 100 : message.periodMs,
  }))
  const played = playTraffic({
    messages,
    isFd: false,
    bitRate,
    seed,
    mailboxes,
    framesMin,
    roundMs: 10_000,
    restMs: 2_000,
  })
  const bounds = new Map(responseTimes(messages, { bitRate }).map(({ message, responseMs }) => [message, responseMs]))
  const seen = messages.map((message, index) => ({
    message,
    seenMs: played.longestMs[index] ?? 0,
    boundMs: bounds.get(message) ?? Number.POSITIVE_INFINITY,
  }))
  const classes = [...Map.groupBy(seen, ({ message }) => message.trafficClass)].map(([trafficClass, all]) => {
    const worst = all.reduce((one, other) => (other.seenMs / other.boundMs > one.seenMs / one.boundMs ? other : one))
    return {
      trafficClass,
      message: worst.message.name,
      seenMs: rounded(worst.seenMs),
      boundMs: worst.boundMs,
      ratio: rounded(worst.seenMs / worst.boundMs),
    }
  })
  const isWithin = seen.every(({ seenMs, boundMs }) => seenMs <= boundMs)
  const { frames, simulatedMs, load } = played
  return { frames, simulatedSeconds: simulatedMs / 1_000, load: rounded(load), isWithin, classes }
}

function loadAtRest(bus: 'cabinet' | 'backbone', cabinets: number, isQuick: boolean) {
  const plan = planOf(cabinets)
  const all: readonly PlannedMessage[] = bus === 'cabinet' ? cabinetMessages(plan, 32) : backboneMessages(plan)
  const messages = all.filter(({ isAtRest }) => isAtRest)
  const roundMs = isQuick ? 10_000 : 60_000
  const played = playTraffic({
    messages,
    isFd: false,
    bitRate,
    seed,
    mailboxes: mailboxesFew,
    framesMin: 1,
    roundMs,
    restMs: 0,
  })
  const computed = reportBuses(plan).find((report) => report.bus === (bus === 'cabinet' ? 'c01' : bus))
  return { loadSeen: rounded(played.load), loadComputed: rounded(computed?.loadAtRest ?? Number.NaN) }
}

function atMost(cabinets: number) {
  const backbone = reportBuses(planOf(cabinets)).find(({ bus }) => bus === 'backbone')
  return { loadMax: rounded(backbone?.loadMax ?? Number.NaN), late: backbone?.late.length }
}

/** Full cabinets, as a configuration has it that says nothing else. */
function planOf(cabinetCount: number): BusPlan {
  const cabinets = Array.from({ length: cabinetCount }, (_, index) => ({
    id: `c${String(index + 1).padStart(2, '0')}`,
    slots: 32,
  }))
  return { cabinets, masterCount: 2, leaseMs: 1_000, movesMax: 8, isFd: false, bitRate }
}

function frameOf(node: number, isFd: boolean, draw: () => number): CanFrame {
  const data = Uint8Array.from({ length: isFd ? 64 : 8 }, () => Math.floor(draw() * 256))
  return { id: (Math.floor(draw() * 0x20_0000) << 8) | node, isExtended: true, isFd, isBitRateSwitched: isFd, data }
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
