// A farm on paper, for "what would it have done with my traffic?": blades that take time to join, accounts whose demand is a trace. A policy
// says each tick how many blades each account is to have, or which blade moves where; what that costs and serves is counted here, the same
// way for all policies: same pool, same boots (drawn by the number of the move), same ticks. Demand is constant within a tick; joins are exact.
import type { Random } from '../ports/random.ts'
import { addStep, emptyScore, type Score } from './score.ts'

export interface WorldOptions {
  readonly accounts: readonly EvaluatedAccount[]
  readonly blades: number
  readonly ticks: number
  readonly tickMs: number
  readonly random: Random
  /** Of the pool: kept booted. */
  readonly warm: number
  readonly times: StepTimes
}

export interface EvaluatedAccount {
  readonly name: string
  /** In blades: what so many of them serve, fully loaded. */
  demand(tick: number): number
  readonly committed: number
}

/** Measured, or as real servers have them. Each [shortest, longest], ms. */
export interface StepTimes {
  /** Drain, scrub and its verification: from the last request until it is in the pool. */
  readonly leaving: readonly [number, number]
  readonly coldJoin: readonly [number, number]
  readonly warmJoin: readonly [number, number]
}

export const usualTimes: StepTimes = {
  leaving: [60_000, 120_000],
  coldJoin: [180_000, 300_000],
  warmJoin: [5_000, 15_000],
}

export interface EvaluatedBlade {
  readonly id: string
  /** Of an account; -1 in the pool. */
  account: number
  state: 'cold' | 'warming' | 'warm' | 'joining' | 'joined' | 'leaving'
  /** When a state that takes time is over. */
  untilMs: number
  /** When it came to where it is. */
  sinceMs: number
}

export interface World {
  readonly options: WorldOptions
  readonly blades: readonly EvaluatedBlade[]
  readonly nowMs: number
  readonly tick: number
  /** Blades of the account, those on their way included. */
  held(account: number): number
  joined(account: number): number
  demand(account: number): number
  /** From the pool, a warm one first; false when there is none. */
  grant(account: number): boolean
  /** The one that came last; false when it has none. */
  release(account: number): boolean
  /** A given blade to an account, or to the pool (-1). */
  move(blade: EvaluatedBlade, to: number): void
}

export type Policy = {
  readonly name: string
  /** Once each tick, before its time passes. */
  decide(world: World): void
}

export function evaluate(policy: Policy, options: WorldOptions): Score {
  const { accounts, ticks, tickMs, times, random } = options
  const blades: EvaluatedBlade[] = Array.from({ length: options.blades }, (_, index) => ({
    id: `c${String(1 + Math.floor(index / 32)).padStart(2, '0')}-s${String(1 + (index % 32)).padStart(2, '0')}`,
    ...{ account: -1, state: index < options.warm ? 'warm' : 'cold', untilMs: 0, sinceMs: 0 },
  }))
  const boots = random.fork('boots')
  const score = emptyScore(accounts.length)
  let [nowMs, tick] = [0, 0]
  const within = ([least, most]: readonly [number, number]) => least + boots.next() * (most - least)
  // Kept as it changes: looked up ten times a tick, of a thousand blades.
  const heldOf = accounts.map(() => 0)
  const joinedOf = accounts.map(() => 0)
  const underWay = new Set<EvaluatedBlade>()

  function change(blade: EvaluatedBlade, to: Partial<EvaluatedBlade>): void {
    count(blade, -1)
    Object.assign(blade, to)
    count(blade, 1)
    if (isUnderWay(blade)) underWay.add(blade)
    else underWay.delete(blade)
  }

  function count({ account, state }: EvaluatedBlade, by: number): void {
    if (account < 0) return
    heldOf[account] = (heldOf[account] ?? 0) + by
    if (state === 'joined') joinedOf[account] = (joinedOf[account] ?? 0) + by
  }

  function join(blade: EvaluatedBlade, account: number, afterMs: number): void {
    change(blade, { account, state: 'joining', untilMs: nowMs + afterMs, sinceMs: nowMs })
  }

  const world: World = {
    options,
    blades,
    get nowMs() {
      return nowMs
    },
    get tick() {
      return tick
    },
    held: (account) => heldOf[account] ?? 0,
    joined: (account) => joinedOf[account] ?? 0,
    demand: (account) => accounts[account]?.demand(tick) ?? 0,
    grant(account) {
      const free = blades.find(({ state }) => state === 'warm') ?? blades.find(({ state }) => state === 'cold')
      if (!free) return false
      world.move(free, account)
      return true
    },
    release(account) {
      const last = blades.reduce<EvaluatedBlade | undefined>(
        (newest, blade) => (blade.account !== account || (newest && newest.sinceMs >= blade.sinceMs) ? newest : blade),
        undefined,
      )
      if (last) world.move(last, -1)
      return last !== undefined
    },
    move(blade, to) {
      score.moves += 1
      const leavingMs = within(times.leaving)
      const joinMs = blade.state === 'warm' ? within(times.warmJoin) : within(times.coldJoin)
      if (blade.account >= 0 && to >= 0) join(blade, to, leavingMs + joinMs)
      else if (to >= 0) join(blade, to, joinMs)
      else change(blade, { account: -1, state: 'leaving', untilMs: nowMs + leavingMs, sinceMs: nowMs })
    },
  }

  function refillWarm(): void {
    let missing = options.warm - blades.filter(({ state }) => state === 'warm' || state === 'warming').length
    for (const blade of blades)
      if (missing > 0 && blade.state === 'cold') {
        missing -= 1
        change(blade, { state: 'warming', untilMs: nowMs + within(times.coldJoin) })
      }
  }

  /** What ends by then, in its order; between two ends nothing changes. */
  function pass(untilMs: number): void {
    for (;;) {
      let next: EvaluatedBlade | undefined
      for (const blade of underWay) if (blade.untilMs < (next?.untilMs ?? untilMs)) next = blade
      const atMs = Math.max(nowMs, next?.untilMs ?? untilMs)
      for (const [index, account] of accounts.entries())
        addStep(score, index, {
          ...{ ms: atMs - nowMs, demand: account.demand(tick), committed: account.committed },
          ...{ joined: world.joined(index), held: world.held(index) },
        })
      nowMs = atMs
      if (!next) return
      change(next, { state: next.state === 'joining' ? 'joined' : next.state === 'warming' ? 'warm' : 'cold' })
    }
  }

  for (tick = 0; tick < ticks; tick += 1) {
    policy.decide(world)
    refillWarm()
    pass((tick + 1) * tickMs)
  }
  return score
}

function isUnderWay({ state }: EvaluatedBlade): boolean {
  return state === 'joining' || state === 'warming' || state === 'leaving'
}
