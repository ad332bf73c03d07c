// What operators and embedders can ask of a running site master. One interface, served over the control port (control-server.ts)
// and handed out by startFarm.
//
// A command is answered once: when what it did is durable and known to whoever may lead next, or at once when it is refused. A master
// that loses its lease meanwhile, or whose journal does not take it, answers OUTCOME_UNKNOWN: it may be done, or not. Every command may
// be repeated: what is done already is not done twice.

import type { AuditReport } from '../accounts/audit.ts'
import type { Invoice } from '../accounts/invoice.ts'
import type { Recommendation } from '../accounts/recommend.ts'
import type { Difference, SlaVersion } from '../accounts/sla-book.ts'
import type { RulesVersion } from '../actors/rule-versions.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { MoveStep } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId, NodeId, RoleId } from '../protocol/ids.ts'
import type { MoveCause, Placement, Reason } from '../protocol/messages.ts'
import type { DecisionRecord, FarmStatus, MoveRecord } from './farm-status.ts'

/** Which of the site masters this is, and whether it leads. */
export interface MasterRole {
  readonly node: NodeId
  readonly state: string
  readonly epoch: number
  /** By its own clock, now: one that stood still says in its first moment that it leads, and does not hold the lease. */
  readonly holdsLease: boolean
}

export interface FarmControl {
  role(): MasterRole
  status(): FarmStatus
  /** A move (`mv-…`) or a decision (`d-…`). RECORD_UNKNOWN. */
  explain(id: string): Result<MoveRecord | DecisionRecord>
  /**
   * To a group; `role` may be left out when the group has one. A dry run changes nothing.
   * BLADE_UNKNOWN, GROUP_UNKNOWN, BLADE_BUSY, BLADE_CORDONED, BLADE_UNREACHABLE, BLADE_UNSUITABLE, COMMITMENT_BROKEN, NOT_LEADING.
   */
  move(
    blade: BladeId,
    group: GroupId,
    options: { readonly role?: RoleId; readonly dryRun?: boolean },
    answer: Answer<MoveAnswer>,
  ): void
  /** Cordons the blade and moves it to the cold pool. Errors as `move`. */
  drain(blade: BladeId, options: { readonly dryRun?: boolean }, answer: Answer<MoveAnswer>): void
  /** A cordoned blade is never chosen by the plan. BLADE_UNKNOWN, NOT_LEADING. */
  cordon(blade: BladeId, on: boolean, answer: Answer<void>): void
  /** Lets a quarantined blade back: it is scrubbed before anything else. BLADE_UNKNOWN, BLADE_UNSUITABLE when it is not quarantined, NOT_LEADING. */
  release(blade: BladeId, answer: Answer<void>): void
  /** A held group neither gives nor takes by itself. GROUP_UNKNOWN, NOT_LEADING. */
  hold(group: GroupId, on: boolean, answer: Answer<void>): void
  /** Lets the storm brake go: the blades that it counts are lost, and are replaced. NO_STORM, NOT_LEADING. */
  unbrake(answer: Answer<{ readonly lost: readonly BladeId[] }>): void
  /**
   * The other master leads from now on: for maintenance, without a gap. Answered when this one has let go. `epoch`: only the master
   * that leads in it lets go, so that a repeated command does not hand back; default whichever is asked. NOT_LEADING, NOT_PAIRED.
   */
  handover(options: { readonly epoch?: number }, answer: Answer<MasterRole>): void
  /**
   * Lead although records are missing, because whoever has them will not come back. Answered when it leads. LOSS_NOT_NEEDED when nothing
   * keeps it from leading.
   */
  adopt(answer: Answer<MasterRole>): void
  /** What was agreed with an account: every version, oldest first, and which is in effect. ACCOUNT_UNKNOWN. */
  sla(account: string): Result<SlaStatus>
  /**
   * New terms from an instant on (default: at once), if the farm can keep them (R37). A dry run says what would change and whether it would
   * be admitted. ACCOUNT_UNKNOWN, SLA_INVALID, SLA_REFUSED, NOT_LEADING.
   */
  setSla(account: string, proposal: SlaProposal, answer: Answer<SlaAnswer>): void
  /** The account agrees to pay up to so much (hundredths) in the period that runs. ACCOUNT_UNKNOWN, NOT_LEADING. */
  consent(account: string, upTo: number, answer: Answer<void>): void
  /** Its invoices, oldest first; the last one is of the period that runs, up to now. ACCOUNT_UNKNOWN. */
  bill(account: string): Result<readonly Invoice[]>
  /** What it should agree to next. ACCOUNT_UNKNOWN. */
  recommend(account: string): Result<readonly Recommendation[]>
  /** The ledger, recomputed from the journal and compared to the byte. Takes its time, in slices. */
  audit(answer: Answer<AuditReport>): void
  /** The fuzzy rules: every version that is kept, oldest first; the last one is in force. */
  rules(): readonly RulesVersion[]
  /** New rules, in force within a weighing; or a former version anew. RULES_INVALID, NOT_LEADING. */
  setRules(proposal: RulesProposal, answer: Answer<RulesAnswer>): void
  /** Public events as they happen. Returns how to stop. */
  subscribe(listener: (event: FarmEvent) => void): () => void
}

/** One of both. */
export interface RulesProposal {
  readonly text?: string
  readonly rollbackTo?: number
  readonly dryRun?: boolean
}

export interface RulesAnswer {
  /** The version that is in force, or would be. */
  readonly version: number
  /** How many rules it has. */
  readonly rules: number
}

export interface SlaStatus {
  readonly account: string
  /** Version in effect; 0 for none yet. */
  readonly inEffect: number
  readonly versions: readonly SlaVersion[]
}

export interface SlaProposal {
  /** Terms (accounts/sla-terms.ts), or the number of a former version to go back to. */
  readonly terms: unknown
  readonly rollbackTo?: number
  /** ms since the epoch, not in the past; default: at once. */
  readonly effectiveAt?: number
  readonly dryRun?: boolean
}

export interface SlaAnswer {
  readonly account: string
  /** The version that it became, or would. */
  readonly version: number
  readonly effectiveAt: number
  readonly changes: readonly Difference[]
  /** That not everybody who is guaranteed a blade could have it at once; a floor, for accounts are taken to be independent. */
  readonly shortage: number
}

export interface MoveAnswer {
  /** Null for a dry run, and when there is nothing to move. */
  readonly move: MoveId | null
  readonly blade: BladeId
  readonly from: GroupId | null
  readonly to: Placement
  readonly cause: MoveCause
  readonly steps: readonly MoveStep[]
  /** What comes when a step fails for good. */
  readonly rollback: readonly MoveStep[]
  readonly why: readonly Reason[]
  readonly warnings: readonly string[]
}

/** `type` is dotted and in the past tense: `move.began`, `move.step.ended`, `move.ended`, `blade.changed`, `blade.failed`, `decision.made`, `group.changed`, … */
export interface FarmEvent {
  readonly type: string
  readonly at: number
  readonly [field: string]: unknown
}
