// A Cyphal node on one CAN bus or two: messages to everybody, requests and their responses, over both buses alike.
// Every transfer goes out on all buses under the same transfer-id; what comes in is reassembled once, so that it arrives at most once
// whichever buses still work (specification v1.0, section 4.1.3; the rule is in cyphal/reassembler.ts).
//
// A bus on which nobody was heard for three periods counts as failed: a node that is alone on its wire is error-passive, but never
// bus-off (Bosch CAN 2.0B, chapter 8), so its controller does not say so.
// Handlers are called on the bus's stack and must not throw. Whoever sends is not proven: node ids can be claimed by anybody.
import type { Clock, Timer } from '../../ports/clock.ts'
import type { PriorityStatistics } from '../../ports/transport.ts'
import type { CanBus, CanCounters, CanFrame, CanState } from './can-bus.ts'
import { type CanQueue, createCanQueue } from './can-queue.ts'
import { encodeTransfer, problemOfTransfer } from './cyphal/encode-transfer.ts'
import { isAnonymous, isCyphalIdentifier, sourceOf } from './cyphal/identifier.ts'
import { createReassembler, type DropReason } from './cyphal/reassembler.ts'
import type { Interest, ReceivedTransfer } from './cyphal/session.ts'
import { type Transfer, transferIdModulo } from './cyphal/transfer.ts'

export interface CyphalNodeOptions {
  /** 0 to 127; nobody else on these buses has it. */
  readonly node: number
  /** One or two; on both are the same nodes. Not started; the node starts and stops them. */
  readonly buses: readonly CanBus[]
  readonly clock: Clock
  /** Somebody sends something at least this often. Higher: a cut bus is noticed later. Default 1000: what Cyphal's heartbeats guarantee. */
  readonly periodMs?: number
  /** Of each bus's queue; see can-queue.ts. */
  readonly framesMax?: number
  readonly urgentPriorityMax?: number
  /** See ReassemblerOptions. */
  readonly peerBytesMax?: number
  readonly peerSessionsMax?: number
}

export interface PublishOptions {
  /** 0 is the most urgent, 7 the least. A subject should keep to one. */
  readonly priority: number
  /** A status: of those with this key that wait on a bus, only the newest is sent. */
  readonly key?: string
  /** What is not sent by then is dropped. Default 1000. */
  readonly lifetimeMs?: number
}

export interface RequestOptions {
  readonly destination: number
  readonly priority: number
  readonly payload: Uint8Array
  readonly timeoutMs: number
  /** Default 1024. */
  readonly answerBytesMax?: number
}

/** `full`: no bus took it. `invalid`: it is on no bus (an id, a priority out of range). `busy`: 32 such requests wait already. */
export type Taken = 'queued' | 'full' | 'invalid' | 'busy'

export interface BusHealth {
  readonly name: string
  readonly state: CanState
  /** It sends, and somebody else was heard within three periods. */
  readonly isHealthy: boolean
  /** Since somebody else was heard, or since the start. */
  readonly silentMs: number
  /** Frames in the queue, and the age of the oldest. */
  readonly waiting: number
  readonly oldestMs: number
  /** By priority, 0 to 7. */
  readonly statistics: readonly Readonly<PriorityStatistics>[]
  readonly counters: Readonly<CanCounters>
}

export interface CyphalNode {
  readonly node: number
  start(): void
  /** Whoever waits for a response is told that there is none. */
  stop(stopped: () => void): void
  publish(subject: number, payload: Uint8Array, options: PublishOptions): Taken
  /** In place of whoever subscribed to it before. Returns what ends it. */
  subscribe(subject: number, interest: Interest, received: (transfer: ReceivedTransfer) => void): () => void
  /** `respond` may be called later; only its first call counts. */
  serve(service: number, interest: Interest, serve: Server): void
  /** `answered` is called once, if it is taken: with undefined when no response came in time. */
  request(service: number, options: RequestOptions, answered: (response: ReceivedTransfer | undefined) => void): Taken
  health(): readonly BusHealth[]
  /** Frames that were dropped, by reason. */
  readonly drops: Readonly<Record<DropReason, number>>
  /** Frames of somebody else under our own node id. */
  readonly collisions: number
}

export type Server = (request: ReceivedTransfer, respond: (payload: Uint8Array) => Taken) => void

const silentPeriodsMax = 3
const lifetimeMsDefault = 1000
const answerBytesMaxDefault = 1024

interface Line {
  readonly bus: CanBus
  readonly queue: CanQueue
  heardMs: number
}

interface Pending {
  readonly timer: Timer
  answered(response: ReceivedTransfer | undefined): void
}

export function createCyphalNode(options: CyphalNodeOptions): CyphalNode {
  const { node, buses, clock, periodMs = 1000 } = options
  const lines = buses.map((bus): Line => ({ bus, queue: createCanQueue({ ...options, bus }), heardMs: 0 }))
  const subscriptions = new Map<number, { interest: Interest; received: (transfer: ReceivedTransfer) => void }>()
  const services = new Map<number, { interest: Interest; serve: Server }>()
  const asked = new Map<number, Interest>()
  const pending = new Map<string, Pending>()
  /** Next transfer-id of each session; they are never forgotten (section 4.1.1.6). */
  const counters = new Map<string, number>()
  let collisions = 0

  const reassembler = createReassembler({
    ...options,
    interestIn(kind, port) {
      if (kind === 'message') return subscriptions.get(port)?.interest
      return kind === 'request' ? services.get(port)?.interest : asked.get(port)
    },
  })

  function received(index: number, frame: CanFrame, atMs: number): void {
    const line = lines[index]
    if (line) line.heardMs = atMs
    if (frame.isExtended && isCyphalIdentifier(frame.id) && !isAnonymous(frame.id) && sourceOf(frame.id) === node) {
      collisions += 1
      return
    }
    const transfer = reassembler.accept(frame, index, atMs)
    if (transfer) deliver(transfer)
  }

  function deliver(transfer: ReceivedTransfer): void {
    const { kind, port, source = 0, transferId } = transfer
    if (kind === 'message') subscriptions.get(port)?.received(transfer)
    else if (kind === 'response') settle(pendingKey(port, source, transferId), transfer)
    else services.get(port)?.serve(transfer, respondOnce(transfer))
  }

  function respondOnce({ port, source, priority, transferId }: ReceivedTransfer) {
    let isAnswered = false
    return (payload: Uint8Array): Taken => {
      if (isAnswered) return 'invalid'
      isAnswered = true
      const response = { kind: 'response', port, source: node, destination: source, priority, transferId } as const
      return send({ ...response, payload }, { priority })
    }
  }

  function settle(key: string, response: ReceivedTransfer | undefined): void {
    const one = pending.get(key)
    if (!one) return
    pending.delete(key)
    one.timer.cancel()
    one.answered(response)
  }

  function send(transfer: Transfer, { priority, key, lifetimeMs = lifetimeMsDefault }: PublishOptions): Taken {
    if (problemOfTransfer(transfer, 8) !== undefined) return 'invalid'
    const encoded = new Map<number, CanFrame[]>()
    let taken: Taken = 'full'
    for (const { bus, queue } of lines) {
      const frames = encoded.get(bus.dataBytesMax) ?? encodeTransfer(transfer, bus.dataBytesMax)
      encoded.set(bus.dataBytesMax, frames)
      if (queue.offer(frames, { priority, lifetimeMs, ...(key !== undefined && { key }) }) === 'queued')
        taken = 'queued'
    }
    return taken
  }

  /** Taken only by what is on a bus at all: a number that nobody can use takes no room. */
  function nextTransferId(session: string): number {
    return (counters.get(session) ?? 0) % transferIdModulo
  }

  function numbered(session: string, taken: Taken, transferId: number): Taken {
    if (taken !== 'invalid') counters.set(session, (transferId + 1) % transferIdModulo)
    return taken
  }

  function publish(subject: number, payload: Uint8Array, how: PublishOptions): Taken {
    const session = `m${subject}`
    const transferId = nextTransferId(session)
    const { priority } = how
    const header = {
      kind: 'message',
      port: subject,
      source: node,
      destination: undefined,
      priority,
      transferId,
    } as const
    return numbered(session, send({ ...header, payload }, how), transferId)
  }

  function request(
    service: number,
    { destination, priority, payload, timeoutMs, answerBytesMax = answerBytesMaxDefault }: RequestOptions,
    answered: (response: ReceivedTransfer | undefined) => void,
  ): Taken {
    const session = `r${service} ${destination}`
    const transferId = nextTransferId(session)
    const key = pendingKey(service, destination, transferId)
    if (pending.has(key)) return 'busy'
    const header = { kind: 'request', port: service, source: node, destination, priority, transferId } as const
    const taken = numbered(session, send({ ...header, payload }, { priority, lifetimeMs: timeoutMs }), transferId)
    if (taken !== 'queued') return taken
    asked.set(service, { payloadBytesMax: answerBytesMax, transferIdTimeoutMs: 0 })
    pending.set(key, { timer: clock.setTimer(timeoutMs, () => settle(key, undefined)), answered })
    return taken
  }

  function healthOf({ bus, queue, heardMs }: Line): BusHealth {
    const state = bus.state()
    const silentMs = clock.monotonic() - heardMs
    const isHealthy = state !== 'off' && silentMs <= silentPeriodsMax * periodMs
    const { waiting, statistics } = queue
    const { name } = bus
    return {
      name,
      state,
      isHealthy,
      silentMs,
      waiting,
      oldestMs: queue.oldestMs(),
      statistics,
      counters: bus.counters(),
    }
  }

  return {
    node,
    start() {
      for (const [index, line] of lines.entries()) {
        const { sent, stateChanged } = line.queue
        line.heardMs = clock.monotonic()
        line.bus.start({ received: (frame, atMs) => received(index, frame, atMs), sent, stateChanged })
        stateChanged(line.bus.state())
      }
    },
    stop(stopped) {
      for (const key of [...pending.keys()]) settle(key, undefined)
      let running = lines.length
      for (const { bus, queue } of lines) {
        queue.clear()
        bus.stop(() => {
          running -= 1
          if (running === 0) stopped()
        })
      }
    },
    publish,
    subscribe(subject, interest, handle) {
      const subscription = { interest, received: handle }
      subscriptions.set(subject, subscription)
      return () => {
        if (subscriptions.get(subject) === subscription) subscriptions.delete(subject)
      }
    },
    serve(service, interest, serve) {
      services.set(service, { interest, serve })
    },
    request,
    health: () => lines.map(healthOf),
    drops: reassembler.drops,
    get collisions() {
      return collisions
    },
  }
}

function pendingKey(service: number, node: number, transferId: number): string {
  return `${service} ${node} ${transferId}`
}
