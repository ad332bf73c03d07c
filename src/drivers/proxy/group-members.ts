// The members of one group and what is counted about them: which one gets the next request, who has drained, what is reported.
// The embedded proxy and the simulated balancer share it, so what the simulator proves of it holds for the proxy.
//
// Choice: the ready, healthy member with the fewest requests in flight, below the bound; members that are equal take turns.
// A member is one boot of one blade at one address: when any of the three changes, the old member is cut off and a new one begins.
import type { Clock } from '../../ports/clock.ts'
import type { BladeId } from '../../protocol/ids.ts'
import { emptyHistogram, recordLatency } from '../../protocol/latency-histogram.ts'
import type { Member, MemberReport } from '../../protocol/messages.ts'
import { type MemberHealth, startMemberHealth } from './member-health.ts'

/** How a request that was sent to a member ended, as it is counted. `uncounted`: the client left, or it goes to another member. */
export type CountedEnding = 'completed' | 'refused' | 'failed' | 'uncounted'

/** The way to one member. */
export interface MemberConnection {
  /** Does the boot that is listed answer there? Ends exactly once, in bounded time. */
  check(ended: (identified: boolean) => void): void
  /** Cut off: every request in flight ends. */
  close(): void
}

export interface GroupMember<C extends MemberConnection> {
  readonly blade: BladeId
  readonly connection: C
  readonly health: MemberHealth
  /** A request is on its way to it; each is followed by one `end`. */
  begin(): void
  end(ending: CountedEnding, latencyMs: number): void
}

export interface GroupMembers<C extends MemberConnection> {
  /** `applied` once each listed member has been checked for the first time, or a newer list came. */
  apply(members: readonly Member[], applied: () => void): void
  listed(): readonly Member[]
  inFlight(blade: BladeId): number
  /** Undefined when no member but those tried has room. */
  choose(tried: readonly GroupMember<C>[]): GroupMember<C> | undefined
  countArrival(): void
  /** A request found no member with room. */
  countRefusal(): void
  takeReport(): GroupReport
  close(): void
}

export interface GroupReport {
  arrived: number
  refused: number
  members: readonly MemberReport[]
}

export interface GroupMembersParts<C extends MemberConnection> {
  readonly clock: Clock
  readonly inFlightMax: number
  readonly checkIntervalMs: number
  /** `onBroken` is to be called when a connection ended, for whatever reason: the member is then checked. */
  connect(member: Member, onBroken: () => void): C
  /** May be called inside `apply`. */
  onDrained(blade: BladeId): void
}

interface Seat<C extends MemberConnection> extends GroupMember<C> {
  entry: Member
  inFlight: number
  counts: Omit<MemberReport, 'blade' | 'inFlight'>
}

export function createGroupMembers<C extends MemberConnection>(parts: GroupMembersParts<C>): GroupMembers<C> {
  let seats: readonly Seat<C>[] = []
  /** Cut off, but not reported to the end yet. */
  let former: Seat<C>[] = []
  let turn = 0
  let arrived = 0
  let refused = 0
  let answerWaiting: (() => void) | undefined

  function answer(): void {
    const waiting = answerWaiting
    answerWaiting = undefined
    waiting?.()
  }

  function answerWhenChecked(): void {
    if (seats.every((seat) => seat.health.checked)) answer()
  }

  function dismiss(seat: Seat<C>): void {
    former.push(seat)
    seat.health.stop()
    seat.connection.close()
  }

  function apply(members: readonly Member[], applied: () => void): void {
    const before = seats
    const byBlade = new Map(members.map((entry) => [entry.blade, entry]))
    seats = [...byBlade.values()].map((entry) => {
      const known = before.find((seat) => isSameBoot(seat.entry, entry))
      if (!known) return openSeat(parts, entry, { onChecked: answerWhenChecked, onEnded: tellWhenDrained })
      known.entry = entry
      return known
    })
    answer()
    answerWaiting = applied
    for (const seat of before) if (!seats.includes(seat)) dismiss(seat)
    for (const seat of seats) tellWhenDrained(seat)
    answerWhenChecked()
  }

  function tellWhenDrained(seat: Seat<C>): void {
    const drained = seat.entry.state === 'draining' && seat.inFlight === 0
    if (drained && seats.includes(seat)) parts.onDrained(seat.blade)
  }

  function choose(tried: readonly GroupMember<C>[]): GroupMember<C> | undefined {
    let best: Seat<C> | undefined
    let next = turn
    for (let i = 0; i < seats.length; i += 1) {
      const at = (turn + i) % seats.length
      const seat = seats[at]
      if (seat?.entry.state !== 'ready' || !seat.health.up) continue
      if (seat.inFlight >= parts.inFlightMax || tried.includes(seat)) continue
      if (best && seat.inFlight >= best.inFlight) continue
      best = seat
      next = at + 1
    }
    turn = next
    return best
  }

  function takeReport(): GroupReport {
    const ended = former.filter((seat) => hasCounts(seat))
    const report = { arrived, refused, members: [...seats, ...ended].map(takeCounts) }
    arrived = 0
    refused = 0
    former = former.filter((seat) => seat.inFlight > 0)
    return report
  }

  return {
    apply,
    choose,
    takeReport,
    listed: () => seats.map((seat) => seat.entry),
    inFlight: (blade) => seats.find((seat) => seat.blade === blade)?.inFlight ?? 0,
    countArrival() {
      arrived += 1
    },
    countRefusal() {
      refused += 1
    },
    close() {
      const last = seats
      seats = []
      for (const seat of last) dismiss(seat)
      answer()
    },
  }
}

function openSeat<C extends MemberConnection>(
  parts: GroupMembersParts<C>,
  entry: Member,
  on: { onChecked(): void; onEnded(seat: Seat<C>): void },
): Seat<C> {
  const connection = parts.connect(entry, () => seat.health.recheck())
  const { clock, checkIntervalMs: intervalMs } = parts
  const check: MemberConnection['check'] = (ended) => connection.check(ended)
  const seat: Seat<C> = {
    blade: entry.blade,
    entry,
    connection,
    health: startMemberHealth({ clock, intervalMs, check, onChecked: on.onChecked }),
    inFlight: 0,
    counts: noCounts(),
    begin() {
      seat.inFlight += 1
    },
    end(ending, latencyMs) {
      seat.inFlight -= 1
      if (ending !== 'uncounted') seat.counts[ending] += 1
      if (ending === 'completed') recordLatency(seat.counts.latency, latencyMs)
      on.onEnded(seat)
    },
  }
  return seat
}

function isSameBoot(a: Member, b: Member): boolean {
  return a.blade === b.blade && a.address === b.address && a.bootId === b.bootId
}

function noCounts(): Seat<MemberConnection>['counts'] {
  return { completed: 0, refused: 0, failed: 0, latency: emptyHistogram() }
}

function hasCounts({ counts }: Seat<MemberConnection>): boolean {
  return counts.completed + counts.refused + counts.failed > 0
}

function takeCounts(seat: Seat<MemberConnection>): MemberReport {
  const { counts } = seat
  seat.counts = noCounts()
  return { blade: seat.blade, inFlight: seat.inFlight, ...counts }
}
