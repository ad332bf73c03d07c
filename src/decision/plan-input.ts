// What a weighing rests on: a picture of the site at one instant, taken by the caller. Plain data, so that a decision record
// can hold it and replay it.
import type { BladeId, GroupId, MoveId, NodeId, RoleId } from '../protocol/ids.ts'
import type { Placement, Reason } from '../protocol/messages.ts'
import type { PlanMemory, ReclaimBackoff } from './plan-memory.ts'
import type { StormLimits, StormRelease } from './storm-brake.ts'

export interface PlanInput {
  readonly blades: readonly PlanBlade[]
  readonly roles: readonly PlanRole[]
  readonly limits: PlanLimits
  /** What the last weighing returned; `emptyPlanMemory` at first. */
  readonly memory: PlanMemory
  /** Journal index up to which the picture is complete. Copied to the result: orders decision records, decides nothing. */
  readonly decidedIndex: number
  /** What an operator said last of a storm. */
  readonly stormRelease?: StormRelease | null
  readonly vacancy?: Vacancy | null
}

/** The states of the blade machine. `unknown`: no word from its board yet, so nothing is done with it. */
export type BladeLifecycle =
  | 'unknown'
  | 'cold'
  | 'warm'
  | 'booting'
  | 'joining'
  | 'joined'
  | 'draining'
  | 'scrubbing'
  | 'failed'
  | 'quarantined'

export interface PlanBlade {
  readonly blade: BladeId
  readonly boardType: string
  readonly cabinet: string
  readonly lifecycle: BladeLifecycle
  /** Whose blade it is (also when it failed there); null in the pool. */
  readonly group: GroupId | null
  /** Its role in `group`, or the role that a warm blade is prepared for. */
  readonly role: RoleId | null
  /** The group that a warm blade is booted for; it belongs to no group. */
  readonly preparedFor: GroupId | null
  readonly inMove: { readonly move: MoveId; readonly to: Placement } | null
  readonly cordoned: boolean
  /** Scrubbed since its last group. Of a warm blade: scrubbed before it was prepared. */
  readonly hasReceipt: boolean
  /** When it got its present assignment. */
  readonly since: number
  /** Its board answers. */
  readonly reachable: boolean
  /** Its board was not heard of for so long that it counts as gone. One that is heard and has promised nothing yet is not silent. */
  readonly silent?: boolean
  /** R07: permanently cabled to its group, never taken from it. */
  readonly base?: boolean
  /** R47: the site master that runs on it; it is never anything else while it does. */
  readonly carries?: NodeId | null
}

/** The other site master is away, and the board of its server says that the server is dead. */
export interface Vacancy {
  readonly master: NodeId
  readonly former: BladeId
  /** Of the site master that leads. */
  readonly otherCabinet: string | null
}

/** One role of one group: the unit that has a level, asks and offers. */
export interface PlanRole {
  readonly group: GroupId
  readonly role: RoleId
  /** R04: board types that can carry the personality. */
  readonly boardTypes: readonly string[]
  readonly committed: number
  /** Level at the start of the site; above `committed` it is filled from the pool only. */
  readonly initial: number
  readonly max: number
  /** Above `committed`: guaranteed on request. Absent: none. */
  readonly expansion?: number
  /** Lending limit: what others take of it, and its offers, leave it so many. Absent: the committed level. */
  readonly keeps?: number
  /** R37: what its account may be given now, by its spend cap and growth-rate limit. */
  readonly cap?: { readonly level: number; readonly reason: Reason } | null
  /** How many blades are kept warm for it. */
  readonly warm: number
  /** 0..1, higher is served first. */
  readonly priority: number
  /** Held by an operator: neither gives nor takes by itself. */
  readonly operatorHeld: boolean
  /** The level of the start was reached once. */
  readonly initialised: boolean
  /** The standing word of its local decision; null when it said nothing yet. */
  readonly wish: StandingWish | null
}

export interface StandingWish {
  readonly kind: 'request' | 'offer' | 'steady'
  /**
   * How many blades the group wants to hold, as an absolute number: blades on their way when the wish was made must not be
   * asked for twice. Not looked at when steady.
   */
  readonly desired: number
  /** Of what is requested: so many are short now, and get warm blades first; the others have the time to boot. Absent: all. */
  readonly urgent?: number
  /** -1..1 */
  readonly wish: number
  readonly reasons: readonly Reason[]
  readonly at: number
}

export interface PlanLimits {
  /** Blades that boot at once, over the whole site. */
  readonly concurrentBootsMax: number
  /** Moves in flight at once, over the whole site. */
  readonly concurrentMovesMax: number
  /** A blade is not taken from a group before it was this long there. An offer and a broken commitment pass over it. */
  readonly minResidenceMs: number
  readonly reclaimBackoff: ReclaimBackoff
  /** Time without service, boots and fees of taking a blade from a group that did not offer it, as time. */
  readonly moveCostMs: number
  /** The time over which a move must earn its cost: (wish of the taker - wish of the giver) * horizonMs > moveCostMs. */
  readonly horizonMs: number
  /** How many may be lost at once before it is held to be a storm. */
  readonly stormBrake: StormLimits
}
