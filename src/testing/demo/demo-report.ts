// What came of the demonstration, as one JSON object.
import type { Answer } from '../../ports/result.ts'
import type { MoveStep } from '../../protocol/board.ts'
import type { BladeId, GroupId, MoveId, RoleId } from '../../protocol/ids.ts'
import { quantileMs } from '../../protocol/latency-histogram.ts'
import type { MessageOf, MoveCause } from '../../protocol/messages.ts'
import type { FarmEvent } from '../../runtime/farm-control.ts'
import type { MoveRecord } from '../../runtime/farm-status.ts'
import type { DemoWorld } from './demo-world.ts'

export interface DemoReport {
  readonly scenario: string
  readonly seed: number
  readonly moves: readonly ReportedMove[]
  readonly failures: readonly ReportedFailure[]
  readonly requests: Readonly<Record<string, ReportedRequests>>
  readonly invariantsViolated: readonly string[]
}

export interface ReportedMove {
  readonly id: MoveId
  readonly blade: BladeId
  /** Null from the pool. */
  readonly from: GroupId | null
  /** Null into the pool; a warm blade is in the pool. */
  readonly to: GroupId | null
  readonly role: RoleId | null
  readonly cause: MoveCause
  readonly outcome: MoveRecord['outcome']
  readonly warmFor: GroupId | null
  /** ms since the epoch. */
  readonly decidedAt: number
  /** When it reached where it was to go; null while it is on the way, or when it never came. */
  readonly joinedAt: number | null
  /** ms by step, attempts added up. */
  readonly phases: Readonly<Partial<Record<MoveStep, number>>>
}

export interface ReportedFailure {
  readonly blade: BladeId
  /** From the kill to the site master's knowledge of it; null when it never knew. */
  readonly detectedMs: number | null
  /** From the kill to the join of the blade that took its place; null when none did. */
  readonly replacedMs: number | null
  /** Of the move that replaced it. */
  readonly cause: MoveCause | null
}

export interface ReportedRequests {
  readonly sent: number
  readonly ok: number
  readonly failed: number
  readonly refused: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface Kill {
  readonly blade: BladeId
  readonly at: number
}

export interface Gathered {
  readonly scenario: string
  readonly seed: number
  readonly moves: readonly string[]
  readonly kills: readonly Kill[]
  readonly failed: readonly FarmEvent[]
  readonly violations: readonly string[]
}

export function gatherReport(world: DemoWorld, gathered: Gathered, finished: Answer<DemoReport>): void {
  const { scenario, seed, kills, failed } = gathered
  explainAll(world, gathered.moves, [], (records) => {
    if (!records.ok) {
      finished(records)
      return
    }
    world.load((load) => {
      if (!load.ok) {
        finished(load)
        return
      }
      finished({
        ok: true,
        value: {
          scenario,
          seed,
          moves: records.value.map(reportedMove),
          failures: kills.map((kill) => reportedFailure(kill, failed, records.value)),
          requests: requestsOf(load.value),
          invariantsViolated: gathered.violations,
        },
      })
    })
  })
}

function explainAll(
  world: DemoWorld,
  [next, ...rest]: readonly string[],
  records: readonly MoveRecord[],
  answer: Answer<readonly MoveRecord[]>,
): void {
  if (next === undefined) {
    answer({ ok: true, value: [...records].sort((a, b) => (a.move < b.move ? -1 : 1)) })
    return
  }
  world.explain(next, (found) => {
    if (found.ok) explainAll(world, rest, [...records, found.value], answer)
    else answer(found)
  })
}

export function reportedMove(record: MoveRecord): ReportedMove {
  const { move, blade, from, to, cause, outcome, decidedAt, joinedAt, steps } = record
  const phases: Partial<Record<MoveStep, number>> = {}
  for (const { step, beganAt, endedAt } of steps)
    if (endedAt !== null) phases[step] = Math.round(((phases[step] ?? 0) + endedAt - beganAt) * 1000) / 1000
  return {
    id: move,
    blade,
    from,
    to: to.kind === 'group' ? to.group : null,
    role: to.kind === 'cold' ? null : to.role,
    cause,
    outcome,
    warmFor: to.kind === 'warm' ? to.group : null,
    decidedAt,
    joinedAt,
    phases,
  }
}

function reportedFailure(
  { blade, at }: Kill,
  failed: readonly FarmEvent[],
  records: readonly MoveRecord[],
): ReportedFailure {
  const detected = failed.find((event) => event.blade === blade && event.at >= at)
  const replacing = records.find(
    ({ cause, decidedAt, joinedAt, to }) =>
      (cause === 'failure' || cause === 'repair') && decidedAt >= at && joinedAt !== null && to.kind === 'group',
  )
  return {
    blade,
    detectedMs: detected ? Math.round(detected.at - at) : null,
    replacedMs: replacing?.joinedAt ? Math.round(replacing.joinedAt - at) : null,
    cause: replacing?.cause ?? null,
  }
}

export function requestsOf({ accounts }: MessageOf<'load.report'>): Record<string, ReportedRequests> {
  return Object.fromEntries(
    accounts.map(({ account, sent, ok, failed, refused, latency }) => {
      const at = (q: number) => Math.round((quantileMs(latency, q) ?? 0) * 10) / 10
      return [account, { sent, ok, failed, refused, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }]
    }),
  )
}
