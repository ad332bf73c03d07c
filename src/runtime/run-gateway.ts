// The process of a gateway: a Cyphal node on the bus of its cabinet and one on the backbone, what passes between them (cabinet-relay.ts), and the actor
// that decides whether it forwards. It keeps nothing: after a crash it listens, and forwards as soon as it knows that nobody else does.
import type { CellSpec } from '../actors/child-spec.ts'
import { createActorSystem } from '../actors/create-actor-system.ts'
import { gatewayPeriodMs, implementGateway } from '../actors/implement-gateway.ts'
import type { GatewayEvent, GatewayInput, GatewaySide } from '../machines/gateway-machine.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { NodeId, SiteId } from '../protocol/ids.ts'
import {
  allSilent,
  type CabinetStates,
  encodeChanges,
  encodeWhole,
  type SlotState,
  slotCountMax,
} from '../transport/can/cabinet-digest.ts'
import {
  backboneSubjects,
  cabinetSubjects,
  createCabinetRelay,
  type RelayCounters,
  type RelayedTransfer,
} from '../transport/can/cabinet-relay.ts'
import type { CanBus } from '../transport/can/can-bus.ts'
import { createCyphalNode } from '../transport/can/cyphal-node.ts'
import { provided } from './provided.ts'

export interface GatewayOptions {
  readonly site: SiteId
  readonly node: NodeId
  readonly incarnation: number
  readonly cabinet: string
  /** Of the cabinet in the configuration, from 0. */
  readonly index: number
  readonly slots: number
  /** Cyphal node number, on both sides. */
  readonly number: number
  readonly isPaired: boolean
  readonly buses: Readonly<Record<GatewaySide, readonly CanBus[]>>
  readonly ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }
  readonly ended?: (why: string) => void
}

export interface RunningGateway {
  state(): string
  counters(): Readonly<Record<GatewaySide, Readonly<RelayCounters>>>
  stop(stopped: () => void): void
}

const path = 'gateway'
const sides = ['cabinet', 'backbone'] as const
/** Between the gateways of a cabinet. */
const presenceSubject = cabinetSubjects.up + 2
/** Of cabinet n: plus 2 n. */
export const digestSubject = backboneSubjects.up + 1_000
const heartbeat = { subject: 7_509, priority: 4, bytes: 7, everyMs: 500, silentMs: 3_000 }
const digestEveryMs = 1_000
const presence = { priority: 3, lifetimeMs: gatewayPeriodMs }
/** Longer than any datagram of a link with its heads. */
const relayedBytesMax = 1_100

export function runGateway(options: GatewayOptions): RunningGateway {
  const { site, node, incarnation, cabinet, index, slots, number, isPaired, buses, ports } = options
  const { clock, random, log } = ports
  const nodes = {
    cabinet: createCyphalNode({ node: number, buses: buses.cabinet, clock, periodMs: heartbeat.everyMs }),
    backbone: createCyphalNode({ node: number, buses: buses.backbone, clock, periodMs: heartbeat.everyMs }),
  }
  const end = (side: GatewaySide) => ({
    publish: (subject: number, priority: number, payload: Uint8Array) =>
      nodes[side].publish(subject, payload, { priority }) === 'queued' ? ('accepted' as const) : ('full' as const),
  })
  const relay = createCabinetRelay({
    cabinet: index,
    slots,
    ends: { cabinet: end('cabinet'), backbone: end('backbone') },
  })
  const system = createActorSystem({
    ...{ site, node, incarnation, clock, random, log, route: () => 'refused' },
    onPublish({ type, ...facts }) {
      log.info(type, facts)
      if (type === 'system.failed') options.ended?.('its actors failed')
    },
  })
  const input: GatewayInput = { cabinet, number, isPaired }
  const cell: CellSpec = { kind: 'cell', id: path, machine: provided(implementGateway(system.effects, relay)), input }
  system.start({ kind: 'supervisor', id: '', strategy: 'oneForOne', children: [cell] })
  const tell = (event: GatewayEvent) => system.tell(path, event)

  // — what is heard —————————————————————————————————————————————————————————————————————————————

  const heard = new Map<number, { atMs: number; health: number }>()
  const isUp = { cabinet: true, backbone: true }
  let states: CabinetStates = allSilent
  let sequence = 0
  let wholeAtMs = Number.NEGATIVE_INFINITY
  let looks = 0
  let looking: Timer | undefined
  const startedMs = clock.monotonic()

  function relayed(side: GatewaySide, subject: number): void {
    const interest = { payloadBytesMax: relayedBytesMax, transferIdTimeoutMs: 2 * heartbeat.everyMs }
    nodes[side].subscribe(subject, interest, ({ source, priority, payload }) => {
      if (source !== undefined) relay.heard(side, { subject, source, priority, payload } satisfies RelayedTransfer)
    })
  }

  function listen(): void {
    const short = { payloadBytesMax: heartbeat.bytes, transferIdTimeoutMs: 2 * heartbeat.everyMs }
    relayed('cabinet', cabinetSubjects.up)
    relayed('backbone', backboneSubjects.down + 2 * index)
    nodes.cabinet.subscribe(heartbeat.subject, short, ({ source = 0, payload }) => {
      if (source >= 1 && source <= slots) heard.set(source, { atMs: clock.monotonic(), health: payload[4] ?? 0 })
    })
    nodes.cabinet.subscribe(presenceSubject, short, ({ source, payload }) => {
      if (source !== undefined) tell({ type: 'gateway.peer.said', number: source, isForwarding: payload[0] === 1 })
    })
  }

  // — what is said, four times a second ———————————————————————————————————————————————————————————

  function look(): void {
    for (const side of sides) {
      const isSideUp = nodes[side].health().some(({ state, isHealthy }) => state !== 'off' && isHealthy)
      if (isSideUp === isUp[side]) continue
      isUp[side] = isSideUp
      tell({ type: isSideUp ? 'gateway.side.up' : 'gateway.side.down', side })
    }
    if (isPaired) nodes.cabinet.publish(presenceSubject, Uint8Array.of(relay.isOpen ? 1 : 0), presence)
    if (looks % (heartbeat.everyMs / gatewayPeriodMs) === 0) beat()
    if (relay.isOpen) sayDigest()
    looks += 1
    looking = clock.setTimer(gatewayPeriodMs, look)
  }

  function beat(): void {
    const bytes = new Uint8Array(heartbeat.bytes)
    new DataView(bytes.buffer).setUint32(0, Math.floor((clock.monotonic() - startedMs) / 1_000), true)
    const { priority, everyMs: lifetimeMs } = heartbeat
    for (const side of sides) nodes[side].publish(heartbeat.subject, bytes, { priority, lifetimeMs, key: 'heartbeat' })
  }

  function sayDigest(): void {
    const now = clock.monotonic()
    const before = states
    states = Array.from({ length: slotCountMax }, (_, slot) => stateOf(slot + 1, now))
    const isDue = now - wholeAtMs >= digestEveryMs
    const isChanged = states.some((state, slot) => state !== before[slot])
    if (!isDue && !isChanged) return
    sequence += 1
    const changes = isDue ? undefined : encodeChanges(sequence, before, states)
    if (changes === undefined) wholeAtMs = now
    const digest = changes ?? encodeWhole(sequence, states)
    nodes.backbone.publish(digestSubject + 2 * index, digest, { priority: 6, lifetimeMs: digestEveryMs })
  }

  function stateOf(slot: number, now: number): SlotState {
    const last = heard.get(slot)
    if (last === undefined || now - last.atMs > heartbeat.silentMs) return 'silent'
    return last.health === 0 ? 'nominal' : last.health >= 3 ? 'warning' : 'caution'
  }

  listen()
  for (const side of sides) nodes[side].start()
  look()

  return {
    state: () => String(system.snapshot(path)?.value ?? 'starting'),
    counters: () => relay.counters,
    stop(stopped) {
      looking?.cancel()
      system.stop(() => nodes.cabinet.stop(() => nodes.backbone.stop(stopped)))
    },
  }
}
