// What the masters of a pair, and the boards that decide between them, say to each other.
import { z } from 'zod'
import { commandOrder } from './board.ts'
import { bladeId, nodeId } from './ids.ts'
import { timeMs } from './units.ts'

const epoch = z.number().int().nonnegative()

/** A board follows a silent master no longer than this, whoever asks. */
export const leaseMsMax = 60_000

/** In one message. */
export const shippedCountMax = 64
/** A record, or a snapshot, that is longer cannot be shipped. */
const shippedTextMax = 512 * 1024

/**
 * The boards that vote. While the list is being changed `former` is the old one, and whatever needs a majority needs one of each
 * (joint majorities). Newer versions replace older ones.
 */
export const voters = z.object({
  version: z.number().int().positive(),
  members: z.array(bladeId).min(1).max(9),
  former: z.array(bladeId).min(1).max(9).nullable(),
})
export type Voters = z.infer<typeof voters>

/**
 * What a leader has a majority of the voters remember before it acts without its peer: that peer misses what comes after `index`,
 * and may not lead by itself. Null takes it back. Ordered by (epoch, number).
 */
export const syncMark = z.object({
  epoch: epoch.positive(),
  number: z.number().int().positive(),
  outOfSync: nodeId.nullable(),
  index: z.number().int().nonnegative(),
})
export type SyncMark = z.infer<typeof syncMark>

/** One board's word on a `lease.ask`. */
export const boardVote = z.object({
  board: bladeId,
  /**
   * granted: its lease runs for this epoch. outbid: it promised `promised` to somebody. held: it granted its lease to the other
   * master, for `heldMs` more. mute: it has just started, and may have granted one. barred: the asker misses records.
   */
  outcome: z.enum(['granted', 'outbid', 'held', 'mute', 'barred']),
  promised: epoch,
  heldMs: z.number().nonnegative(),
  mark: syncMark.nullable(),
  voters: voters.nullable(),
  /** Of the newest command that it took: a master whose journal ends before it has lost its memory. */
  lastOrder: commandOrder,
})
export type BoardVote = z.infer<typeof boardVote>

/** Promise to refuse lower epochs, and grant me your lease; the same message renews it. To every board of an agent. */
export const leaseAsk = z.object({
  type: z.literal('lease.ask'),
  master: nodeId,
  epoch: epoch.positive(),
  /** Comes back in the answer: an answer counts from when its own round was sent. Never the same twice in one epoch. */
  round: z.number().int().positive(),
  /** Epoch of a master that is verifiably dead or has let go: boards that promised it need not wait. 0: none. */
  releases: epoch,
  /** T_b: for so long the board's lease runs, by its own clock. */
  leaseMs: z.number().int().positive().max(leaseMsMax),
  mark: syncMark.nullable(),
  voters,
  /** An operator took upon himself what the asker misses. */
  acceptsLoss: z.boolean(),
})
export type LeaseAsk = z.infer<typeof leaseAsk>

export const leaseAnswered = z.object({
  type: z.literal('lease.answered'),
  epoch,
  round: z.number().int().positive(),
  /** To be echoed by every command to these boards, so that a delayed one is known by its age. */
  nonce: z.number().int().nonnegative(),
  boards: z.array(boardVote).max(64),
})
export type LeaseAnswered = z.infer<typeof leaseAnswered>

// — master ↔ master ——————————————————————————————————————————————————————————————————————————

export const troubleTextMax = 256

/** Said when the link comes up, at every change, and as a sign of life. */
export const pairState = z.object({
  type: z.literal('pair.state'),
  master: nodeId,
  stage: z.enum(['standby', 'asking', 'leading']),
  /** That it leads in, or asks for; 0 in standby. */
  epoch,
  /** The epoch that it let go in this life: nobody leads in it any more. 0: none. */
  released: epoch,
  /** Index of its newest durable record. */
  lastIndex: z.number().int().nonnegative(),
  /** Why it ends now: a code and more, when its disk does not do. */
  trouble: z.string().max(troubleTextMax).nullable(),
})
export type PairState = z.infer<typeof pairState>

/** Names a record. {index: 0, epoch: 0}: the beginning. */
const position = z.object({ index: z.number().int().nonnegative(), epoch })

const shippedRecord = z.object({
  index: z.number().int().positive(),
  epoch,
  at: timeMs,
  /** The entry as JSON text. */
  entry: z.string().max(shippedTextMax),
})
export type ShippedRecord = z.infer<typeof shippedRecord>

/** Leader → standby: these come after the position that both have. Without records: do we have it? */
export const journalShip = z.object({
  type: z.literal('journal.ship'),
  epoch: epoch.positive(),
  after: position,
  records: z.array(shippedRecord).max(shippedCountMax),
  /** Records up to here may be acted on. */
  committed: z.number().int().nonnegative(),
})
export type JournalShip = z.infer<typeof journalShip>

/** Leader → standby, in the place of records that the leader has in a snapshot only. */
export const journalReplace = z.object({
  type: z.literal('journal.replace'),
  epoch: epoch.positive(),
  at: position,
  replaces: position,
  time: timeMs,
  /** The entries as JSON text. */
  entries: z.string().max(shippedTextMax),
})
export type JournalReplace = z.infer<typeof journalReplace>

/** Standby → leader, when it is durable: what it has (FollowAnswer of src/pair/follow.ts). */
export const journalHave = z.object({
  type: z.literal('journal.have'),
  epoch,
  isSame: z.boolean(),
  has: position,
  last: position,
  baseIndex: z.number().int().nonnegative(),
})
export type JournalHave = z.infer<typeof journalHave>
