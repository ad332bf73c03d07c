// What the actor of a site master is given.
import type { AnyMachineSnapshot } from 'xstate'
import type { Ledger } from '../accounts/ledger.ts'
import type { MoveInput } from '../machines/move-machine.ts'
import type { Log } from '../ports/log.ts'
import type { Address } from '../protocol/address.ts'
import type { adoptedMembers } from './adopted-members.ts'
import type { CellSpec } from './child-spec.ts'
import type { Designations } from './designations.ts'
import type { MasterPair } from './master-pair.ts'
import type { SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'
import type { SitePicture } from './site-picture.ts'

export interface SiteMasterParts {
  readonly book: SiteBook
  readonly picture: SitePicture
  /** Another one after it was read from the journal. */
  readonly memory: SiteMemory
  readonly designations: Designations
  readonly pair: Pick<MasterPair, 'campaign' | 'letGo' | 'isSettled' | 'isBarrierOver' | 'redundancy' | 'peer'>
  /** The global coordinator's cell; null without one. */
  readonly coordinator: Address | null
  readonly log: Log
  /** Of all that is committed. */
  readonly ledger: Ledger
  snapshot(path: string): AnyMachineSnapshot | undefined
  paths(prefix: string): readonly string[]
  journalIndex(): number
  /** What an operator asked is committed. */
  answered(request: number): void
  moveCell(input: MoveInput): CellSpec
  groupCell(group: BookGroupInput): CellSpec
}

export interface BookGroupInput {
  readonly group: string
  readonly epoch: number
  readonly members: ReturnType<typeof adoptedMembers>
  readonly held: boolean
}
