// Load and balancer by rates: what arrived in a period is spread over whoever served, and each member says what became of it, as the
// embedded proxy would have counted it. The decisions see the same figures; no request is played. For long runs with faults, in which
// nobody looks at a single request.
import type { OpenLoopLoad } from '../drivers/load/open-loop-load.ts'
import type { Clock } from '../ports/clock.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import { emptyHistogram, type LatencyHistogram, latencyBucketBoundsMs } from '../protocol/latency-histogram.ts'
import type { Member, MemberReport, MessageOf } from '../protocol/messages.ts'
import type { SimulatedLoadBalancer } from './simulated-load-balancer.ts'
import type { BulkServer } from './simulated-server.ts'
import type { BulkOutcome } from './simulated-service.ts'

export interface CoarseLoadOptions {
  readonly clock: Clock
  readonly server: BulkServer
  readonly groups: readonly GroupId[]
  readonly accounts: readonly { readonly account: string; readonly group: GroupId; readonly ratePerSecond: number }[]
  /** For the balancer to have checked its members. Default 1. */
  readonly checkMs?: number
  /** Until a draining member has answered what it had in hand. Default 40. */
  readonly drainMs?: number
}

type AccountTotals = MessageOf<'load.report'>['accounts'][number]

interface Listed {
  members: readonly Member[]
  totals: AccountTotals | undefined
  reportedMs: number
  /** Of a request: what is left of a rate that is no whole number a period. */
  rest: number
  /** Blades whose drain is under way, and of which list. */
  draining: Map<BladeId, string>
}

export function createCoarseLoad(options: CoarseLoadOptions): { balancer: SimulatedLoadBalancer; load: OpenLoopLoad } {
  const { clock, server, accounts, checkMs = 1, drainMs = 40 } = options
  const listeners: ((group: GroupId, blade: BladeId) => void)[] = []
  const totals = accounts.map(({ account, ratePerSecond }): AccountTotals => {
    const none = { sent: 0, ok: 0, failed: 0, refused: 0, latency: emptyHistogram() }
    return { account, ratePerSecond, ...none }
  })
  const groups = new Map(
    options.groups.map((group): [GroupId, Listed] => {
      const index = accounts.findIndex((one) => one.group === group)
      return [group, { members: [], totals: totals[index], reportedMs: 0, rest: 0, draining: new Map() }]
    }),
  )

  function isServing({ address, bootId, state }: Member, group: GroupId): boolean {
    const identity = server.identityAt(address)
    return state === 'ready' && identity?.group === group && identity.bootId === bootId
  }

  function apply(group: GroupId, listed: Listed, members: readonly Member[]): void {
    listed.members = members
    const before = listed.draining
    listed.draining = new Map()
    for (const { blade, bootId, state } of members) {
      if (state !== 'draining') continue
      listed.draining.set(blade, bootId)
      const tell = () => {
        if (listed.draining.get(blade) === bootId) for (const listener of listeners) listener(group, blade)
      }
      clock.setTimer(before.get(blade) === bootId ? 0 : drainMs, tell)
    }
  }

  function takeReport(group: GroupId): ReturnType<SimulatedLoadBalancer['takeReport']> {
    const listed = groups.get(group)
    if (!listed) return { arrived: 0, refused: 0, members: [] }
    const periodMs = clock.monotonic() - listed.reportedMs
    listed.reportedMs = clock.monotonic()
    const due = ((listed.totals?.ratePerSecond ?? 0) * periodMs) / 1000 + listed.rest
    const arrived = Math.floor(due)
    listed.rest = due - arrived
    const ready = listed.members.filter((member) => isServing(member, group))
    let [toSpread, left] = [arrived, ready.length]
    const members = listed.members.map((member): MemberReport => {
      if (!ready.includes(member)) return nothingOf(member)
      const share = Math.ceil(toSpread / left)
      toSpread -= share
      left -= 1
      return reportOf(member, share, periodMs, server.submitInBulk(member.address, share, periodMs))
    })
    const refused = ready.length === 0 ? arrived : 0
    count(listed.totals, arrived, refused, members)
    return { arrived, refused, members }
  }

  function count(total: AccountTotals | undefined, arrived: number, refused: number, members: MemberReport[]): void {
    if (!total) return
    const completed = members.reduce((sum, member) => sum + member.completed, 0)
    total.sent += arrived
    total.ok += completed
    total.refused += refused + members.reduce((sum, member) => sum + member.refused, 0)
    for (const { latency } of members) {
      total.latency.sumMs += latency.sumMs
      latency.counts.forEach((of, index) => {
        total.latency.counts[index] = (total.latency.counts[index] ?? 0) + of
      })
    }
  }

  const balancer: SimulatedLoadBalancer = {
    apply(group, members, answer) {
      const listed = groups.get(group)
      if (listed) apply(group, listed, members)
      clock.setTimer(checkMs, () =>
        answer(listed ? { ok: true, value: undefined } : { ok: false, code: 'GROUP_UNKNOWN', detail: group }),
      )
    },
    read: (group) => groups.get(group)?.members ?? [],
    inFlight: () => 0,
    onDrained(listener) {
      listeners.push(listener)
    },
    takeReport,
    request(group, finished) {
      const isServed = groups.get(group)?.members.some((member) => isServing(member, group)) === true
      clock.setTimer(drainMs, () => finished(isServed ? 'ok' : 'refused'))
    },
    close(closed) {
      clock.setTimer(0, closed)
    },
  }
  const load: OpenLoopLoad = {
    setRate(account, ratePerSecond) {
      const total = totals.find((one) => one.account === account)
      if (!total || !Number.isFinite(ratePerSecond) || ratePerSecond < 0) return false
      total.ratePerSecond = ratePerSecond
      return true
    },
    report: () => ({ type: 'load.report', at: clock.now(), accounts: structuredClone(totals) }),
    stop() {
      for (const total of totals) total.ratePerSecond = 0
    },
  }
  return { balancer, load }
}

function nothingOf({ blade }: Member): MemberReport {
  return { blade, inFlight: 0, completed: 0, refused: 0, failed: 0, latency: emptyHistogram() }
}

function reportOf(member: Member, share: number, periodMs: number, outcome: BulkOutcome | undefined): MemberReport {
  if (outcome === undefined) return { ...nothingOf(member), failed: share }
  const { completed, refused, serviceMs, waitMs } = outcome
  const inFlight = Math.round((completed * (serviceMs + waitMs)) / Math.max(periodMs, 1))
  return {
    blade: member.blade,
    inFlight,
    completed,
    refused,
    failed: 0,
    latency: latencyOf(completed, serviceMs, waitMs),
  }
}

/** A tenth waits three times the mean, four tenths the mean and a little less, half hardly. */
function latencyOf(count: number, serviceMs: number, waitMs: number): LatencyHistogram {
  const histogram = emptyHistogram()
  const late = Math.floor(count * 0.1)
  const some = Math.floor(count * 0.4)
  add(histogram, late, serviceMs + 3 * waitMs)
  add(histogram, some, serviceMs + waitMs)
  add(histogram, count - late - some, serviceMs + 0.6 * waitMs)
  return histogram
}

function add(histogram: LatencyHistogram, count: number, ms: number): void {
  const found = latencyBucketBoundsMs.findIndex((bound) => ms <= bound)
  const index = found < 0 ? latencyBucketBoundsMs.length : found
  histogram.counts[index] = (histogram.counts[index] ?? 0) + count
  histogram.sumMs += count * ms
}
