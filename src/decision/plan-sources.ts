// Where a blade for a role comes from. First the pool, by how soon the blade would serve: warm for the role (join; before the next only where
// somebody is short now), cold and scrubbed (boot), warm for somebody else (off, scrub, boot), unknown history (scrub, boot). Then what another group has above its
// commitment: offered blades first, then from the lowest priority. A commitment is never touched (promise 6).
//
// What is not offered is taken from a lower priority, or from an equal one that has slack. An equal one without slack would only be
// short in its place and ask a third: the shortage would go round and round.
import type { Reason } from '../protocol/messages.ts'
import { type RoleBook, roleKey } from './plan-books.ts'
import {
  desiredBy,
  guaranteedTo,
  hasSlack,
  isChoosable,
  lendableOf,
  offeredBy,
  type PlanDraft,
  servingIn,
  surplusAbove,
  surplusOf,
} from './plan-draft.ts'
import type { PlanBlade, PlanRole } from './plan-input.ts'
import { pairKey, reclaimBar } from './plan-memory.ts'
import { byId, canCarry } from './plan-pool.ts'

/**
 * How strong the claim is. `commitment` passes over cost, residence, priority and back-off of what stands above a commitment; `guarantee` over
 * those of what stands above a guaranteed level, and else has to earn it, as a `request` does; `offered` takes what is offered only.
 */
export type Claim = 'commitment' | 'guarantee' | 'request' | 'offered'

export interface Source {
  readonly blade: PlanBlade
  /** Null: from the pool. */
  readonly giver: PlanRole | null
  readonly why: Reason
}

/** The best blade, or why there is none. */
export function findSource(
  draft: PlanDraft,
  taker: PlanRole,
  claim: Claim,
  isUrgent: boolean,
): Source | readonly Reason[] {
  return findInPool(draft, taker, isUrgent) ?? findInGroups(draft, taker, claim)
}

export function isSource(found: Source | readonly Reason[]): found is Source {
  return 'blade' in found
}

/** The pool blade that would serve the role soonest; where nobody waits for it yet, one that keeps what is warm for those who do. */
export function findInPool(draft: PlanDraft, taker: PlanRole, isUrgent = true): Source | undefined {
  const best = draft.pool.best(taker, isUrgent)
  if (best === undefined) return undefined
  const { blade, rank, candidates } = best
  const text = `${blade.blade} is ${poolRankTexts[rank] ?? 'in the pool'}; ${candidates} in the pool could serve`
  return { blade, giver: null, why: { code: 'FROM_POOL', text, numbers: { candidates } } }
}

/** Newest first: the longest served keeps its caches and its place. */
export function givable(draft: PlanDraft, giver: PlanRole): PlanBlade[] {
  return [...servingIn(draft, giver)]
    .filter((blade) => isChoosable(draft, blade) && blade.base !== true)
    .sort((a, b) => b.since - a.since || byId(b, a))
}

const poolRankTexts = ['warm for this role', 'cold and scrubbed', 'warm for another role', 'cold, of unknown history']

/** So many refusals are told; a reader has enough by then. */
const refusalsMax = 16

function findInGroups(draft: PlanDraft, taker: PlanRole, claim: Claim): Source | readonly Reason[] {
  const refusals: Reason[] = [{ code: 'POOL_EMPTY', text: 'no blade of the pool can carry it', numbers: {} }]
  const own = draft.books.of(taker.group, taker.role)
  for (const { book, surplus } of draft.givers.givers()) {
    if (book === own) continue
    if (refusals.length >= refusalsMax) {
      if (isHopeless(draft, taker, book.role, claim)) break
      if (surplus === 0 || !mayGive(draft, taker, book, claim)) continue
    }
    const found = askGiver(draft, taker, book.role, claim)
    if ('blade' in found) return found
    if (refusals.length < refusalsMax) refusals.push(found)
  }
  return refusals
}

/** Neither this one nor any that comes after it in the order would give. */
function isHopeless(draft: PlanDraft, taker: PlanRole, giver: PlanRole, claim: Claim): boolean {
  if (claim === 'commitment' || claim === 'guarantee' || offeredBy(draft, giver) > 0) return false
  return claim === 'offered' || giver.priority > taker.priority
}

/** Looks only at what is at hand; `askGiver` has the last word, and the reasons. */
function mayGive(draft: PlanDraft, taker: PlanRole, { role, types }: RoleBook, claim: Claim): boolean {
  if (!taker.boardTypes.some((type) => (types.get(type) ?? 0) > 0)) return false
  if (claim === 'commitment' || claim === 'offered' || offeredBy(draft, role) > 0) return true
  if (claim === 'guarantee' && isOwed(draft, role)) return true
  return (
    (role.priority < taker.priority || hasSlack(role)) && gainMsOf(draft, taker, role) > draft.input.limits.moveCostMs
  )
}

/** It holds what is not guaranteed to it. */
function isOwed(draft: PlanDraft, giver: PlanRole): boolean {
  return surplusAbove(draft, giver, guaranteedTo(giver)) > 0
}

function gainMsOf({ input }: PlanDraft, taker: PlanRole, giver: PlanRole): number {
  return ((taker.wish?.wish ?? 0) - (giver.wish?.wish ?? 0)) * input.limits.horizonMs
}

function askGiver(draft: PlanDraft, taker: PlanRole, giver: PlanRole, claim: Claim): Source | Reason {
  const name = roleKey(giver)
  const numbers = { surplus: surplusOf(draft, giver), committed: giver.committed }
  const refuse = (code: string, text: string, more: Record<string, number> = {}): Reason => ({
    code,
    text: `${name} ${text}`,
    numbers: { ...numbers, ...more },
  })
  if (giver.operatorHeld) return refuse('GROUP_HELD', 'is held by an operator')
  if (numbers.surplus === 0) return refuse('AT_COMMITTED', `is at its committed level of ${giver.committed}`)
  const isOffered = offeredBy(draft, giver) > 0
  if (!isOffered && claim === 'offered') return refuse('NOT_OFFERED', 'offers none')
  const isTaken = claim === 'commitment' || (claim === 'guarantee' && isOwed(draft, giver))
  if (!isOffered && !isTaken) {
    const bar = requestBar(draft, taker, giver)
    if (bar !== undefined) return refuse(bar.code, bar.text, bar.numbers)
  }
  const suitable = givable(draft, giver).filter((blade) => canCarry(taker, blade))
  const settled = suitable.filter((blade) => draft.now - blade.since >= draft.input.limits.minResidenceMs)
  const blade = (isOffered || isTaken ? suitable : settled)[0]
  if (blade === undefined)
    return suitable.length === 0
      ? refuse('NO_SUITABLE_BLADE', 'has no blade above its commitment that can carry the role')
      : refuse('RESIDENCE', 'got its blades only now', { minResidenceMs: draft.input.limits.minResidenceMs })
  const text = `${blade.blade} is ${isOffered ? 'offered by' : 'above the committed level of'} ${name}`
  return { blade, giver, why: { code: isOffered ? 'FROM_OFFER' : 'FROM_SURPLUS', text, numbers } }
}

/** Why a request may not take what is not offered; undefined when it may. */
function requestBar(draft: PlanDraft, taker: PlanRole, giver: PlanRole): Reason | undefined {
  const { limits } = draft.input
  if (lendableOf(draft, giver) === 0)
    return {
      code: 'LENDING_LIMIT',
      text: `keeps ${giver.keeps} by its agreement`,
      numbers: { keeps: giver.keeps ?? 0 },
    }
  if (!isOwed(draft, giver) && !hasSlack(giver) && (giver.expansion ?? 0) > 0)
    return {
      ...{ code: 'GUARANTEED', text: `is guaranteed ${guaranteedTo(giver)} blades and uses them` },
      numbers: { guaranteed: guaranteedTo(giver) },
    }
  if (giver.priority > taker.priority || (giver.priority === taker.priority && !hasSlack(giver)))
    return { code: 'OUTRANKED', text: 'ranks at least as high and has no slack', numbers: { priority: giver.priority } }
  const bar = reclaimBar(
    draft.takings.get(pairKey(roleKey(taker), roleKey(giver))),
    { key: roleKey(taker), desired: desiredBy(draft, taker) },
    { key: roleKey(giver), desired: desiredBy(draft, giver), hasSlack: hasSlack(giver) },
    draft.now,
  )
  if (bar?.code === 'SAME_LOAD')
    return {
      code: bar.code,
      text: 'took the blade under this same load',
      numbers: { desired: desiredBy(draft, taker) },
    }
  if (bar !== undefined) return { code: bar.code, text: 'took a blade from it lately', numbers: { waitMs: bar.waitMs } }
  const gainMs = gainMsOf(draft, taker, giver)
  if (gainMs > limits.moveCostMs) return undefined
  const numbers = { gainMs: Math.round(gainMs), moveCostMs: limits.moveCostMs }
  return { code: 'COST', text: 'needs it nearly as much: the gain does not pay for the move', numbers }
}
