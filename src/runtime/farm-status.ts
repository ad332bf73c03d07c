// What a site master says of its farm: to operators, to embedders, to the live view. Plain JSON, complete, never a secret.
import type { BladeLifecycle } from '../decision/plan-input.ts'
import type { ChannelReport } from '../ports/transport.ts'
import type { CommandOrder, MoveStep } from '../protocol/board.ts'
import type { BladeId, DecisionId, GroupId, MoveId, NodeId, RoleId, SiteId } from '../protocol/ids.ts'
import type { Member, MoveCause, Placement, Reason } from '../protocol/messages.ts'

export interface FarmStatus {
  readonly site: SiteId
  /** ms since the epoch. */
  readonly at: number
  readonly master: MasterStatus
  /** What a person should look at, while it is so. */
  readonly alarms: readonly AlarmStatus[]
  /** The channels of this master, in the order of preference. */
  readonly channels: readonly ChannelReport[]
  /** Every process of the site that this master knows, itself first. */
  readonly processes: readonly ProcessStatus[]
  readonly blades: readonly BladeStatus[]
  readonly groups: readonly GroupStatus[]
  /** Under way, oldest first. */
  readonly moves: readonly MoveStatus[]
  /** The newest, newest first, at most 20. */
  readonly decisions: readonly DecisionSummary[]
  readonly counters: Readonly<Record<string, number>>
}

export interface MasterStatus {
  readonly node: NodeId
  readonly state: string
  readonly epoch: number
  /** Entries in its journal. */
  readonly journalIndex: number
  readonly automation: 'act' | 'advise'
  /**
   * paired: its peer has everything that it acts on. alone: it acts without (its peer is away or lags, or there is none by
   * configuration). marking, joining, clearing: on its way from one to the other. following: it does not lead.
   */
  readonly redundancy: 'paired' | 'marking' | 'alone' | 'joining' | 'clearing' | 'following'
  /** How long it ran without a peer that has everything. Null when it does not lead, or is alone by configuration. */
  readonly withoutRedundancy: WithoutRedundancy | null
  /** Boards of which a majority decides who leads. */
  readonly voters: readonly BladeId[]
  /** Why it does not lead; null when there is nothing to say. */
  readonly why: string | null
}

/** Over all leaders, as far back as the journal goes. */
export interface WithoutRedundancy {
  /** ms since the epoch; null while there is redundancy. */
  readonly since: number | null
  readonly times: number
  /** Of the last time that is over; null before the first. */
  readonly lastMs: number | null
  /** The present time included, as in totalMs. */
  readonly longestMs: number
  readonly totalMs: number
}

export interface AlarmStatus {
  readonly alarm: 'STORM_BRAKE' | 'NO_REDUNDANCY'
  /** ms since the epoch. */
  readonly since: number
  readonly text: string
  readonly whatToDo: string
}

export interface ProcessStatus {
  readonly node: NodeId
  readonly kind: 'master' | 'agent' | 'balancer' | 'load' | 'other'
  /** Null when it is on another machine, or not known. */
  readonly pid: number | null
  readonly isUp: boolean
}

export interface BladeStatus {
  readonly blade: BladeId
  readonly boardType: string
  readonly cabinet: string
  readonly lifecycle: BladeLifecycle
  /** Whose it is; null in the pool. */
  readonly group: GroupId | null
  readonly role: RoleId | null
  /** The group that a warm blade is booted for. */
  readonly preparedFor: GroupId | null
  readonly move: MoveId | null
  readonly isReachable: boolean
  readonly isCordoned: boolean
  /** The site master that runs on it; null for none. */
  readonly carries: NodeId | null
  readonly hasReceipt: boolean
  /** When it got its present assignment, ms since the epoch. */
  readonly since: number
  readonly quarantineReason: string | null
  /** What its board said last; null before it said anything. */
  readonly board: BoardFacts | null
}

export interface BoardFacts {
  readonly power: 'on' | 'off'
  readonly pid: number | null
  readonly address: string | null
  readonly image: string | null
  /** Group of its boot pointers. */
  readonly pointersGroup: GroupId | null
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  readonly formerGroup: GroupId | 'unknown' | null
  readonly cpuRatio: number
  readonly memoryBytes: number
}

export interface GroupStatus {
  readonly group: GroupId
  readonly account: string
  /** State of its machine: judging, steady, requesting, offering, held. */
  readonly state: string
  /** Balanced port. */
  readonly port: number
  readonly responseLimitMs: number
  readonly isHeld: boolean
  readonly roles: readonly RoleStatus[]
  readonly members: readonly Member[]
  readonly version: CommandOrder
  /** Over the last reports of the balancer (about two seconds); null before the first. */
  readonly traffic: TrafficStatus | null
}

export interface RoleStatus {
  readonly role: RoleId
  readonly committed: number
  readonly max: number
  /** Blades kept warm for it by configuration. */
  readonly warm: number
  /** Belonging to it, those on their way included. */
  readonly held: number
  /** Serving. */
  readonly joined: number
  /** Last word of its local decision; null before the first. */
  readonly wish: {
    readonly kind: 'request' | 'offer' | 'steady'
    readonly desired: number
    readonly wish: number
  } | null
}

export interface TrafficStatus {
  readonly arrivedPerSecond: number
  readonly refusedPerSecond: number
  readonly failedPerSecond: number
  readonly inFlight: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface MoveStatus {
  readonly move: MoveId
  readonly blade: BladeId
  readonly from: GroupId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly decidedAt: number
  /** Step in hand; null between steps. */
  readonly step: MoveStep | null
  readonly attempt: number
  readonly isRollingBack: boolean
}

export interface DecisionSummary {
  readonly decision: DecisionId
  readonly at: number
  /** One line for people. */
  readonly text: string
  readonly moves: readonly MoveId[]
}

/** What `explain <move>` shows. Kept after the move ended. */
export interface MoveRecord {
  readonly kind: 'move'
  readonly move: MoveId
  readonly decision: DecisionId
  readonly blade: BladeId
  readonly from: GroupId | null
  readonly fromRole: RoleId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly decidedAt: number
  /** When it entered the group (or the pool, for a move to the pool); null until then. */
  readonly joinedAt: number | null
  readonly endedAt: number | null
  readonly outcome: 'done' | 'rolledBack' | 'quarantined' | null
  readonly trouble: string | null
  readonly why: readonly Reason[]
  readonly steps: readonly StepRecord[]
}

export interface StepRecord {
  readonly step: MoveStep
  readonly attempt: number
  readonly isRollback: boolean
  readonly beganAt: number
  /** Null while it runs. */
  readonly endedAt: number | null
  /** `done`, `interrupted`, `STEP_TIMED_OUT`, or the code of its failure. */
  readonly result: string | null
}

/** What `explain <decision>` shows. */
export interface DecisionRecord {
  readonly kind: 'decision'
  readonly decision: DecisionId
  readonly at: number
  readonly decidedIndex: number
  /** False in advisory mode: nothing was dispatched. */
  readonly isActed: boolean
  readonly moves: readonly {
    readonly move: MoveId | null
    readonly blade: BladeId
    readonly from: GroupId | null
    readonly to: Placement
    readonly cause: MoveCause
    readonly why: readonly Reason[]
  }[]
  readonly turnedDown: readonly {
    readonly group: GroupId
    readonly role: RoleId
    readonly count: number
    readonly reason: Reason
  }[]
  readonly reasons: readonly Reason[]
  /** The picture that was weighed (PlanInput), enough to weigh again. */
  readonly input: unknown
  /** By the clock of the one that weighed; null where what it was made from is not kept. */
  readonly weighedAt: number | null
}
