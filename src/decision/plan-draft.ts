// The plan while it is made: the picture of the site plus the moves decided so far, so that each pass counts what the passes
// before it promised. A blade on its way counts for where it goes, and for nobody else.
import type { BladeId } from '../protocol/ids.ts'
import type { MoveCause, Placement, Reason } from '../protocol/messages.ts'
import { openBooks, type RoleBook, type RoleBooks, rebook, roleKey } from './plan-books.ts'
import { type GiverOrder, orderGivers } from './plan-givers.ts'
import type { PlanBlade, PlanInput, PlanRole } from './plan-input.ts'
import { nextTaking, type PlanMemory, pairKey, type Taking } from './plan-memory.ts'
import { openPool, type PlanPool } from './plan-pool.ts'
import type { PlannedMove, Seat, TurnedDown } from './plan-result.ts'
import { rollbackSteps, type StepsInput, stepsOf } from './steps.ts'
import { type StormBrake, type StormPicture, stepBrake } from './storm-brake.ts'

export interface PlanDraft {
  readonly input: PlanInput
  readonly now: number
  readonly moves: PlannedMove[]
  readonly destinations: Map<BladeId, Placement>
  readonly books: RoleBooks
  readonly pool: PlanPool
  readonly givers: GiverOrder
  /** Highest priority first. */
  readonly byPriority: readonly RoleBook[]
  readonly turnedDown: TurnedDown[]
  readonly reasons: Reason[]
  /** By pair, in the order in which they were taken. */
  readonly takings: Map<string, Taking>
  replaced: readonly BladeId[]
  readonly brake: StormBrake
  seat: Seat | null
  bootsFree: number
  movesFree: number
}

export function startDraft(input: PlanInput, now: number): PlanDraft {
  const moving = input.blades.filter((blade) => blade.inMove !== null)
  const boots = moving.filter((blade) => blade.inMove && bootsOnTheWay(blade, blade.inMove.to))
  const books = openBooks(input)
  const draft: PlanDraft = {
    input,
    now,
    moves: [],
    destinations: destinationsInFlight(moving),
    books,
    pool: openPool(input.blades, (blade) => isChoosable(draft, blade)),
    givers: orderGivers(books.all, ({ role }) => ({
      offered: offeredBy(draft, role),
      surplus: surplusOf(draft, role),
    })),
    byPriority: [...books.all].sort((a, b) => b.role.priority - a.role.priority || (a.key < b.key ? -1 : 1)),
    turnedDown: [],
    reasons: [],
    takings: takingsOfKnownRoles(input, books),
    replaced: input.memory.replaced.filter((id) => stillFailed(input, id)),
    brake: stepBrake(input.memory.brake, stormPicture(input), now),
    seat: null,
    bootsFree: Math.max(0, input.limits.concurrentBootsMax - boots.length),
    movesFree: Math.max(0, input.limits.concurrentMovesMax - moving.length),
  }
  return draft
}

function stormPicture({ blades, limits, stormRelease = null }: PlanInput): StormPicture {
  return { blades, limits: limits.stormBrake, release: stormRelease }
}

export function memoryOf(draft: PlanDraft): PlanMemory {
  return { takings: [...draft.takings.values()], replaced: draft.replaced, brake: draft.brake }
}

/** Where the blade ends, by a move in flight or one of this plan; undefined when it stays. */
export function destinationOf(draft: PlanDraft, blade: PlanBlade): Placement | undefined {
  return draft.destinations.get(blade.blade)
}

/** May this plan still decide something for it. R36: a cordoned blade is left alone. */
export function isChoosable(draft: PlanDraft, blade: PlanBlade): boolean {
  if (isReserved(blade) || draft.seat?.blade === blade.blade) return false
  return blade.reachable && !blade.cordoned && destinationOf(draft, blade) === undefined
}

/** R47: a site master runs on it. */
export function isReserved({ carries = null }: PlanBlade): boolean {
  return carries !== null
}

/** What the role holds once everything in flight and planned has arrived. */
export function heldBy(draft: PlanDraft, role: PlanRole): number {
  return draft.books.of(role.group, role.role)?.held ?? 0
}

/** What serves and stays: the count that a commitment is measured by when a blade is given away. */
export function servingIn(draft: PlanDraft, role: PlanRole): ReadonlySet<PlanBlade> {
  return draft.books.of(role.group, role.role)?.serving ?? new Set()
}

/** Blades that the role could lose without falling below its commitment, whatever happens to those on their way. */
export function surplusOf(draft: PlanDraft, role: PlanRole): number {
  return surplusAbove(draft, role, role.committed)
}

/** Of those: what it may offer, and others may take of it without being owed it. */
export function lendableOf(draft: PlanDraft, role: PlanRole): number {
  return surplusAbove(draft, role, Math.max(role.committed, role.keeps ?? 0))
}

/** Serving, and more than this. */
export function surplusAbove(draft: PlanDraft, role: PlanRole, level: number): number {
  return Math.max(0, Math.min(heldBy(draft, role), servingIn(draft, role).size) - level)
}

/** What it may hold at most now. */
export function ceilingOf({ committed, max, cap = null }: PlanRole): number {
  return Math.max(committed, Math.min(max, cap?.level ?? max))
}

/** Up to here its blades are its own when it wants them. */
export function guaranteedTo({ committed, expansion = 0 }: PlanRole): number {
  return committed + expansion
}

/** How many blades the role wants to hold, as its local decision said last. */
export function desiredBy(draft: PlanDraft, role: PlanRole): number {
  const { wish } = role
  return wish === null || wish.kind === 'steady' ? heldBy(draft, role) : wish.desired
}

/** A wish of at most this says that the role has blades to spare, even when it does not offer them (yet). */
const slackWish = -0.25

/** The role would do well with fewer blades. */
export function hasSlack(role: PlanRole): boolean {
  return role.wish !== null && role.wish.kind !== 'request' && role.wish.wish <= slackWish
}

/** A role whose request is still short of what it wants. */
export function isAsking(draft: PlanDraft, role: PlanRole): boolean {
  return role.wish?.kind === 'request' && Math.min(role.wish.desired, role.max) > heldBy(draft, role)
}

/** Blades that the role still offers. */
export function offeredBy(draft: PlanDraft, role: PlanRole): number {
  if (role.wish?.kind !== 'offer') return 0
  return Math.max(0, Math.min(heldBy(draft, role) - role.wish.desired, lendableOf(draft, role)))
}

export type LimitCode = 'MOVES_AT_LIMIT' | 'BOOTS_AT_LIMIT'

/** Which limit of the batch forbids this move now; undefined when there is room. */
export function limitFor(draft: PlanDraft, blade: PlanBlade, to: Placement): LimitCode | undefined {
  if (draft.movesFree === 0) return 'MOVES_AT_LIMIT'
  return draft.bootsFree === 0 && bootsOnTheWay(blade, to) ? 'BOOTS_AT_LIMIT' : undefined
}

/** Decides a move. The caller has asked `isChoosable` and `limitFor`. */
export function decideMove(
  draft: PlanDraft,
  blade: PlanBlade,
  to: Placement,
  cause: MoveCause,
  why: readonly Reason[],
): void {
  draft.moves.push(plannedMove(blade, to, cause, why))
  draft.destinations.set(blade.blade, to)
  rebook(draft.books, blade, to)
  draft.pool.take(blade)
  const [from, taker] = [
    draft.books.of(blade.group, blade.role),
    to.kind === 'group' && draft.books.of(to.group, to.role),
  ]
  if (from) draft.givers.touch(from)
  if (taker) draft.givers.touch(taker)
  draft.movesFree -= 1
  if (bootsOnTheWay(blade, to)) draft.bootsFree -= 1
}

export function plannedMove(blade: PlanBlade, to: Placement, cause: MoveCause, why: readonly Reason[]): PlannedMove {
  const steps = stepsInputOf(blade, to)
  return {
    blade: blade.blade,
    from: blade.group,
    fromRole: blade.group === null ? null : blade.role,
    to,
    cause,
    steps: stepsOf(steps),
    rollback: rollbackSteps(steps),
    why,
  }
}

/** The blade is kept for a site master. */
export function takeSeat(draft: PlanDraft, seat: Seat): void {
  draft.seat = seat
  const blade = draft.input.blades.find((one) => one.blade === seat.blade)
  if (blade) draft.pool.take(blade)
}

/** Remembers that `taker` gets a blade of `giver`, under which load. To be called before the move is decided. */
export function noteTaking(draft: PlanDraft, taker: PlanRole, giver: PlanRole): void {
  const taking = {
    taker: roleKey(taker),
    giver: roleKey(giver),
    at: draft.now,
    takerDesired: desiredBy(draft, taker),
    giverDesired: desiredBy(draft, giver),
  }
  const pair = pairKey(taking.taker, taking.giver)
  const next = nextTaking(draft.takings.get(pair), taking, draft.input.limits.reclaimBackoff)
  draft.takings.delete(pair)
  draft.takings.set(pair, next)
}

export function turnDown(draft: PlanDraft, role: PlanRole, count: number, reason: Reason): void {
  draft.turnedDown.push({ group: role.group, role: role.role, count, reason })
  const book = draft.books.of(role.group, role.role)
  if (book) book.turnedDown += count
}

function stepsInputOf(blade: PlanBlade, to: Placement): StepsInput {
  const lost = blade.lifecycle === 'failed'
  if (blade.group !== null)
    return { from: 'group', group: blade.group, role: blade.role, to, hasReceipt: blade.hasReceipt, lost }
  if (blade.lifecycle === 'warm')
    return { from: 'warm', group: blade.preparedFor, role: blade.role, to, hasReceipt: blade.hasReceipt, lost }
  // Failed or quarantined without a group: what ran on it since its receipt is not known.
  const hasReceipt = blade.hasReceipt && blade.lifecycle === 'cold'
  return { from: 'cold', group: null, role: null, to, hasReceipt, lost }
}

function bootsOnTheWay(blade: PlanBlade, to: Placement): boolean {
  if (to.kind === 'cold' || blade.lifecycle === 'joining') return false
  const isReady = blade.lifecycle === 'warm' && blade.preparedFor === to.group && blade.role === to.role
  return !(isReady && blade.hasReceipt)
}

function destinationsInFlight(moving: readonly PlanBlade[]): Map<BladeId, Placement> {
  const destinations = new Map<BladeId, Placement>()
  for (const { blade, inMove } of moving) if (inMove !== null) destinations.set(blade, inMove.to)
  return destinations
}

function stillFailed(input: PlanInput, id: string): boolean {
  return input.blades.some((blade) => blade.blade === id && blade.lifecycle === 'failed' && blade.group !== null)
}

function takingsOfKnownRoles({ memory }: PlanInput, books: RoleBooks): Map<string, Taking> {
  if (memory.takings.length === 0) return new Map()
  const known = new Set(books.all.map(({ key }) => key))
  const kept = memory.takings.filter((taking) => known.has(taking.taker) && known.has(taking.giver))
  return new Map(kept.map((taking) => [pairKey(taking.taker, taking.giver), taking]))
}
