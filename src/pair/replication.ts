// When may a leader act on what it has written? Once its peer has it too, or once a majority of the voting boards remembers that
// the peer has not (P14). So whoever leads next knows of everything that was done: the peer has it, or is barred from leading.
//
//   paired    acts on what both have made durable
//   marking   the peer is gone or too slow: nothing that it has not is acted on until the boards remember that it misses what comes
//   alone     acts on what it has made durable itself
//   joining   the peer keeps up again: nothing new is acted on without it, but it still misses something that may have been
//   clearing  the peer has everything that may have been acted on: the boards are told to forget
//
// A mark that is set stays in force until a newer one is durable on a majority. So a peer that is lost while it joins costs
// nothing, and one that is lost while the mark is being cleared needs a new mark, for nobody knows which boards still have the old.
import type { NodeId } from '../protocol/ids.ts'
import type { SyncMark } from '../protocol/pair.ts'

export interface Replication {
  readonly epoch: number
  readonly peer: NodeId
  readonly mode: 'paired' | 'marking' | 'alone' | 'joining' | 'clearing'
  /** Of the mark that was made last; 0 before the first of this epoch. */
  readonly markNumber: number
  /** Index after which the peer is said to miss records; null while it is said to miss none. */
  readonly missesAfter: number | null
  /** Index of the newest record of before this epoch: whoever led then may have acted on it. */
  readonly inherited: number
  /** Index of the newest record that is durable here. */
  readonly local: number
  /** Index up to which the peer is known to have the same records, durably; -1 while nothing is known. */
  readonly peerHas: number
  readonly isPeerLinked: boolean
  /** Every record up to here may be acted on. Never falls. */
  readonly committed: number
  /** What the peer is to have next, and since when (monotonic ms); null when it has everything. */
  readonly awaited: { readonly index: number; readonly since: number } | null
}

export type ReplicationEvent =
  | { readonly type: 'localDurable'; readonly index: number }
  /** What it answered in this epoch. */
  | { readonly type: 'peerHas'; readonly index: number }
  /** Also when it comes back anew without having been missed. */
  | { readonly type: 'peerLinked' }
  | { readonly type: 'peerLost' }
  /** A majority of the voters has this mark. */
  | { readonly type: 'marked'; readonly mark: SyncMark }
  | { readonly type: 'tick' }

export interface ReplicationStep {
  readonly replication: Replication
  /** To be carried to the boards from now on. */
  readonly mark: SyncMark | null
}

export interface ReplicationTimes {
  /**
   * A peer that lets a record wait longer is left behind, after twice this at most; one that has left no record waiting longer is
   * taken back. Higher: a slow disk costs latency; lower: it costs redundancy. Default 300.
   */
  readonly ackMs: number
}

/**
 * @param local of a record that is durable; the first record of the epoch comes after it
 * @param mark the newest that the boards told whoever won
 */
export function openReplication(
  {
    epoch,
    peer,
    local,
    isPeerLinked,
    mark,
  }: Pick<Replication, 'epoch' | 'peer' | 'local' | 'isPeerLinked'> & { mark: SyncMark | null },
  now: number,
): ReplicationStep {
  const isPeerMarked = mark?.outOfSync === peer
  const opened: Replication = {
    epoch,
    peer,
    mode: isPeerMarked ? 'joining' : 'paired',
    markNumber: 0,
    missesAfter: isPeerMarked ? mark.index : null,
    inherited: local,
    local,
    peerHas: -1,
    isPeerLinked,
    committed: 0,
    awaited: { index: local, since: now },
  }
  if (!isPeerLinked) return marking(opened)
  // The boards say of the leader itself that it misses records: nobody ever acted on that, or an operator overruled it.
  if (mark !== null && mark.outOfSync !== null && !isPeerMarked) return clearing(opened)
  return { replication: opened, mark: null }
}

export function stepReplication(
  former: Replication,
  event: ReplicationEvent,
  now: number,
  { ackMs }: ReplicationTimes,
): ReplicationStep {
  const noted = commit(note(former, event, now))
  const isBehind = !noted.isPeerLinked || isOverdue(noted, now, ackMs)
  switch (noted.mode) {
    case 'paired':
      return isBehind ? marking(noted) : quiet(noted)
    case 'clearing':
      if (isBehind) return marking(noted)
      return quiet(isMarkedBy(noted, event) ? { ...noted, mode: 'paired' } : noted)
    case 'marking':
      return quiet(isMarkedBy(noted, event) ? commit({ ...noted, mode: 'alone' }) : noted)
    case 'alone':
      return keepsUp(former, noted, now, ackMs) ? clearingOrJoining(noted) : quiet(noted)
    case 'joining':
      if (!isBehind) return clearingOrJoining(noted)
      // Of an earlier epoch's mark it is not known whether a majority has it.
      return noted.markNumber === 0 ? marking(noted) : quiet(commit({ ...noted, mode: 'alone' }))
    default:
      return noted.mode satisfies never
  }
}

function note(former: Replication, event: ReplicationEvent, now: number): Replication {
  const noted = noteEvent(former, event)
  return { ...noted, awaited: awaitedBy(noted, now) }
}

function noteEvent(former: Replication, event: ReplicationEvent): Replication {
  switch (event.type) {
    case 'localDurable':
      return { ...former, local: Math.max(former.local, event.index) }
    case 'peerHas':
      return former.isPeerLinked ? { ...former, peerHas: event.index } : former
    case 'peerLinked':
      return { ...former, isPeerLinked: true, peerHas: -1, awaited: null }
    case 'peerLost':
      return { ...former, isPeerLinked: false, peerHas: -1 }
    case 'marked':
    case 'tick':
      return former
    default:
      return event satisfies never
  }
}

/** With more and more coming the peer never has everything: it is to have in time what there was at some moment. */
function awaitedBy({ local, peerHas, awaited }: Replication, now: number): Replication['awaited'] {
  if (peerHas >= local) return null
  return awaited === null || peerHas >= awaited.index ? { index: local, since: now } : awaited
}

function isOverdue({ awaited }: Replication, now: number, ackMs: number): boolean {
  return awaited !== null && now - awaited.since > ackMs
}

/** It has everything, or has in time what it was to have. */
function keepsUp(
  { awaited }: Replication,
  { isPeerLinked, peerHas }: Replication,
  now: number,
  ackMs: number,
): boolean {
  if (!isPeerLinked || peerHas === -1) return false
  return awaited === null || (peerHas >= awaited.index && now - awaited.since <= ackMs)
}

function isMarkedBy({ epoch, markNumber }: Replication, event: ReplicationEvent): boolean {
  return event.type === 'marked' && event.mark.epoch === epoch && event.mark.number === markNumber
}

/** What both have may be acted on in every mode: whoever leads next has it. */
function commit(noted: Replication): Replication {
  const { mode, local, peerHas, committed } = noted
  const may = mode === 'alone' ? local : Math.min(local, peerHas)
  return may > committed ? { ...noted, committed: may } : noted
}

function marking(former: Replication): ReplicationStep {
  const missesAfter = former.missesAfter ?? Math.max(former.committed, former.inherited)
  return withMark({ ...former, mode: 'marking', missesAfter }, former.peer, missesAfter)
}

function clearingOrJoining(noted: Replication): ReplicationStep {
  const mayBeActedOn = Math.max(noted.committed, noted.inherited)
  return noted.peerHas >= mayBeActedOn ? clearing(noted) : quiet({ ...noted, mode: 'joining' })
}

function clearing(noted: Replication): ReplicationStep {
  return withMark({ ...noted, mode: 'clearing', missesAfter: null }, null, noted.committed)
}

function withMark(noted: Replication, outOfSync: NodeId | null, index: number): ReplicationStep {
  const number = noted.markNumber + 1
  return { replication: { ...noted, markNumber: number }, mark: { epoch: noted.epoch, number, outOfSync, index } }
}

function quiet(replication: Replication): ReplicationStep {
  return { replication, mark: null }
}
