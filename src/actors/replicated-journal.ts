// The journal of a leader: what is appended is answered once it may be acted on (pair/replication.ts), and is shipped to the standby
// at once, beside the own disk. One of these an epoch.
import {
  openReplication,
  type Replication,
  type ReplicationEvent,
  type ReplicationStep,
  stepReplication,
} from '../pair/replication.ts'
import type { Clock } from '../ports/clock.ts'
import { diskSlowMs } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Failure } from '../ports/result.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { JournalHave, JournalReplace, JournalShip, SyncMark } from '../protocol/pair.ts'
import type { JournalEntry } from './effects.ts'
import { JournalLeader, type PairJournal } from './journal-shipping.ts'

export interface ReplicatedJournalParts {
  readonly epoch: number
  /** Null for a site master that is alone by configuration. */
  readonly peer: NodeId | null
  readonly isPeerLinked: boolean
  /** The newest that the boards told whoever won. */
  readonly mark: SyncMark | null
  readonly journal: PairJournal
  readonly clock: Clock
  readonly log: Log
  ship(message: JournalShip | JournalReplace): void
  /** Records up to here may be acted on. */
  committed(index: number): void
  /** To be remembered by the boards from now on. */
  carry(mark: SyncMark): void
  /** Its disk fails: it cannot go on. */
  failed(failure: Failure): void
}

/** A peer that does not make a record durable within this is left behind. */
const ackMs = 300

export class ReplicatedJournal {
  private readonly parts: ReplicatedJournalParts
  private replication: Replication | undefined
  private leader: JournalLeader | undefined
  private readonly waiting: { readonly index: number; readonly since: number; readonly answer: Answer<void> }[] = []
  private isOver = false

  constructor(parts: ReplicatedJournalParts) {
    this.parts = parts
    const { journal, epoch, peer, isPeerLinked, mark, clock } = parts
    journal.setEpoch(epoch)
    if (peer === null) return
    this.take(openReplication({ epoch, peer, local: journal.lastIndex(), isPeerLinked, mark }, clock.monotonic()))
    if (isPeerLinked) this.openShipping()
  }

  mode(): Replication['mode'] {
    return this.replication?.mode ?? 'alone'
  }

  /** Every record up to here may be acted on. */
  committed(): number {
    return this.replication?.committed ?? this.parts.journal.lastIndex()
  }

  /** Never answered when the epoch is over first. */
  append(entries: readonly JournalEntry[], answer: Answer<void>): void {
    const { journal, clock, failed } = this.parts
    journal.append(entries, (kept) => {
      if (kept.ok) this.step({ type: 'localDurable', index: journal.lastIndex() })
      else failed(kept)
    })
    this.waiting.push({ index: journal.lastWritten(), since: clock.monotonic(), answer })
    this.leader?.shipMore()
  }

  peerLinked(): void {
    this.step({ type: 'peerLinked' })
    if (!this.isOver) this.openShipping()
  }

  peerLost(): void {
    this.leader = undefined
    this.step({ type: 'peerLost' })
  }

  answered(answer: JournalHave): void {
    const has = this.leader?.answered(answer) ?? null
    if (has !== null) this.step({ type: 'peerHas', index: has })
  }

  marked(mark: SyncMark): void {
    this.step({ type: 'marked', mark })
  }

  tick(): void {
    this.leader?.tick()
    this.step({ type: 'tick' })
    this.noteSlowness()
  }

  /** Its own disk keeps a record waiting that its peer has: the peer leads better. Without the peer it goes on, slowly. */
  private noteSlowness(): void {
    const { journal, clock, failed } = this.parts
    const [oldest] = this.waiting
    if (this.replication?.mode !== 'paired' || oldest === undefined) return
    const waitedMs = clock.monotonic() - oldest.since
    if (waitedMs < diskSlowMs || oldest.index <= journal.lastIndex() || this.replication.peerHas < oldest.index) return
    const detail = `record ${oldest.index} waits for the disk for ${Math.round(waitedMs)} ms; ${this.replication.peer} has it`
    failed({ ok: false, code: 'DISK_SLOW', detail })
  }

  /** It leads no more: nothing is shipped, and nothing answered. */
  end(): void {
    this.isOver = true
    this.leader = undefined
    this.waiting.length = 0
  }

  private openShipping(): void {
    const { journal, epoch, clock, log, ship } = this.parts
    this.leader = new JournalLeader({ journal, epoch, clock, log, send: ship, committed: () => this.committed() })
  }

  private step(event: ReplicationEvent): void {
    if (this.isOver) return
    if (this.replication) {
      const before = this.replication.mode
      this.take(stepReplication(this.replication, event, this.parts.clock.monotonic(), { ackMs }))
      const { mode, committed } = this.replication
      if (mode !== before) this.parts.log.info('pair.replication', { mode, before, committed })
    }
    this.parts.committed(this.committed())
    while (this.waiting[0] && this.waiting[0].index <= this.committed())
      this.waiting.shift()?.answer({ ok: true, value: undefined })
  }

  private take({ replication, mark }: ReplicationStep): void {
    this.replication = replication
    if (mark) this.parts.carry(mark)
  }
}
