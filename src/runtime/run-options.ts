// What each process of a site needs to run, as ports: a real process and the simulator hand in different ones and run the same code.
import type { Observation } from '../actors/actor-system.ts'
import type { ErrorCode } from '../errors.ts'
import type { LoanBook } from '../machines/loan-book.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { HostBoard } from '../ports/host-board.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { Log } from '../ports/log.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Random } from '../ports/random.ts'
import type { Answer } from '../ports/result.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { Store } from '../ports/store.ts'
import type { Transport } from '../ports/transport.ts'
import type { BoardStatus } from '../protocol/board.ts'
import type { BladeId, GroupId, NodeId, SiteId } from '../protocol/ids.ts'
import type { JournalRecord } from '../store/journal-record.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import type { FarmControl } from './farm-control.ts'
import type { ProcessStatus } from './farm-status.ts'

export interface NodePorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly transport: Transport
}

interface NodeOptions<Ports extends NodePorts> {
  readonly site: SiteId
  readonly node: NodeId
  /** Grows with each life of this node (R44). */
  readonly incarnation: number
  readonly ports: Ports
  /** It cannot go on (its journal fails, another master leads): the process should end. Once. */
  readonly ended?: (why: string, code?: ErrorCode) => void
  /** Sees every event of every cell: for tools and for the simulator's invariants. */
  readonly observe?: (observation: Observation) => void
}

export interface MasterOptions extends NodeOptions<NodePorts & { readonly disk: Disk; readonly store: Store }> {
  readonly config: FarmConfig
  /** The site masters of this site, itself among them, in the order in which they come to lead. */
  readonly masters: readonly NodeId[]
  /** Text of the fuzzy rules. */
  readonly rules: string
  /** Digest of every image that a role names. */
  readonly imageDigests: Readonly<Record<string, string>>
  /** Who brokers between sites; default nobody. */
  readonly coordinator?: { readonly site: SiteId; readonly node: NodeId }
  /** Sees each record once it may be acted on, in order, here and in the other master: for the simulator's invariants. */
  readonly observeRecords?: (records: readonly JournalRecord[]) => void
  /** The processes of the site as far as they are known here. `isUp` of others is filled in from their links. */
  readonly processes: () => readonly Omit<ProcessStatus, 'isUp'>[]
}

/** A process of the site that runs. */
export interface Running {
  /** Ordered; blades go on running. */
  stop(stopped: () => void): void
}

export interface RunningMaster extends Running, FarmControl {
  /** Whoever started that life of the other master saw it end: its lease need not be waited for. */
  peerExited(node: NodeId, incarnation: number): void
}

export interface AgentOptions extends NodeOptions<NodePorts & { readonly disk: Disk }> {
  /** A board says what is this often; default boardHeartbeatMs. Well below unreachableAfterMs (site-book-of.ts). */
  readonly heartbeatMs?: number
  readonly boards: readonly BoardPorts[]
}

/** What the gate of one blade drives. */
export interface BoardPorts {
  readonly blade: BladeId
  readonly board: HostBoard
  readonly network: NetworkSwitch
  readonly storage: StorageSwitch
}

export interface BalancerOptions
  extends NodeOptions<NodePorts & { readonly disk: Disk; readonly loadBalancer: LoadBalancer }> {
  readonly groups: readonly GroupId[]
  /** Between two reports of what was measured; default defaultReportPeriodMs (run-balancer.ts). */
  readonly reportPeriodMs?: number
}

export interface CoordinatorOptions extends NodeOptions<NodePorts> {
  /** Which master speaks for which site: nobody else is believed. Node names are unique over all sites that are linked here. */
  readonly masters: Readonly<Record<NodeId, SiteId>>
}

export interface RunningAgent extends Running {
  /** What a board of its says, as it was read last. Undefined before it was, and of a blade that is not its. */
  statusOf(blade: BladeId): BoardStatus | undefined
}

export interface RunningCoordinator extends Running {
  status(): LoanBook & { readonly state: string }
}

/** Each answers `ready` once: it runs, or why not. */
export type RunMaster = (options: MasterOptions, ready: Answer<RunningMaster>) => void
export type RunAgent = (options: AgentOptions, ready: Answer<RunningAgent>) => void
export type RunBalancer = (options: BalancerOptions, ready: Answer<Running>) => void
export type RunCoordinator = (options: CoordinatorOptions, ready: Answer<RunningCoordinator>) => void
