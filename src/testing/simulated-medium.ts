// What a simulated network is made of: one channel between all its nodes, with the faults that it can have.
import type { NodeId } from '../protocol/ids.ts'
import type { DatagramChannel } from '../transport/redundant/datagram-channel.ts'
import type { ProcessLife } from './process-life.ts'

export interface NetworkFaults {
  readonly dropRatio: number
  readonly duplicateRatio: number
  /** Uniform between the two; frames of one direction stay in order unless reordered. */
  readonly delayMs: readonly [min: number, max: number]
  /** This share of frames is held back by up to four times the longest delay, and overtaken. */
  readonly reorderRatio: number
}

export interface NetworkCounters {
  sent: number
  delivered: number
  dropped: number
  duplicated: number
  reordered: number
}

export const noNetworkFaults: NetworkFaults = { dropRatio: 0, duplicateRatio: 0, delayMs: [0.1, 0.5], reorderRatio: 0 }

/** Of a process that is attached: its clock, and how it hears. */
export type MediumLife = Pick<ProcessLife, 'clock' | 'hear'>

export interface SimulatedMedium {
  readonly name: string
  readonly counters: Readonly<NetworkCounters>
  /** The next life of a node takes the place of the former one. */
  attach(node: NodeId, life: MediumLife): DatagramChannel
  /** Its process died. */
  detach(node: NodeId): void
  /** One way. */
  cut(from: NodeId, to: NodeId): void
  heal(from: NodeId, to: NodeId): void
  cutAll(): void
  healAll(): void
  /** What is not named stays; what a medium cannot do (a bus delays nothing) does nothing. */
  setFaults(faults: Partial<NetworkFaults>, between?: readonly [NodeId, NodeId]): void
  /** How likely one bit is to reach one node wrong; nothing where there are no bits. */
  setNoise(bitErrorRate: number): void
}
