// What a run is worth: served or not, what it cost, and how well supply followed demand, by the elasticity metrics of SPEC RG (Herbst et al.,
// "Ready for Rain?", 2016): accuracy is the mean amount, timeshare the share of time, in which supply is below or above demand.
export interface Score {
  readonly accounts: AccountScore[]
  moves: number
}

export interface AccountScore {
  ms: number
  /** Blade-milliseconds. */
  demandMs: number
  unservedMs: number
  heldMs: number
  underMs: number
  overMs: number
  timeUnderMs: number
  timeOverMs: number
  /** Demand was there for more than it had, up to its committed level. */
  committedBrokenMs: number
  /** Supply and demand moved in opposite directions, or only one of them. */
  unsteadyMs: number
  lastDemand: number
  lastSupply: number
}

export interface Step {
  readonly ms: number
  /** In blades. */
  readonly demand: number
  readonly joined: number
  readonly held: number
  readonly committed: number
}

export function emptyScore(accounts: number): Score {
  const one = (): AccountScore => ({
    ...{ ms: 0, demandMs: 0, unservedMs: 0, heldMs: 0, underMs: 0, overMs: 0, timeUnderMs: 0, timeOverMs: 0 },
    ...{ committedBrokenMs: 0, unsteadyMs: 0, lastDemand: 0, lastSupply: 0 },
  })
  return { accounts: Array.from({ length: accounts }, one), moves: 0 }
}

export function addStep(score: Score, index: number, { ms, demand, joined, held, committed }: Step): void {
  const account = score.accounts[index]
  if (!account || ms <= 0) return
  const need = Math.ceil(demand - 1e-9)
  account.ms += ms
  account.demandMs += demand * ms
  account.unservedMs += Math.max(0, demand - joined) * ms
  account.heldMs += held * ms
  account.underMs += Math.max(0, need - joined) * ms
  account.overMs += Math.max(0, joined - need) * ms
  if (need > joined) account.timeUnderMs += ms
  if (need < joined) account.timeOverMs += ms
  if (joined < Math.min(need, committed)) account.committedBrokenMs += ms
  const [rise, follow] = [Math.sign(need - account.lastDemand), Math.sign(joined - account.lastSupply)]
  if (rise !== follow) account.unsteadyMs += ms
  account.lastDemand = need
  account.lastSupply = joined
}

export interface Summary {
  readonly serverHours: number
  /** Of all demand. */
  readonly unservedShare: number
  readonly committedViolationMinutes: number
  readonly movesPerHour: number
  readonly accuracyUnder: number
  readonly accuracyOver: number
  readonly timeshareUnder: number
  readonly timeshareOver: number
  readonly instability: number
}

export function summarize({ accounts, moves }: Score): Summary {
  const sum = (of: (account: AccountScore) => number) => accounts.reduce((total, account) => total + of(account), 0)
  const ms = sum((account) => account.ms)
  const share = (of: (account: AccountScore) => number) => (ms === 0 ? 0 : sum(of) / ms)
  const hours = (accounts[0]?.ms ?? 0) / 3_600_000
  const demandMs = sum((account) => account.demandMs)
  return {
    serverHours: sum((account) => account.heldMs) / 3_600_000,
    unservedShare: demandMs === 0 ? 0 : sum((account) => account.unservedMs) / demandMs,
    committedViolationMinutes: sum((account) => account.committedBrokenMs) / 60_000,
    movesPerHour: hours === 0 ? 0 : moves / hours,
    accuracyUnder: share((account) => account.underMs),
    accuracyOver: share((account) => account.overMs),
    timeshareUnder: share((account) => account.timeUnderMs),
    timeshareOver: share((account) => account.timeOverMs),
    instability: share((account) => account.unsteadyMs),
  }
}
