// What a site master last heard, as opposed to what it decided: readings of the boards, traffic of the groups, measured boot times.
// It is filled as words come in, belongs to no cell, and survives none: after a restart it is polled anew.
import type { BoardStatus } from '../protocol/board.ts'
import { boardDigest } from '../protocol/board-digest.ts'
import type { BladeId, GroupId, NodeId, RoleId } from '../protocol/ids.ts'
import { addHistogram, emptyHistogram, type LatencyHistogram, quantileMs } from '../protocol/latency-histogram.ts'
import type { Member, MemberList, MessageOf } from '../protocol/messages.ts'
import { UsageMeters } from './usage-meters.ts'

/** Over about two seconds of reports. */
export interface Traffic {
  readonly arrivedPerSecond: number
  readonly refusedPerSecond: number
  readonly failedPerSecond: number
  readonly inFlight: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

type Report = MessageOf<'balancer.report'>

const reportsKept = 4
/** Until one was measured. */
const bootMsGuess = 2_000
const suspendFirstMs = 5_000
const suspendMaxMs = 600_000
/** Weight of the newest measurement. */
const bootWeight = 0.3

export class SitePicture {
  /** Of the present leadership; 0 before it. */
  epoch = 0
  /** Since it was written down last. */
  readonly usage = new UsageMeters()
  private readonly statuses = new Map<BladeId, { status: BoardStatus; digest: number; firstAt: number; at: number }>()
  private readonly strikes = new Map<string, { count: number; untilMs: number }>()
  private readonly nodes = new Map<NodeId, number>()
  private readonly lists = new Map<GroupId, { members: readonly Member[]; at: number }>()
  private readonly reports = new Map<GroupId, Report[]>()
  private readonly boots = new Map<string, number>()

  /** @param digest of the facts, where it is known already */
  noteStatus(status: BoardStatus, at: number, digest = boardDigest(status)): void {
    const firstAt = this.statuses.get(status.blade)?.firstAt ?? at
    this.statuses.set(status.blade, { status, digest, firstAt, at })
  }

  /** Of the facts that were heard last. */
  digestOf(blade: BladeId): number | undefined {
    return this.statuses.get(blade)?.digest
  }

  statusOf(blade: BladeId): BoardStatus | undefined {
    return this.statuses.get(blade)?.status
  }

  /** When the board was heard last; undefined before the first word. */
  heardAt(blade: BladeId): number | undefined {
    return this.statuses.get(blade)?.at
  }

  firstHeardAt(blade: BladeId): number | undefined {
    return this.statuses.get(blade)?.firstAt
  }

  noteListed({ group, members }: MemberList, at: number): void {
    this.lists.set(group, { members, at })
  }

  /** Whom the balancer serves the group with; undefined when it has not said since. */
  listedSince(group: GroupId, since: number): readonly Member[] | undefined {
    const said = this.lists.get(group)
    return said !== undefined && said.at >= since ? said.members : undefined
  }

  linkUp(node: NodeId, incarnation: number): void {
    this.nodes.set(node, incarnation)
  }

  linkLost(node: NodeId): void {
    this.nodes.delete(node)
  }

  isUp(node: NodeId): boolean {
    return this.nodes.has(node)
  }

  peers(): readonly NodeId[] {
    return [...this.nodes.keys()]
  }

  noteReport(report: Report): void {
    this.usage.note(report)
    const kept = [...(this.reports.get(report.group) ?? []), report].slice(-reportsKept)
    this.reports.set(report.group, kept)
  }

  trafficOf(group: GroupId): Traffic | null {
    const reports = this.reports.get(group) ?? []
    const last = reports.at(-1)
    if (last === undefined) return null
    const latency: LatencyHistogram = emptyHistogram()
    let failed = 0
    let refused = 0
    for (const report of reports) {
      refused += report.refused
      for (const member of report.members) {
        addHistogram(latency, member.latency)
        failed += member.failed
        refused += member.refused
      }
    }
    const seconds = reports.reduce((sum, { periodMs }) => sum + periodMs, 0) / 1000
    return {
      arrivedPerSecond: reports.reduce((sum, { arrived }) => sum + arrived, 0) / seconds,
      refusedPerSecond: refused / seconds,
      failedPerSecond: failed / seconds,
      inFlight: last.members.reduce((sum, { inFlight }) => sum + inFlight, 0),
      p50Ms: quantileMs(latency, 0.5) ?? 0,
      p95Ms: quantileMs(latency, 0.95) ?? 0,
      p99Ms: quantileMs(latency, 0.99) ?? 0,
    }
  }

  /** A move to a role ended. Failures in a row suspend the role, each longer; the first one is chance. */
  noteOutcome(roleKey: string, isDone: boolean, at: number): void {
    if (isDone) {
      this.strikes.delete(roleKey)
      return
    }
    const count = (this.strikes.get(roleKey)?.count ?? 0) + 1
    const waitMs = count < 2 ? 0 : Math.min(suspendMaxMs, suspendFirstMs * 4 ** (count - 2))
    this.strikes.set(roleKey, { count, untilMs: at + waitMs })
  }

  isSuspended(roleKey: string, now: number): boolean {
    return now < (this.strikes.get(roleKey)?.untilMs ?? 0)
  }

  noteBoot(group: GroupId, role: RoleId, bootMs: number): void {
    const key = `${group}/${role}`
    const before = this.boots.get(key)
    this.boots.set(key, before === undefined ? bootMs : before + bootWeight * (bootMs - before))
  }

  bootMsOf(group: GroupId, role: RoleId): number {
    return this.boots.get(`${group}/${role}`) ?? bootMsGuess
  }
}
