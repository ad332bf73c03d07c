// How a room of the house shows that its checkers bite: a table of bugs, and for each the checks that hunt it, the cheapest first.
export interface Caught {
  /** Which law, or which test, failed, and how. */
  readonly how: string
  /** After so many `unit`s: seeds, states, schedules. */
  readonly count: number
  readonly unit: string
}

export interface Hunt {
  readonly check: string
  /** Null when the bug outlived what the hunt may cost (two core-minutes at most). */
  run(): Caught | null | Promise<Caught | null>
}

export interface HuntedMutant {
  readonly name: string
  readonly hunts: readonly Hunt[]
}

export interface MutantTable {
  readonly room: string
  readonly mutants: readonly HuntedMutant[]
  /** The same hunts after nothing. What they catch accuses them, not a bug. Default: tests of their own show that. */
  readonly sound?: readonly Hunt[]
}
