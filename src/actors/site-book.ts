// What a site master knows by configuration: its boards, its groups, and the personality of each role (R04). Read only.
import type { Capacity } from '../accounts/admission.ts'
import type { SlaTerms } from '../accounts/sla-terms.ts'
import type { LocalDecisionConfig } from '../decision/local-decision-state.ts'
import type { PlanLimits } from '../decision/plan-input.ts'
import type { BootPointers, MoveStep } from '../protocol/board.ts'
import type { BladeId, GroupId, NodeId, RoleId, SiteId } from '../protocol/ids.ts'
import type { QuarantineBackoff } from './quarantines.ts'

export interface SiteBook {
  readonly site: SiteId
  /** The master that reads it. */
  readonly node: NodeId
  readonly balancer: NodeId
  readonly longitude: number
  readonly blades: readonly BookBlade[]
  readonly groups: readonly BookGroup[]
  readonly limits: PlanLimits
  readonly thresholds: LocalDecisionConfig
  /** Fuzzy rules as text. */
  readonly rules: string
  readonly tickMs: number
  readonly quarantine: QuarantineBackoff
  /** Between two entries of what accounts used. */
  readonly usageMs: number
  /** The agreements of the configuration. */
  readonly agreements: readonly Agreement[]
  readonly capacity: Capacity
  readonly automation: 'act' | 'advise'
  readonly attemptMax: number
  readonly deadlinesMs: Readonly<Record<MoveStep, number>>
  /** Without a word from its board for this long a blade is unreachable. */
  readonly heartbeatMs: number
  /** Where site masters run by configuration; empty when they run beside the farm (R47). */
  readonly masterBlades: Readonly<Record<NodeId, BladeId>>
  readonly replaceMasterAfterMs: number
}

export interface Agreement {
  readonly account: string
  readonly terms: SlaTerms
}

export interface BookBlade {
  readonly blade: BladeId
  readonly boardType: string
  readonly cabinet: string
  readonly agent: NodeId
}

export interface BookGroup {
  readonly group: GroupId
  readonly account: string
  readonly port: number
  readonly priority: number
  readonly responseLimitMs: number
  readonly roles: readonly BookRole[]
}

export interface BookRole {
  readonly role: RoleId
  readonly pointers: BootPointers
  readonly volumes: readonly string[]
  readonly networks: readonly string[]
  readonly boardTypes: readonly string[]
  readonly committed: number
  readonly initial: number
  readonly max: number
  readonly warm: number
  readonly ratePerBlade: number
}

export function bookBlade(book: SiteBook, blade: BladeId): BookBlade | undefined {
  return book.blades.find((one) => one.blade === blade)
}

export function bookGroup(book: SiteBook, group: GroupId): BookGroup | undefined {
  return book.groups.find((one) => one.group === group)
}

export function bookRole(book: SiteBook, group: GroupId, role: RoleId): BookRole | undefined {
  return bookGroup(book, group)?.roles.find((one) => one.role === role)
}
