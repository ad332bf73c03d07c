// What the buses of a farm carry at most, and whether all of it comes in time: the messages of a cabinet's bus and of the backbone that
// joins the cabinets, as the configuration has them, through the analysis of response-times.ts.
//
// All at once: every blade raises an alarm as often as it may, all moves that may run are in one cabinet, both masters ask for the lease.
// The journal, lists and records go by WebSocket; of what is least urgent one frame may be in the way.
import { backboneSubjects, cabinetSubjects } from './cabinet-relay.ts'
import { urgentPriorityUsual } from './can-queue.ts'
import { encodeTransfer } from './cyphal/encode-transfer.ts'
import { heartbeatSubject } from './cyphal/heartbeat.ts'
import { encodeIdentifier, priorityOf, sourceOf } from './cyphal/identifier.ts'
import {
  type BusRates,
  describeLate,
  type ResponseTime,
  responseTimes,
  type TimedMessage,
  utilisationOfBus,
} from './response-times.ts'
import { queueingJitterMs, type TrafficClass, trafficClasses } from './traffic-classes.ts'
import type { FrameShape } from './worst-frame-bits.ts'

export interface BusPlan extends BusRates {
  /** Their blades, at most 32 each. */
  readonly cabinets: readonly { readonly id: string; readonly slots: number }[]
  readonly masterCount: number
  readonly leaseMs: number
  /** That may run at once. */
  readonly movesMax: number
  readonly isFd: boolean
}

export interface PlannedMessage extends TimedMessage {
  readonly trafficClass: string
  /** Nothing happens, and yet it is sent. */
  readonly isAtRest: boolean
}

export interface ClassReport {
  readonly trafficClass: string
  readonly priority: number
  readonly messages: number
  /** Of one transfer. */
  readonly frames: number
  /** Of the message that is late by most, or has least time to spare. */
  readonly deadlineMs: number
  readonly responseMs: number | null
}

export interface BusReport {
  /** `c01`, or `backbone`. */
  readonly bus: string
  readonly messages: number
  /** Share of the bus while nothing happens, every frame as long as it can be. */
  readonly loadAtRest: number
  /** All that may happen, at once and for ever. */
  readonly loadMax: number
  readonly classes: readonly ClassReport[]
  /** In words with numbers; empty when everything comes in time. */
  readonly late: readonly string[]
}

const votersMax = 9
const masterFirst = 33
/** The last in every contest of its priority. */
const toolNode = 127
const gatewayFirst = 100
/** Nodes 100 to 125. */
export const gatewayCountMax = 26
const renewalsPerLease = 5
/** It only grows, by whole frames: what has not settled by then has no end. */
const inversionRoundsMax = 50

/** The backbone, where there is more than one cabinet; then every cabinet. Throws RangeError for what has no node numbers. */
export function reportBuses(plan: BusPlan): readonly BusReport[] {
  const { cabinets } = plan
  if (cabinets.length > gatewayCountMax)
    throw new RangeError(
      `a backbone has node numbers for the gateways of ${gatewayCountMax} cabinets, not of ${cabinets.length}`,
    )
  const backbone = cabinets.length > 1 ? [reportOf('backbone', backboneMessages(plan), plan)] : []
  const bySlots = new Map<number, BusReport>()
  const buses = cabinets.map(({ id, slots }) => {
    const report = bySlots.get(slots) ?? reportOf(id, cabinetMessages(plan, slots), plan)
    bySlots.set(slots, report)
    return { ...report, bus: id, late: report.late.map((line) => line.replace(report.bus, id)) }
  })
  return [...backbone, ...buses]
}

/** Of one cabinet with so many blades. */
export function cabinetMessages(plan: BusPlan, slots: number): readonly PlannedMessage[] {
  const { up, down } = cabinetSubjects
  const masters = mastersOf(plan)
  // Without a backbone the masters are on this bus.
  const outside = plan.cabinets.length > 1 ? [gatewayFirst] : masters
  const speaker = (index: number) => outside[index] ?? gatewayFirst
  const nodes = Array.from({ length: slots }, (_, index) => index + 1)
  const voters = nodes.slice(0, Math.ceil(votersMax / plan.cabinets.length))
  const perMove = (trafficClass: TrafficClass) =>
    nodes
      .slice(0, plan.movesMax)
      .flatMap((node) => [
        messageOf(plan, trafficClass, `to blade ${node}`, down, speaker(0)),
        messageOf(plan, trafficClass, `from blade ${node}`, up, node),
      ])
  const perBlade = (trafficClass: TrafficClass, subject: number) =>
    nodes.map((node) => messageOf(plan, trafficClass, `of blade ${node}`, subject, node))
  return [
    ...perMove('order'),
    ...perBlade('alarm', up),
    ...masters.flatMap((_, index) => [
      messageOf(plan, 'lease', `asked by m${index + 1}`, down, speaker(index)),
      ...voters.map((node) => messageOf(plan, 'lease', `of blade ${node} to m${index + 1}`, up, node)),
    ]),
    ...perMove('control'),
    ...perBlade('heartbeat', heartbeatSubject),
    ...outside.map((node) => messageOf(plan, 'heartbeat', `of node ${node}`, heartbeatSubject, node)),
    ...perBlade('status', up),
    messageOf(plan, 'bulk', 'of anybody', up, toolNode),
  ]
}

export function backboneMessages(plan: BusPlan): readonly PlannedMessage[] {
  const { cabinets } = plan
  const blades = cabinets.reduce((sum, { slots }) => sum + slots, 0)
  const cabinetOfEach = (count: number) =>
    Array.from({ length: Math.min(count, blades) }, (_, index) => index % cabinets.length)
  const masters = mastersOf(plan)
  const perMove = (trafficClass: TrafficClass) =>
    cabinetOfEach(plan.movesMax).flatMap((cabinet, index) => [
      messageOf(plan, trafficClass, `of move ${index + 1}`, downTo(cabinet), masterFirst),
      messageOf(plan, trafficClass, `answered, of move ${index + 1}`, upFrom(cabinet), gatewayFirst + cabinet),
    ])
  const perGateway = (trafficClass: TrafficClass, subject: (cabinet: number) => number) =>
    cabinets.map(({ id }, cabinet) =>
      messageOf(plan, trafficClass, `of ${id}`, subject(cabinet), gatewayFirst + cabinet),
    )
  return [
    ...perMove('order'),
    // All states of a cabinet at once, however many blades are in trouble.
    ...perGateway('alarm', upFrom).map((one) => withBytes(plan, one, trafficClasses.digest.bytes)),
    ...masters.flatMap((master, index) => [
      messageOf(plan, 'lease', `asked by m${index + 1}`, downTo(0), master),
      ...cabinetOfEach(votersMax).map((cabinet, voter) =>
        messageOf(plan, 'lease', `of voter ${voter + 1} to m${index + 1}`, upFrom(cabinet), gatewayFirst + cabinet),
      ),
    ]),
    ...perMove('control'),
    ...perGateway('heartbeat', () => heartbeatSubject),
    ...masters.map((master, index) => messageOf(plan, 'heartbeat', `of m${index + 1}`, heartbeatSubject, master)),
    ...perGateway('digest', upFrom),
    ...perGateway('digest changes', upFrom),
    messageOf(plan, 'bulk', 'of anybody', downTo(0), toolNode),
  ]
}

function upFrom(cabinet: number): number {
  return backboneSubjects.up + 2 * cabinet
}

function downTo(cabinet: number): number {
  return backboneSubjects.down + 2 * cabinet
}

function mastersOf({ masterCount }: BusPlan): readonly number[] {
  return Array.from({ length: masterCount }, (_, index) => masterFirst + index)
}

function messageOf(
  plan: BusPlan,
  trafficClass: TrafficClass,
  whose: string,
  subject: number,
  source: number,
): PlannedMessage {
  const { priority, bytes, periodMs, deadlineMs, isAtRest } = trafficClasses[trafficClass]
  const header = { kind: 'message' as const, port: subject, source, destination: undefined, priority, transferId: 0 }
  const bare = {
    trafficClass,
    isAtRest,
    name: `${trafficClass} ${whose}`,
    id: encodeIdentifier(header, 0),
    periodMs: periodMs ?? plan.leaseMs / renewalsPerLease,
    jitterMs: queueingJitterMs,
    // Before it is asked for again: four renewals in a row may be lost.
    deadlineMs: deadlineMs ?? plan.leaseMs / renewalsPerLease,
    frames: [],
  }
  return withBytes(plan, bare, bytes)
}

function withBytes({ isFd }: BusPlan, message: PlannedMessage, bytes: number): PlannedMessage {
  return { ...message, frames: framesOf(bytes, isFd) }
}

/** Of a transfer with so many bytes. */
export function framesOf(bytes: number, isFd: boolean): readonly FrameShape[] {
  const frames = encodeTransfer(
    {
      kind: 'message',
      port: 0,
      source: 0,
      destination: undefined,
      priority: 0,
      transferId: 0,
      payload: new Uint8Array(bytes),
    },
    isFd ? 64 : 8,
  )
  return frames.map((frame) => ({ ...frame, dataBytes: frame.data.length }))
}

/**
 * Less urgent frames of a node can lie in all of its mailboxes: what is more urgent waits until one of them has won the bus, as if it
 * were queued so much later. The queue keeps the last mailbox for what is most urgent; that waits for its like only.
 */
function withInversion(
  messages: readonly PlannedMessage[],
  rates: BusRates,
  urgentPriorityMax: number,
): readonly ResponseTime<PlannedMessage>[] {
  let late = messages.map(() => 0)
  let found: readonly ResponseTime<PlannedMessage>[] = responseTimes(messages, rates)
  for (let round = 0; round < inversionRoundsMax; round += 1) {
    // All only grows: it is refused whatever else would be found.
    if (found.some(({ isInTime }) => !isInTime)) return found
    const next = messages.map((message) => inversionMs(message, found, urgentPriorityMax))
    if (next.every((ms, index) => ms <= (late[index] ?? 0))) return found
    late = next
    const delayed = messages.map((message, index) => ({ ...message, jitterMs: message.jitterMs + (next[index] ?? 0) }))
    found = responseTimes(delayed, rates)
  }
  return found.map((one) => ({ ...one, isInTime: false }))
}

function inversionMs(
  { id }: PlannedMessage,
  found: readonly ResponseTime<PlannedMessage>[],
  urgentPriorityMax: number,
): number {
  const isUrgent = priorityOf(id) <= urgentPriorityMax
  const inTheWay = found.filter(
    ({ message }) =>
      message.id > id &&
      sourceOf(message.id) === sourceOf(id) &&
      (!isUrgent || priorityOf(message.id) <= urgentPriorityMax),
  )
  return Math.max(0, ...inTheWay.map(({ frameMs }) => frameMs ?? 0))
}

/** What one bus carries, against what it has. @param urgentPriorityMax of the queues before it (can-queue.ts) */
export function reportOf(
  bus: string,
  messages: readonly PlannedMessage[],
  rates: BusRates,
  urgentPriorityMax = urgentPriorityUsual,
): BusReport {
  const found = withInversion(messages, rates, urgentPriorityMax)
  const atRest = messages.filter(({ isAtRest }) => isAtRest)
  const byClass = Map.groupBy(found, ({ message }) => message.trafficClass)
  return {
    bus,
    messages: messages.length,
    loadAtRest: utilisationOfBus(atRest, rates),
    loadMax: utilisationOfBus(messages, rates),
    classes: [...byClass.values()].map(classReport),
    late: found.filter(({ isInTime }) => !isInTime).map((one) => `${bus}: ${describeLate(one)}`),
  }
}

function classReport(found: readonly ResponseTime<PlannedMessage>[]): ClassReport {
  const spare = ({ message, responseMs }: ResponseTime) => message.deadlineMs - (responseMs ?? Number.POSITIVE_INFINITY)
  const worst = found.reduce((one, other) => (spare(other) < spare(one) ? other : one))
  const { trafficClass, frames, deadlineMs, id } = worst.message
  return {
    trafficClass,
    priority: priorityOf(id),
    messages: found.length,
    frames: frames.length,
    deadlineMs,
    responseMs: worst.responseMs,
  }
}
