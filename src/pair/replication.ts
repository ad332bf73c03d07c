// When may a leader act on what it has written? Once its peer has it too, or once a majority of the voting boards remembers that
// the peer has not (P14). So whoever leads next knows of everything that was done: the peer has it, or is barred from leading.
//
//   paired    acts on what both have made durable
//   marking   the peer is gone or too slow: nothing new is acted on until the boards remember that it misses what comes
//   alone     acts on what it has made durable itself
//   joining   the peer has caught up: nothing new is acted on without it, but it may still miss something that was
//   clearing  the peer has everything that was acted on: the boards are told to forget
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
  /** Index of the newest record that is durable here. */
  readonly local: number
  /** Index up to which the peer is known to have the same records, durably; -1 while nothing is known. */
  readonly peerHas: number
  readonly isPeerLinked: boolean
  /** Every record up to here may be acted on. Never falls. */
  readonly committed: number
  /** Monotonic ms since when a record has been waiting for the peer; null when none is. */
  readonly waitingSince: number | null
}

export type ReplicationEvent =
  | { readonly type: 'localDurable'; readonly index: number }
  | { readonly type: 'peerHas'; readonly index: number }
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
  /** A peer that lets a record wait longer is left behind. Higher: a slow disk costs latency; lower: it costs redundancy. Default 300. */
  readonly ackMs: number
}

/** @param isMarked the boards know the peer as one that misses records, from an earlier epoch */
export function openReplication(
  {
    epoch,
    peer,
    local,
    isPeerLinked,
    isMarked,
  }: Pick<Replication, 'epoch' | 'peer' | 'local' | 'isPeerLinked'> & { isMarked: boolean },
  now: number,
): ReplicationStep {
  const opened: Replication = {
    epoch,
    peer,
    mode: isMarked ? 'joining' : 'paired',
    markNumber: 0,
    local,
    peerHas: -1,
    isPeerLinked,
    committed: 0,
    waitingSince: now,
  }
  // Whether its journal equals the peer's is not known yet, so nothing in it counts as acted on before one of the two is.
  return isPeerLinked ? { replication: opened, mark: null } : marking(opened, local)
}

export function stepReplication(
  former: Replication,
  event: ReplicationEvent,
  now: number,
  { ackMs }: ReplicationTimes,
): ReplicationStep {
  const noted = note(former, event, now)
  switch (noted.mode) {
    case 'paired':
    case 'clearing':
      if (!noted.isPeerLinked || isOverdue(noted, now, ackMs)) return marking(noted)
      if (noted.mode === 'clearing' && isMarkedBy(noted, event))
        return { replication: { ...noted, mode: 'paired' }, mark: null }
      return commit(noted)
    case 'marking':
      return isMarkedBy(noted, event) ? commit({ ...noted, mode: 'alone' }) : commit(noted)
    case 'alone':
      return hasCaughtUp(noted)
        ? clearOrWait({ ...noted, mode: 'joining', waitingSince: waitingSince(noted, now) })
        : commit(noted)
    case 'joining':
      // Of an earlier epoch's mark it is not known whether a majority has it.
      if (!noted.isPeerLinked || isOverdue(noted, now, ackMs))
        return noted.markNumber === 0 ? marking(noted) : commit({ ...noted, mode: 'alone' })
      return clearOrWait(noted)
    default:
      return noted.mode satisfies never
  }
}

function note(former: Replication, event: ReplicationEvent, now: number): Replication {
  const noted = noteEvent(former, event)
  return { ...noted, waitingSince: waitingSince(noted, now) }
}

function noteEvent(former: Replication, event: ReplicationEvent): Replication {
  switch (event.type) {
    case 'localDurable':
      return { ...former, local: Math.max(former.local, event.index) }
    case 'peerHas':
      return former.isPeerLinked ? { ...former, peerHas: event.index } : former
    case 'peerLinked':
      return { ...former, isPeerLinked: true, peerHas: -1 }
    case 'peerLost':
      return { ...former, isPeerLinked: false, peerHas: -1 }
    case 'marked':
    case 'tick':
      return former
    default:
      return event satisfies never
  }
}

function waitingSince({ local, peerHas, waitingSince: since }: Replication, now: number): number | null {
  return peerHas >= local ? null : (since ?? now)
}

function isOverdue({ waitingSince: since }: Replication, now: number, ackMs: number): boolean {
  return since !== null && now - since > ackMs
}

function isMarkedBy({ epoch, markNumber }: Replication, event: ReplicationEvent): boolean {
  return event.type === 'marked' && event.mark.epoch === epoch && event.mark.number === markNumber
}

function hasCaughtUp({ isPeerLinked, peerHas, local }: Replication): boolean {
  return isPeerLinked && peerHas >= local
}

/** @param index from which on the peer may miss something */
function marking(former: Replication, index = Math.max(former.committed, former.peerHas)): ReplicationStep {
  const replication: Replication = { ...former, mode: 'marking', markNumber: former.markNumber + 1 }
  const { epoch, markNumber: number, peer } = replication
  return { replication, mark: { epoch, number, outOfSync: peer, index } }
}

function clearOrWait(noted: Replication): ReplicationStep {
  const { replication } = commit(noted)
  if (replication.peerHas < replication.committed) return { replication, mark: null }
  const clearing: Replication = { ...replication, mode: 'clearing', markNumber: replication.markNumber + 1 }
  const { epoch, markNumber: number, committed: index } = clearing
  return { replication: clearing, mark: { epoch, number, outOfSync: null, index } }
}

function commit(noted: Replication): ReplicationStep {
  const both = Math.min(noted.local, noted.peerHas)
  const may = noted.mode === 'alone' ? noted.local : noted.mode === 'marking' ? noted.committed : both
  return { replication: { ...noted, committed: Math.max(noted.committed, may) }, mark: null }
}
