// How the journal of a standby becomes its leader's. The leader ships records after a position that it believes both have; the
// standby looks whether it has that position. Index and epoch together name a record: one leader alone writes in an epoch, and no
// epoch has two lives. So where the two agree at one position they agree on everything before.
//
//   agrees    what conflicts (same index, other epoch) is cut with all that follows it, the rest appended as it is
//   differs   the standby names the newest position of its own that could be common; the leader looks at it in the same way.
//             Each answer goes back by a whole epoch at least, so that this ends soon
//   too far   what the standby would need, one of the two holds in a snapshot only: the leader's stands for all of it
//
// Nothing is cut for being longer than what was shipped: a shipment that comes late, or twice, takes back nothing. And nothing is
// taken from a leader of an epoch before that of the newest record: so a leader opens its epoch with a record of its own, and acts on
// nothing before that one is committed. What it acts on then outlives every late word of those who led before.

/** Names a record. {index: 0, epoch: 0} is the beginning, which all have. */
export interface Position {
  readonly index: number
  readonly epoch: number
}

export interface JournalView {
  readonly lastIndex: number
  /** The oldest index that it can name: 0, or that of its snapshot. */
  readonly baseIndex: number
  /** From baseIndex to lastIndex, never falling; null elsewhere. 0 at index 0. */
  epochAt(index: number): number | null
}

export interface Shipment<Record extends Position> {
  /** In which the sender leads. */
  readonly epoch: number
  readonly after: Position
  /** Without gaps. */
  readonly records: readonly Record[]
}

export interface ShippedSnapshot {
  readonly epoch: number
  /** It stands for everything up to here. */
  readonly at: Position
  /** What the standby said was its last: it has not moved on since. */
  readonly replaces: Position
}

/** What a standby says when that is durable. */
export interface FollowAnswer {
  readonly epoch: number
  /** Its journal is the leader's up to `has`; else `has` may be common. */
  readonly isSame: boolean
  readonly has: Position
  readonly last: Position
  readonly baseIndex: number
}

export type Taken<Record> =
  /** From a leader of the past, or without sense. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'differs'; readonly answer: FollowAnswer }
  /** Cut from this index on, if any; append; answer when both are durable. */
  | {
      readonly kind: 'taken'
      readonly cutFrom: number | null
      readonly append: readonly Record[]
      readonly answer: FollowAnswer
    }

/** @param followed highest epoch that this master led or followed in; one that it merely asked for does not count */
export function takeShipment<Record extends Position>(
  view: JournalView,
  followed: number,
  { epoch, after, records }: Shipment<Record>,
): Taken<Record> {
  const last = positionAt(view, view.lastIndex)
  const common = { epoch, last, baseIndex: view.baseIndex }
  if (epoch < followed || epoch < last.epoch || !isWhole(epoch, after, records)) return { kind: 'refused' }
  if (view.epochAt(after.index) !== after.epoch)
    return { kind: 'differs', answer: { ...common, isSame: false, has: newestNotAfter(view, after) } }

  const known = records.findIndex(({ index, epoch: written }) => view.epochAt(index) !== written)
  const append = known === -1 ? [] : records.slice(known)
  const first = append[0]
  const has = nameOf(records.at(-1) ?? after)
  return {
    kind: 'taken',
    cutFrom: first !== undefined && first.index <= view.lastIndex ? first.index : null,
    append,
    answer: { ...common, isSame: true, has, last: first === undefined ? last : has },
  }
}

export type TakenSnapshot =
  | { readonly kind: 'refused' }
  /** It stands in the place of the whole journal; answer when that is durable. */
  | { readonly kind: 'replaces'; readonly answer: FollowAnswer }
  /** The standby has moved on. */
  | { readonly kind: 'kept'; readonly answer: FollowAnswer }

export function takeSnapshot(
  view: JournalView,
  followed: number,
  { epoch, at, replaces }: ShippedSnapshot,
): TakenSnapshot {
  const last = positionAt(view, view.lastIndex)
  if (epoch < followed || epoch < last.epoch || epoch < at.epoch) return { kind: 'refused' }
  const isSame = view.epochAt(at.index) === at.epoch
  if (!isSame && last.index === replaces.index && last.epoch === replaces.epoch)
    return { kind: 'replaces', answer: { epoch, isSame: true, has: at, last: at, baseIndex: at.index } }
  const has = isSame ? at : last
  return { kind: 'kept', answer: { epoch, isSame, has, last, baseIndex: view.baseIndex } }
}

export type ShipNext =
  /** `peerHas`: both have the same records up to here; null when that is not known yet. */
  | { readonly kind: 'ship'; readonly after: Position; readonly peerHas: number | null }
  | { readonly kind: 'snapshot'; readonly replaces: Position }

/** Where a leader goes on. @param answer of its own epoch: others are not for it */
export function shipNext(view: JournalView, { isSame, has, last, baseIndex }: FollowAnswer): ShipNext {
  const isCommon = isSame || view.epochAt(has.index) === has.epoch
  if (isCommon && has.index >= view.baseIndex) return { kind: 'ship', after: has, peerHas: has.index }
  // Where one of the two is at its base it cannot go back further.
  const after = newestNotAfter(view, has)
  const isOutOfReach = after.index > has.index || after.epoch > has.epoch || has.index <= baseIndex
  return isCommon || isOutOfReach ? { kind: 'snapshot', replaces: last } : { kind: 'ship', after, peerHas: null }
}

/** The newest of its positions that can be common with a journal that has `other`; its base when none can. */
function newestNotAfter(view: JournalView, other: Position): Position {
  let index = Math.min(other.index, view.lastIndex)
  while (index > view.baseIndex && positionAt(view, index).epoch > other.epoch) index -= 1
  return positionAt(view, Math.max(index, view.baseIndex))
}

function positionAt(view: JournalView, index: number): Position {
  return { index, epoch: view.epochAt(index) ?? 0 }
}

function nameOf({ index, epoch }: Position): Position {
  return { index, epoch }
}

function isWhole(epoch: number, after: Position, records: readonly Position[]): boolean {
  let former = after
  for (const record of records) {
    if (record.index !== former.index + 1 || record.epoch < former.epoch || record.epoch > epoch) return false
    former = record
  }
  return after.epoch <= epoch
}
