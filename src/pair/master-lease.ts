// One master's part in choosing who leads: it asks the voting boards in rounds, and leads while a majority's leases run.
//
// A round counts from the moment before its question was sent (P2), and an answer counts for the round that it names (P6): so
// whatever the network does, this master's lease ends before any board of the majority lets go of its own. T_m, what a round is worth,
// is shorter than the boards' T_b by the drift that two clocks may have and a margin. Before every command that it sends a master asks
// `isLeading` (P7); one whose process stood still for longer finds that its time is over before it does any harm.
//
// A candidate that has not won after a while falls silent for a time of its own, so that two who each hold some boards do not
// keep each other from a majority for ever.
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { BoardVote, LeaseAnswered, LeaseAsk, SyncMark, Voters } from '../protocol/pair.ts'
import { isNewerMark } from './board-vote.ts'
import { hasMajority, isVoter } from './voters.ts'

/** T_b of a site that says nothing else. */
export const defaultLeaseMs = 1_000

export interface LeaseTimes {
  /** T_b, by the boards' clocks; every question says it. */
  readonly leaseMs: number
  /** T_m, by this master's: leaseMs * (1 - drift) - margin. */
  readonly holdMs: number
  /** Between two rounds of a leader. Three or more have to be lost before a lease is. */
  readonly renewMs: number
  /** Between two rounds of a candidate. */
  readonly retryMs: number
  /** A candidate is silent after this long without success… */
  readonly campaignMs: number
  /** …for this long. Not the same for both masters of a site. */
  readonly pauseMs: number
}

/**
 * @param leaseMs Higher: fewer false alarms on a busy machine; a hung master is replaced later.
 * @param drift by which the clocks of a master and a board may differ in speed
 */
export function leaseTimes(parity: 0 | 1, leaseMs = defaultLeaseMs, drift = 0.01): LeaseTimes {
  const holdMs = leaseMs * (1 - drift) - 20
  const pauseMs = leaseMs * (parity === 1 ? 1.25 : 2.25)
  return { leaseMs, holdMs, renewMs: leaseMs / 5, retryMs: leaseMs / 20, campaignMs: leaseMs * 2, pauseMs }
}

interface Round {
  readonly round: number
  readonly sentAt: number
  readonly granted: readonly BladeId[]
}

export interface MasterLease {
  readonly node: NodeId
  readonly parity: 0 | 1
  readonly stage: 'idle' | 'asking' | 'leading'
  /** The epoch asked for or led in. */
  readonly epoch: number
  /** Highest epoch heard of; the next one asked for is above it. */
  readonly epochSeen: number
  readonly voters: Voters
  /** What it has the boards remember; while it asks, the newest that it heard of. */
  readonly mark: SyncMark | null
  /** Also while it leads: a board that it reaches later need not wait either. */
  readonly releases: number
  readonly acceptsLoss: boolean
  readonly round: number
  /** Those that still count, newest last. */
  readonly rounds: readonly Round[]
  /** Monotonic ms: it leads before. */
  readonly until: number
  readonly askAt: number
  readonly campaignSince: number
  /** The last word of each board in this epoch. */
  readonly votes: Readonly<Record<BladeId, BoardVote>>
}

export type LeaseEvent =
  | { readonly type: 'campaign'; readonly releases: number; readonly acceptsLoss: boolean }
  | { readonly type: 'answered'; readonly answer: LeaseAnswered }
  | { readonly type: 'tick' }
  /** Only while it leads. */
  | { readonly type: 'carry'; readonly mark?: SyncMark; readonly voters?: Voters }
  | { readonly type: 'stop'; readonly why: string }

export type LeaseEffect =
  /** To every board; only voters' answers count. */
  | { readonly kind: 'ask'; readonly ask: LeaseAsk }
  | { readonly kind: 'won'; readonly epoch: number; readonly mark: SyncMark | null }
  | { readonly kind: 'lost'; readonly epoch: number; readonly why: string }
  /** So many boards say that this master misses records that the others are no majority. */
  | { readonly kind: 'barred'; readonly mark: SyncMark }
  /** The mark that it carries is durable on a majority. */
  | { readonly kind: 'marked'; readonly mark: SyncMark }
  | { readonly kind: 'votersKept'; readonly voters: Voters }

export interface LeaseStep {
  readonly lease: MasterLease
  readonly effects: readonly LeaseEffect[]
}

export function openMasterLease(node: NodeId, parity: 0 | 1, voters: Voters, epochSeen: number): MasterLease {
  return {
    node,
    parity,
    stage: 'idle',
    epoch: 0,
    epochSeen,
    voters,
    mark: null,
    releases: 0,
    acceptsLoss: false,
    round: 0,
    rounds: [],
    until: Number.NEGATIVE_INFINITY,
    askAt: Number.POSITIVE_INFINITY,
    campaignSince: 0,
    votes: {},
  }
}

/** The last moment before a command is sent (P7). */
export function isLeading({ stage, until }: MasterLease, now: number): boolean {
  return stage === 'leading' && now < until
}

/** Lowest epoch of the own parity above all seen: no two masters ask for the same one. */
export function nextEpoch(seen: number, parity: 0 | 1): number {
  const next = seen + 1
  return next % 2 === parity ? next : next + 1
}

/** @param now monotonic ms */
export function stepLease(lease: MasterLease, event: LeaseEvent, now: number, times: LeaseTimes): LeaseStep {
  switch (event.type) {
    case 'campaign':
      if (lease.stage === 'asking') return urge(lease, event.releases, now, times)
      return lease.stage === 'idle' ? campaign(lease, event, now, times) : quiet(lease)
    case 'stop':
      return stop(lease, event.why)
    case 'carry':
      return lease.stage === 'leading' ? carry(lease, event, now, times) : quiet(lease)
    case 'answered':
      return answered(lease, event.answer, now, times)
    case 'tick':
      return tick(lease, now, times)
    default:
      return event satisfies never
  }
}

function campaign(
  lease: MasterLease,
  { releases, acceptsLoss }: { releases: number; acceptsLoss: boolean },
  now: number,
  times: LeaseTimes,
): LeaseStep {
  const fresh = anew({ ...lease, epochSeen: Math.max(lease.epochSeen, releases) })
  const asking = { stage: 'asking', mark: null, campaignSince: now, askAt: now + times.retryMs } as const
  return ask({ ...fresh, ...asking, releases, acceptsLoss }, now, times)
}

/** A candidate learns that the holder of the lease is gone. */
function urge(lease: MasterLease, releases: number, now: number, times: LeaseTimes): LeaseStep {
  if (releases <= lease.releases) return quiet(lease)
  const urged = { ...lease, releases, epochSeen: Math.max(lease.epochSeen, releases) }
  return ask(releases < lease.epoch ? urged : anew(urged), now, times)
}

/** For the next epoch that is its to ask for. */
function anew(lease: MasterLease): MasterLease {
  const epoch = nextEpoch(Math.max(lease.epochSeen, lease.epoch), lease.parity)
  return { ...lease, epoch, rounds: [], votes: {} }
}

function ask(lease: MasterLease, now: number, { leaseMs }: LeaseTimes): LeaseStep {
  const { node, epoch, releases, voters, acceptsLoss } = lease
  // It does not spread what would bar it: a mark that only a minority has was never acted on.
  const mark = lease.mark?.outOfSync === node ? null : lease.mark
  const round = lease.round + 1
  const rounds = [...lease.rounds, { round, sentAt: now, granted: [] }]
  const question = {
    type: 'lease.ask',
    master: node,
    epoch,
    round,
    releases,
    leaseMs,
    mark,
    voters,
    acceptsLoss,
  } as const
  return { lease: { ...lease, round, rounds }, effects: [{ kind: 'ask', ask: question }] }
}

function carry(
  lease: MasterLease,
  { mark, voters }: { mark?: SyncMark; voters?: Voters },
  now: number,
  times: LeaseTimes,
): LeaseStep {
  const carried = { ...lease, mark: mark ?? lease.mark, voters: voters ?? lease.voters }
  const asked = ask(carried, now, times)
  // By another list the majority may have been there already.
  return { ...asked, effects: [...asked.effects, ...keptBy(lease, carried)] }
}

function stop(lease: MasterLease, why: string): LeaseStep {
  const stopped: MasterLease = {
    ...lease,
    stage: 'idle',
    rounds: [],
    until: Number.NEGATIVE_INFINITY,
    askAt: Number.POSITIVE_INFINITY,
  }
  return lease.stage === 'leading' ? { lease: stopped, effects: [lost(lease, why)] } : quiet(stopped)
}

function tick(lease: MasterLease, now: number, times: LeaseTimes): LeaseStep {
  if (lease.stage === 'leading' && now >= lease.until) return stop(lease, 'no majority of the boards renewed its lease')
  if (lease.stage === 'idle' || now < lease.askAt) return quiet(lease)
  const { holdMs, renewMs, retryMs, campaignMs, pauseMs } = times
  const rounds = lease.rounds.filter(({ sentAt }) => now < sentAt + holdMs)
  if (lease.stage === 'leading') return ask({ ...lease, rounds, askAt: now + renewMs }, now, times)
  if (now - lease.campaignSince >= campaignMs)
    return quiet({ ...lease, rounds, campaignSince: now + pauseMs, askAt: now + pauseMs })
  return ask({ ...lease, rounds, askAt: now + retryMs }, now, times)
}

function answered(
  lease: MasterLease,
  { epoch, round, boards }: LeaseAnswered,
  now: number,
  times: LeaseTimes,
): LeaseStep {
  if (lease.stage === 'idle' || epoch !== lease.epoch) return quiet(lease)
  const noted = note(lease, round, boards)
  if (boards.some(({ outcome }) => outcome === 'outbid')) return outbid(noted, now, times)
  const until = Math.max(noted.until, heldUntil(noted, times))
  const next = { ...noted, until }
  if (next.stage === 'asking' && now < until) return win(next, now, times)
  return next.stage === 'asking' ? barredOrQuiet(lease, next) : { lease: next, effects: keptBy(lease, next) }
}

function note(lease: MasterLease, round: number, votes: readonly BoardVote[]): MasterLease {
  let { epochSeen, voters, mark } = lease
  for (const vote of votes) {
    epochSeen = Math.max(epochSeen, vote.promised)
    if (vote.voters !== null && vote.voters.version > voters.version) voters = vote.voters
    if (lease.stage === 'asking' && isNewerMark(vote.mark, mark)) mark = vote.mark
  }
  const counted = votes.filter(({ board }) => isVoter(voters, board))
  const granted = counted.filter(({ outcome }) => outcome === 'granted').map(({ board }) => board)
  const rounds = lease.rounds.map((one) =>
    one.round === round ? { ...one, granted: [...new Set([...one.granted, ...granted])] } : one,
  )
  const noted = Object.fromEntries(counted.map((vote) => [vote.board, vote]))
  return { ...lease, epochSeen, voters, mark, rounds, votes: { ...lease.votes, ...noted } }
}

/** End of the newest round that a majority granted. */
function heldUntil({ rounds, voters }: MasterLease, { holdMs }: LeaseTimes): number {
  const whole = rounds.findLast(({ granted }) => hasMajority(voters, (board) => granted.includes(board)))
  return whole === undefined ? Number.NEGATIVE_INFINITY : whole.sentAt + holdMs
}

function outbid(lease: MasterLease, now: number, { retryMs }: LeaseTimes): LeaseStep {
  if (lease.stage === 'leading') return stop(lease, `a board has promised epoch ${lease.epochSeen}`)
  return quiet({ ...anew(lease), askAt: Math.max(lease.askAt, now + retryMs) })
}

function win(lease: MasterLease, now: number, { renewMs }: LeaseTimes): LeaseStep {
  const won: MasterLease = { ...lease, stage: 'leading', acceptsLoss: false, askAt: now + renewMs }
  const effects: LeaseEffect[] = [{ kind: 'won', epoch: won.epoch, mark: won.mark }]
  // It may inherit a list that is being changed, and goes on with it.
  return { lease: won, effects: [...effects, ...keptBy({ ...won, votes: {} }, won)] }
}

/** Said once in an epoch, when those who say so leave no majority. */
function barredOrQuiet(former: MasterLease, lease: MasterLease): LeaseStep {
  const isBarred = ({ mark, node, votes, voters }: MasterLease) =>
    mark?.outOfSync === node && !hasMajority(voters, (board) => votes[board]?.outcome !== 'barred')
  if (lease.mark === null || !isBarred(lease) || isBarred(former)) return quiet(lease)
  return { lease, effects: [{ kind: 'barred', mark: lease.mark }] }
}

/** What has just become durable on a majority: by an answer, or because another majority counts now. */
function keptBy(former: MasterLease, lease: MasterLease): LeaseEffect[] {
  const { mark, voters } = lease
  const effects: LeaseEffect[] = []
  if (mark !== null && isMarked(lease) && !(former.mark === mark && isMarked(former)))
    effects.push({ kind: 'marked', mark })
  if (isKept(lease) && !(former.voters === voters && isKept(former))) effects.push({ kind: 'votersKept', voters })
  return effects
}

function isMarked({ mark, votes, voters }: MasterLease): boolean {
  return hasMajority(voters, (board) => isSame(votes[board]?.mark ?? null, mark))
}

function isKept({ votes, voters }: MasterLease): boolean {
  return hasMajority(voters, (board) => votes[board]?.voters?.version === voters.version)
}

function isSame(a: SyncMark | null, b: SyncMark | null): boolean {
  return a !== null && b !== null && a.epoch === b.epoch && a.number === b.number
}

function lost({ epoch }: MasterLease, why: string): LeaseEffect {
  return { kind: 'lost', epoch, why }
}

function quiet(lease: MasterLease): LeaseStep {
  return { lease, effects: [] }
}
