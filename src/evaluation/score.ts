// What a run is worth: served or not, what it cost, and how well supply followed demand, by the elasticity metrics of SPEC RG (Herbst et al.,
// "Ready for Rain?", 2016): accuracy is the mean amount, timeshare the share of time, in which supply is below or above demand; instability the
// share of steps in which one rises and the other falls.
import type { FarmTerms } from './farm-terms.ts'

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
  joinedMs: number
  underMs: number
  overMs: number
  timeUnderMs: number
  timeOverMs: number
  /** Less was there than was needed, up to the level of that name, while the levels before it were kept. */
  committedBrokenMs: number
  expansionBrokenMs: number
  extensionBrokenMs: number
  /** Blade-milliseconds by level, as they are billed. */
  committedMs: number
  expansionMs: number
  extensionMs: number
  entries: number
  inHeadroomMs: number
  steps: number
  unsteadySteps: number
  /** Ticks in which a blade of the guaranteed level was needed, and the farm had none. */
  refusedGuaranteed: number
  lastLevel: number
  lastDemand: number
  lastSupply: number
}

export interface Step {
  readonly ms: number
  /** In blades. */
  readonly demand: number
  readonly joined: number
  readonly held: number
}

export function emptyScore(accounts: number): Score {
  const one = (): AccountScore => ({
    ...{ ms: 0, demandMs: 0, unservedMs: 0, heldMs: 0, joinedMs: 0, underMs: 0, overMs: 0, timeUnderMs: 0 },
    ...{ timeOverMs: 0, committedBrokenMs: 0, expansionBrokenMs: 0, extensionBrokenMs: 0, committedMs: 0 },
    ...{ expansionMs: 0, extensionMs: 0, entries: 0, inHeadroomMs: 0, steps: 0, unsteadySteps: 0 },
    ...{ refusedGuaranteed: 0, lastLevel: 0, lastDemand: 0, lastSupply: 0 },
  })
  return { accounts: Array.from({ length: accounts }, one), moves: 0 }
}

export function addStep(account: AccountScore, { ms, demand, joined, held }: Step, terms: FarmTerms): void {
  const need = Math.ceil(demand - 1e-9)
  const { committed, expansion, headroom } = terms
  account.ms += ms
  account.demandMs += demand * ms
  account.unservedMs += Math.max(0, demand - joined) * ms
  account.heldMs += held * ms
  account.joinedMs += joined * ms
  account.underMs += Math.max(0, need - joined) * ms
  account.overMs += Math.max(0, joined - need) * ms
  if (need > joined) account.timeUnderMs += ms
  if (need < joined) account.timeOverMs += ms
  if (joined < Math.min(need, committed)) account.committedBrokenMs += ms
  else if (joined < Math.min(need, committed + expansion)) account.expansionBrokenMs += ms
  else if (joined < need) account.extensionBrokenMs += ms
  const spare = demand === 0 ? Number.POSITIVE_INFINITY : (joined - demand) / demand
  if (spare >= headroom[0] && spare <= headroom[1]) account.inHeadroomMs += ms
  account.committedMs += committed * ms
  account.expansionMs += Math.max(0, Math.min(held - committed, expansion)) * ms
  account.extensionMs += Math.max(0, held - committed - expansion) * ms
  const level = held > committed + expansion ? 2 : held > committed ? 1 : 0
  account.entries += Math.max(0, level - account.lastLevel)
  account.lastLevel = level
}

/** Once each tick. */
export function compareDirections(account: AccountScore, demand: number, joined: number): void {
  const need = Math.ceil(demand - 1e-9)
  if ((need - account.lastDemand) * (joined - account.lastSupply) < 0) account.unsteadySteps += 1
  account.steps += 1
  account.lastDemand = need
  account.lastSupply = joined
}

export interface Summary {
  readonly serverHours: number
  /** Of all demand. */
  readonly unservedShare: number
  readonly violationMinutes: { readonly committed: number; readonly expansion: number; readonly extension: number }
  readonly refusedGuaranteed: number
  readonly movesPerHour: number
  readonly accuracyUnder: number
  readonly accuracyOver: number
  readonly timeshareUnder: number
  readonly timeshareOver: number
  readonly instability: number
  /** Of the time that blades were held: under way, not serving. */
  readonly transitionShare: number
  /** Share of time in the band (R27). */
  readonly headroomShare: number
  /** In hundredths of the currency. */
  readonly bill: number
  /** The same of each account, in the order of the traces. */
  readonly accounts: readonly AccountSummary[]
}

export interface AccountSummary {
  readonly name: string
  readonly serverHours: number
  readonly unservedShare: number
  readonly bill: number
}

export function summarize({ accounts, moves }: Score, terms: FarmTerms, names: readonly string[]): Summary {
  const sum = (of: (account: AccountScore) => number) => accounts.reduce((total, account) => total + of(account), 0)
  const ms = sum((account) => account.ms)
  const share = (of: (account: AccountScore) => number, whole = ms) => (whole === 0 ? 0 : sum(of) / whole)
  const minutes = (of: (account: AccountScore) => number) => sum(of) / 60_000
  const hours = (accounts[0]?.ms ?? 0) / 3_600_000
  const heldMs = sum((account) => account.heldMs)
  return {
    serverHours: heldMs / 3_600_000,
    unservedShare: share(
      (account) => account.unservedMs,
      sum((account) => account.demandMs),
    ),
    violationMinutes: {
      committed: minutes((account) => account.committedBrokenMs),
      expansion: minutes((account) => account.expansionBrokenMs),
      extension: minutes((account) => account.extensionBrokenMs),
    },
    refusedGuaranteed: sum((account) => account.refusedGuaranteed),
    movesPerHour: hours === 0 ? 0 : moves / hours,
    accuracyUnder: share((account) => account.underMs),
    accuracyOver: share((account) => account.overMs),
    timeshareUnder: share((account) => account.timeUnderMs),
    timeshareOver: share((account) => account.timeOverMs),
    instability: share(
      (account) => account.unsteadySteps,
      sum((account) => account.steps),
    ),
    transitionShare: share((account) => account.heldMs - account.joinedMs, heldMs),
    headroomShare: share((account) => account.inHeadroomMs),
    bill: sum((account) => billOf(account, terms)),
    accounts: accounts.map((account, i) => ({
      ...{ name: names[i] ?? '', serverHours: account.heldMs / 3_600_000, bill: billOf(account, terms) },
      unservedShare: account.demandMs === 0 ? 0 : account.unservedMs / account.demandMs,
    })),
  }
}

/** Each level is rounded once, at the end. */
function billOf({ committedMs, expansionMs, extensionMs, entries }: AccountScore, { prices }: FarmTerms): number {
  const cost = (bladeMs: number, perHour: number) => Math.round((bladeMs * perHour) / 3_600_000)
  return (
    cost(committedMs, prices.committed) +
    cost(expansionMs, prices.expansion) +
    cost(extensionMs, prices.extension) +
    entries * prices.entry
  )
}
