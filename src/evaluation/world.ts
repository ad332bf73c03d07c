// A farm on paper, for "what would it have done with my traffic?": blades that take time to join, accounts whose demand is a trace. A policy
// says each tick how many blades each account is to have, or which blade moves where; what that costs and serves is counted here, the same
// way for all policies: same pool, same boots (drawn by the number of the move), same ticks. Demand is constant within a tick; joins are exact.
import type { Random } from '../ports/random.ts'
import type { FarmTerms } from './farm-terms.ts'
import { addStep, compareDirections, emptyScore, type Score } from './score.ts'

export interface WorldOptions {
  readonly accounts: readonly EvaluatedAccount[]
  readonly blades: number
  readonly ticks: number
  readonly tickMs: number
  readonly random: Random
  /** Of the pool: kept booted. */
  readonly warm: number
  readonly terms: FarmTerms
  /** What happened in each tick, for who wants to see it. */
  readonly watch?: (world: World) => void
}

export interface EvaluatedAccount {
  readonly name: string
  /** In blades: what so many of them serve, fully loaded. */
  demand(tick: number): number
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
  /** From the pool, one that is `first` where there is one (default: warm); false when there is none. */
  grant(account: number, first?: 'warm' | 'cold'): boolean
  /** The one that came last; false when it has none. */
  release(account: number): boolean
  /** The one that came last, straight to another account; false when it has none. */
  pass(from: number, to: number): boolean
  /** A given blade to an account, or to the pool (-1). */
  move(blade: EvaluatedBlade, to: number): void
}

export type Policy = {
  readonly name: string
  /** Once each tick, before its time passes. */
  decide(world: World): void
}

export function evaluate(policy: Policy, options: WorldOptions): Score {
  const { accounts, ticks, tickMs, terms, random } = options
  const blades: EvaluatedBlade[] = Array.from({ length: options.blades }, (_, index) => ({
    id: `c${String(1 + Math.floor(index / 32)).padStart(2, '0')}-s${String(1 + (index % 32)).padStart(2, '0')}`,
    ...{ account: -1, state: index < options.warm ? 'warm' : 'cold', untilMs: 0, sinceMs: 0 },
  }))
  const boots = random.fork('boots')
  const score = emptyScore(accounts.length)
  let [nowMs, tick] = [0, 0]
  const within = ([least, most]: readonly [number, number]) => 1_000 * (least + boots.next() * (most - least))
  // Kept as it changes, for a farm of a thousand blades is asked a thousand times a tick. `mine` is in the order in which they came.
  const mine: EvaluatedBlade[][] = accounts.map(() => [])
  const joinedOf = accounts.map(() => 0)
  const countedMs = accounts.map(() => 0)
  const pool = { warm: blades.filter(isWarm), cold: blades.filter((blade) => !isWarm(blade)), warming: 0 }
  let underWay: EvaluatedBlade[] = []

  /** What the account had since it was last counted. */
  function count(account: number): void {
    const since = countedMs[account] ?? 0
    if (nowMs === since) return
    countedMs[account] = nowMs
    const ours = score.accounts[account]
    const [demand, joined, held] = [world.demand(account), world.joined(account), world.held(account)]
    if (ours) addStep(ours, { ms: nowMs - since, demand, joined, held }, terms)
  }

  function leave(blade: EvaluatedBlade): void {
    const { account, state } = blade
    if (account >= 0) {
      count(account)
      const list = mine[account] ?? []
      list.splice(list.lastIndexOf(blade), 1)
      if (state === 'joined') joinedOf[account] = (joinedOf[account] ?? 0) - 1
    } else if (state === 'warm' || state === 'cold') pool[state].splice(pool[state].lastIndexOf(blade), 1)
    if (isUnderWay(blade)) underWay = underWay.filter((one) => one !== blade)
  }

  function enter(blade: EvaluatedBlade, account: number, state: EvaluatedBlade['state'], afterMs: number): void {
    if (account >= 0) count(account)
    Object.assign(blade, { account, state, untilMs: nowMs + afterMs, sinceMs: nowMs })
    if (account >= 0) mine[account]?.push(blade)
    underWay.push(blade)
  }

  function arrive(blade: EvaluatedBlade): void {
    underWay = underWay.filter((one) => one !== blade)
    if (blade.state === 'joining') {
      count(blade.account)
      blade.state = 'joined'
      joinedOf[blade.account] = (joinedOf[blade.account] ?? 0) + 1
      return
    }
    if (blade.state === 'warming') pool.warming -= 1
    blade.state = blade.state === 'warming' ? 'warm' : 'cold'
    pool[blade.state].push(blade)
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
    held: (account) => mine[account]?.length ?? 0,
    joined: (account) => joinedOf[account] ?? 0,
    demand: (account) => accounts[account]?.demand(tick) ?? 0,
    grant(account, first = 'warm') {
      const free = pool[first].at(-1) ?? pool.warm.at(-1) ?? pool.cold.at(-1)
      if (free) world.move(free, account)
      return free !== undefined
    },
    release: (account) => world.pass(account, -1),
    pass(from, to) {
      const last = mine[from]?.at(-1)
      if (last) world.move(last, to)
      return last !== undefined
    },
    move(blade, to) {
      score.moves += 1
      const leavingMs = within(terms.leavingSeconds)
      const joinMs = blade.state === 'warm' ? within(terms.warmSeconds) : within(terms.coldSeconds)
      const isHeld = blade.account >= 0
      leave(blade)
      if (to < 0) enter(blade, -1, 'leaving', leavingMs)
      else enter(blade, to, 'joining', isHeld ? leavingMs + joinMs : joinMs)
    },
  }

  function refillWarm(): void {
    while (pool.warm.length + pool.warming < options.warm) {
      const blade = pool.cold.pop()
      if (!blade) return
      pool.warming += 1
      enter(blade, -1, 'warming', within(terms.coldSeconds))
    }
  }

  function noteTick(): void {
    const isEmpty = pool.warm.length + pool.cold.length === 0
    for (const [account, ours] of score.accounts.entries()) {
      const demand = world.demand(account)
      compareDirections(ours, demand, world.joined(account))
      const guaranteed = Math.min(Math.ceil(demand - 1e-9), terms.committed + terms.expansion)
      if (isEmpty && world.held(account) < guaranteed) ours.refusedGuaranteed += 1
    }
    options.watch?.(world)
  }

  /** What ends by then, in its order; between two ends nothing changes. */
  function goOn(untilMs: number): void {
    for (;;) {
      let next: EvaluatedBlade | undefined
      for (const blade of underWay) if (blade.untilMs < (next?.untilMs ?? untilMs)) next = blade
      if (!next) break
      nowMs = Math.max(nowMs, next.untilMs)
      arrive(next)
    }
    nowMs = untilMs
    for (let account = 0; account < accounts.length; account += 1) count(account)
  }

  // The farm is at work when the trace begins: nobody is measured by how it was filled.
  for (const account of accounts.keys())
    for (let missing = Math.max(terms.committed, Math.ceil(world.demand(account) - 1e-9)); missing > 0; missing -= 1) {
      const blade = pool.cold.pop()
      if (!blade) break
      Object.assign(blade, { account, state: 'joined' })
      mine[account]?.push(blade)
      joinedOf[account] = (joinedOf[account] ?? 0) + 1
    }
  for (tick = 0; tick < ticks; tick += 1) {
    policy.decide(world)
    noteTick()
    refillWarm()
    goOn((tick + 1) * tickMs)
  }
  return score
}

function isWarm({ state }: EvaluatedBlade): boolean {
  return state === 'warm'
}

function isUnderWay({ state }: EvaluatedBlade): boolean {
  return state === 'joining' || state === 'warming' || state === 'leaving'
}
