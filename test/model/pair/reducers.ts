// What the checkers check, as one value: the pure steps of src/pair, and the duties that these leave to whoever calls them.
// A planted bug is another such value.
import { answerAsk, isGranted, openBoardLease } from '../../../src/pair/board-vote.ts'
import { shipNext, takeShipment } from '../../../src/pair/follow.ts'
import { isLeading, leaseTimes, openMasterLease, stepLease } from '../../../src/pair/master-lease.ts'
import { openReplication, stepReplication } from '../../../src/pair/replication.ts'
import { changedVoters, settledVoters } from '../../../src/pair/voters.ts'

export interface Duties {
  /** A board answers when its word is durable… */
  readonly answersAfterDurable: boolean
  /** …and carries out nothing before. */
  readonly isQuietWhilePersisting: boolean
  /** A master keeps an epoch on its disk before it asks for it. */
  readonly keepsEpochs: boolean
  /** Only an epoch whose holder is dead, or has let go, is released. */
  readonly releasesTheDeadOnly: boolean
  /** A leader's first record of an epoch is its own, and nothing is acted on before that one is committed. */
  readonly opensEpochs: boolean
  /** A leader acts on what is committed, not on what it has written. */
  readonly actsOnCommitted: boolean
  /** A standby answers when what it took is durable. */
  readonly followsDurably: boolean
}

export const sound = {
  openBoardLease,
  answerAsk,
  isGranted,
  openMasterLease,
  stepLease,
  isLeading,
  leaseTimes,
  openReplication,
  stepReplication,
  takeShipment: takeShipment<Rec>,
  shipNext,
  changedVoters,
  settledVoters,
  duties: {
    answersAfterDurable: true,
    isQuietWhilePersisting: true,
    keepsEpochs: true,
    releasesTheDeadOnly: true,
    opensEpochs: true,
    actsOnCommitted: true,
    followsDurably: true,
  } as Duties,
}
export type Reducers = typeof sound

/** A journal record of the models. `id` is what it says: two of the same index and epoch must be one. */
export interface Rec {
  readonly index: number
  readonly epoch: number
  readonly id: number
}
