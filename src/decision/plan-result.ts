// What a weighing returns: moves to dispatch, wishes that were not met and why, and the memory for the next one.
import type { MoveStep } from '../protocol/board.ts'
import type { BladeId, GroupId, NodeId, RoleId } from '../protocol/ids.ts'
import type { MoveCause, Placement, Reason } from '../protocol/messages.ts'
import type { PlanMemory } from './plan-memory.ts'

export interface PlanResult {
  /** In the order in which they were decided; at most one a blade. */
  readonly moves: readonly PlannedMove[]
  readonly turnedDown: readonly TurnedDown[]
  readonly memory: PlanMemory
  /** A blade, scrubbed and in the pool, that a site master is to run on from now on. */
  readonly seat: Seat | null
  readonly decidedIndex: number
  /** What was weighed, one sentence a pass that had something to do. */
  readonly reasons: readonly Reason[]
}

export interface PlannedMove {
  readonly blade: BladeId
  /** The group that it leaves; null from the pool. */
  readonly from: GroupId | null
  readonly fromRole: RoleId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly steps: readonly MoveStep[]
  readonly rollback: readonly MoveStep[]
  /** Never empty. */
  readonly why: readonly Reason[]
}

export interface Seat {
  readonly master: NodeId
  readonly blade: BladeId
  /** Where it was. */
  readonly former: BladeId
}

export interface TurnedDown {
  readonly group: GroupId
  readonly role: RoleId
  /** Blades that were wanted and not found. */
  readonly count: number
  readonly reason: Reason
}
