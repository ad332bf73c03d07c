// Datagrams on one CAN bus, as Cyphal messages: a subject for each lane, so that a lane keeps to one priority. A message goes to everybody on the bus;
// its first byte says whom it is for, the next two how long it is (an FD frame ends with zeros that nobody sent).
//
// Each bus has a node of its own here, with transfer-ids of its own, although both carry the same number: whether a datagram that came over both
// buses was heard twice is for the link to know, by its sequence. So there is no bus that is listened to and one that is not, and no time to wait
// before the other one counts.
//
// Every node says twice a second that it is there, by Cyphal's heartbeat (subject 7509); a peer that was not heard for three periods is not
// there, and a bus on which nobody was heard is cut.
import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { NodeId } from '../../protocol/ids.ts'
import type { CanBus } from '../can/can-bus.ts'
import { createCyphalNode } from '../can/cyphal-node.ts'
import {
  type RegisterHandlers,
  type StandardServices,
  type StandardServicesOptions,
  startStandardServices,
} from '../can/standard-services.ts'
import {
  type DatagramChannel,
  type DatagramHandlers,
  datagramBytesMax,
  noRefusals,
  type Traffic,
} from './datagram-channel.ts'

export interface CanChannelOptions {
  readonly bus: CanBus
  /** Bits per second, nominal: for the load. */
  readonly bitRate: number
  readonly clock: Clock
  readonly self: NodeId
  /** This node's number, and everybody's. */
  readonly number: number
  readonly numbers: ReadonlyMap<NodeId, number>
  /** For tools that ask who this is: the site, say. */
  readonly domain?: string
  /** What tools can read of it; nothing by default. */
  readonly registers?: RegisterHandlers
  /** What comes of commands of tools; by default there are none. */
  readonly execute?: StandardServicesOptions['execute']
}

/** Free subjects; bulk is never more urgent than what people wait for. */
export const canSubjects: Readonly<Record<Traffic, number>> = {
  session: 3_000,
  control: 3_001,
  normal: 3_002,
  status: 3_003,
  bulk: 3_004,
}
/** Of one priority the lower node number wins the bus: without acknowledgements above commands a master would talk down its agents. */
export const canPriorities: Readonly<Record<Traffic, number>> = {
  session: 2,
  control: 3,
  status: 4,
  normal: 5,
  bulk: 7,
}
/** Nothing is more urgent on a link than what acts, and its acknowledgement: those never wait for what does not. */
export const canUrgentPriorityMax = canPriorities.control
/** Of this protocol, for tools that ask (GetInfo). */
const versions = { hardware: [1, 0], software: [1, 0], revision: 0n } as const
/** A repeat is on its way by then. */
const lifetimeMs: Readonly<Record<Traffic, number>> = {
  session: 200,
  control: 300,
  status: 500,
  normal: 500,
  bulk: 1_000,
}
export const canHeadBytes = 3
export const canHeartbeatMs = 500
const silentPeriodsMax = 3

export function createCanChannel(options: CanChannelOptions): DatagramChannel {
  const { bus, bitRate, clock, self, number, numbers, registers, execute, domain = 'site' } = options
  const node = createCyphalNode({
    ...{ node: number, buses: [bus], clock, periodMs: canHeartbeatMs },
    urgentPriorityMax: canUrgentPriorityMax,
  })
  const names = new Map([...numbers].map(([peer, one]) => [one, peer]))
  const heardMs = new Map<number, number>()
  const load = createLoad(clock, bitRate, () => bus.counters().busyBits)
  let handlers: DatagramHandlers | undefined
  let services: StandardServices | undefined

  function listenTo(subject: number): void {
    const payloadBytesMax = canHeadBytes + datagramBytesMax
    // What is for others is not even put together.
    const interest = { payloadBytesMax, transferIdTimeoutMs: 2 * canHeartbeatMs, firstByte: number }
    node.subscribe(subject, interest, ({ source, payload }) => {
      if (source !== undefined) datagramArrived(source, payload)
    })
  }

  function datagramArrived(source: number, payload: Uint8Array): void {
    const [to, high, low] = payload
    const peer = names.get(source)
    heardMs.set(source, clock.monotonic())
    if (to !== number || peer === undefined || high === undefined || low === undefined) return
    const length = high * 256 + low
    if (payload.length >= canHeadBytes + length)
      handlers?.received(peer, payload.subarray(canHeadBytes, canHeadBytes + length))
  }

  function isHeard(peer: NodeId): boolean {
    const its = numbers.get(peer)
    const since = clock.monotonic() - silentPeriodsMax * canHeartbeatMs
    if (its === undefined) return false
    if ((heardMs.get(its) ?? Number.NEGATIVE_INFINITY) >= since) return true
    return services?.peers().some((one) => one.node === its && one.heardMs >= since) ?? false
  }

  return {
    name: bus.name,
    kind: 'can',
    start(given) {
      handlers = given
      for (const subject of Object.values(canSubjects)) listenTo(subject)
      services = startStandardServices({
        ...{
          node,
          clock,
          heartbeatPeriodMs: canHeartbeatMs,
          information: { ...versions, uniqueId: idOf(`${domain} ${self}`), name: `bladewright.${domain}.${self}` },
          ...(registers && { registers }),
          ...(execute && { execute }),
        },
        status() {
          load.look()
          return { health: 'nominal', mode: 'operational', vendorStatus: 0 }
        },
      })
      node.start()
    },
    send(peer, bytes, traffic) {
      const to = numbers.get(peer)
      if (to === undefined || bytes.length > datagramBytesMax) return 'refused'
      const payload = new Uint8Array(canHeadBytes + bytes.length)
      payload[0] = to
      payload[1] = bytes.length >> 8
      payload[2] = bytes.length & 0xff
      payload.set(bytes, canHeadBytes)
      const how = { priority: canPriorities[traffic], lifetimeMs: lifetimeMs[traffic] }
      return node.publish(canSubjects[traffic], payload, how) === 'queued' ? 'accepted' : 'refused'
    },
    isHealthy: (peer) => bus.state() !== 'off' && isHeard(peer),
    health() {
      const [health] = node.health()
      const state = health?.state ?? 'off'
      return {
        state: state === 'active' ? (health?.isHealthy ? 'healthy' : 'unheard') : state,
        silentMs: health?.silentMs ?? null,
        queueAgeMs: health?.oldestMs ?? 0,
        load: load.share(),
        statistics: health?.statistics ?? [],
      }
    },
    // Whoever speaks out of turn on a bus cannot be shown the door.
    refusals: () => noRefusals,
    stop(stopped) {
      services?.stop()
      handlers = undefined
      node.stop(stopped)
    },
  }
}

/** The same for ever, and nobody else's. */
function idOf(name: string): Uint8Array {
  return createHash('sha256').update(`bladewright ${name}`).digest().subarray(0, 16)
}

/** Share of the bit times since the look before the last one. */
function createLoad(clock: Clock, bitRate: number, busyBits: () => number) {
  let last = { atMs: clock.monotonic(), bits: 0 }
  let share: number | null = null
  return {
    look(): void {
      const atMs = clock.monotonic()
      const bits = busyBits()
      const ms = atMs - last.atMs
      if (ms > 0) share = Math.min(1, (bits - last.bits) / ((ms * bitRate) / 1_000))
      last = { atMs, bits }
    },
    share: () => share,
  }
}
