// What the pair needs of the process that it runs in, and tells it.
import type { SiteMasterEvent } from '../machines/site-master-machine.ts'
import type { LeaseTimes } from '../pair/master-lease.ts'
import type { Electable } from '../pair/voters.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Voters } from '../protocol/pair.ts'
import type { DurableAsksParts } from './durable-asks.ts'
import type { PairJournal } from './journal-shipping.ts'

export interface MasterPairParts extends DurableAsksParts {
  readonly node: NodeId
  readonly parity: 0 | 1
  /** Null for a site master that is alone by configuration. */
  readonly peer: NodeId | null
  readonly boards: readonly Electable[]
  /** As far as it knows: the boards know better. */
  readonly voters: Voters
  readonly times: LeaseTimes
  readonly clock: Clock
  readonly log: Log
  readonly journal: PairJournal
  edge(event: SiteMasterEvent): void
  /** In which a loss was accepted last: what was obeyed before is forgiven (lossEpochOf). */
  lossEpoch(): number
  /** Records up to here may be acted on by whoever leads. */
  committed(index: number): void
}
