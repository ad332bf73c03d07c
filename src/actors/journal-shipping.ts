// Makes a standby's journal its leader's, over the channel: the decisions are those of pair/follow.ts, this carries them out.
// The leader ships what it writes at once, beside its own disk, and keeps a bounded number of records on the way; the standby answers
// when they are durable with it. What is not answered is shipped again, from the last position that both are known to have.
import {
  type FollowAnswer,
  type JournalView,
  type Position,
  shipNext,
  takeShipment,
  takeSnapshot,
} from '../pair/follow.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Failure } from '../ports/result.ts'
import {
  type JournalHave,
  type JournalReplace,
  type JournalShip,
  type ShippedRecord,
  shippedCountMax,
} from '../protocol/pair.ts'
import type { JournalEntry } from './effects.ts'

export interface PairRecord {
  readonly index: number
  readonly epoch: number
  readonly at: number
  readonly entry: JournalEntry
}

export interface PairSnapshot {
  readonly index: number
  readonly epoch: number
  readonly at: number
  readonly entries: readonly JournalEntry[]
}

/** What the pair needs of a journal (store/journal.ts). */
export interface PairJournal {
  append(entries: readonly JournalEntry[], answer: Answer<void>): void
  setEpoch(epoch: number): void
  accept(records: readonly PairRecord[], answer: Answer<void>): void
  cutAfter(index: number, answer: Answer<void>): void
  install(snapshot: PairSnapshot, answer: Answer<void>): void
  snapshot(): PairSnapshot | null
  /** Written ones too that are not durable yet. */
  records(after: number, limit: number): readonly PairRecord[]
  epochAt(index: number): number | undefined
  /** Durable. */
  lastIndex(): number
  lastWritten(): number
}

/** Records on the way to the standby. More: fewer stops on a long way; they wait in its memory. */
const onTheWayMax = 512
/** Text of one shipment: above, it is closed. */
const shipmentTextMax = 256 * 1024
/** A standby that answers nothing for so long is asked anew: a shipment or an answer was lost. */
const askAgainMs = 500

export interface JournalLeaderParts {
  readonly journal: PairJournal
  readonly epoch: number
  readonly clock: Clock
  readonly log: Log
  send(message: JournalShip | JournalReplace): void
  /** Records up to here may be acted on. */
  committed(): number
}

/** The leader's end, for one epoch and one link. */
export class JournalLeader {
  private readonly parts: JournalLeaderParts
  /** Up to which records are on their way; undefined until a common position is known. */
  private shipped: number | undefined
  private peerHas = -1
  private heardAt: number

  constructor(parts: JournalLeaderParts) {
    this.parts = parts
    this.heardAt = parts.clock.monotonic()
    this.probe()
  }

  /** @returns index up to which the standby has the same records; null when that is not known yet */
  answered(answer: JournalHave): number | null {
    if (answer.epoch !== this.parts.epoch) return null
    this.heardAt = this.parts.clock.monotonic()
    const next = shipNext(viewOf(this.parts.journal), answer)
    if (next.kind === 'snapshot') {
      this.shipSnapshot(next.replaces)
      return null
    }
    if (next.peerHas === null) {
      this.ship(next.after, [])
      return null
    }
    this.peerHas = Math.max(this.peerHas, next.peerHas)
    this.shipped = Math.max(this.shipped ?? 0, this.peerHas)
    this.shipMore()
    return this.peerHas
  }

  /** There may be more to ship, or a silence to end. */
  tick(): void {
    const { clock, journal } = this.parts
    const isWaiting = this.shipped === undefined || this.peerHas < journal.lastWritten()
    if (isWaiting && clock.monotonic() - this.heardAt >= askAgainMs) {
      this.heardAt = clock.monotonic()
      this.shipped = undefined
      this.probe()
    } else this.shipMore()
  }

  shipMore(): void {
    const { journal } = this.parts
    while (this.shipped !== undefined && this.shipped < journal.lastWritten()) {
      if (this.shipped - this.peerHas >= onTheWayMax) return
      const epoch = journal.epochAt(this.shipped)
      const records = shipmentOf(journal.records(this.shipped, shippedCountMax))
      const last = records.at(-1)
      if (epoch === undefined || last === undefined) return
      this.ship({ index: this.shipped, epoch }, records)
      this.shipped = last.index
    }
  }

  /** Do we have the same up to what I know to be common, or else up to my last? */
  private probe(): void {
    const { journal } = this.parts
    const index = this.peerHas >= 0 ? this.peerHas : journal.lastIndex()
    this.ship({ index, epoch: journal.epochAt(index) ?? 0 }, [])
  }

  private ship(after: Position, records: readonly ShippedRecord[]): void {
    const { send, epoch } = this.parts
    send({
      type: 'journal.ship',
      epoch,
      after: { index: after.index, epoch: after.epoch },
      records: [...records],
      committed: this.parts.committed(),
    })
  }

  private shipSnapshot(replaces: Position): void {
    const { journal, send, epoch, log } = this.parts
    const snapshot = journal.snapshot()
    if (snapshot === null) return
    const at = { index: snapshot.index, epoch: snapshot.epoch }
    log.info('pair.snapshot.shipped', { index: snapshot.index })
    send({
      type: 'journal.replace',
      epoch,
      at,
      replaces: { index: replaces.index, epoch: replaces.epoch },
      time: snapshot.at,
      entries: JSON.stringify(snapshot.entries),
    })
  }
}

export interface JournalFollowerParts {
  readonly journal: PairJournal
  readonly log: Log
  send(message: JournalHave): void
  /** Its leader may act on records up to here. */
  committed(index: number): void
  /** Its disk fails. */
  failed(failure: Failure): void
}

/** The standby's end. */
export class JournalFollower {
  private readonly parts: JournalFollowerParts
  /** Highest epoch whose leader it followed, or that it led in. */
  private followed = 0

  constructor(parts: JournalFollowerParts) {
    this.parts = parts
  }

  shipped({ epoch, after, records, committed }: JournalShip): void {
    const { journal, log } = this.parts
    const taken = takeShipment(viewOf(journal), this.followed, { epoch, after, records })
    if (taken.kind === 'refused') {
      log.warn('pair.shipment.refused', { epoch, followed: this.followed })
      return
    }
    this.followed = epoch
    if (taken.kind === 'differs') {
      this.answerAfter(taken.answer)
      return
    }
    const parsed = taken.append.map(parseRecord)
    if (parsed.some((record) => record === undefined)) {
      log.error('pair.shipment.refused', { epoch, why: 'an entry is no JSON' })
      return
    }
    if (taken.cutFrom !== null) {
      log.warn('pair.records.cut', { from: taken.cutFrom, last: journal.lastWritten() })
      journal.cutAfter(taken.cutFrom - 1, this.orFail)
    }
    if (parsed.length > 0) journal.accept(parsed as PairRecord[], this.orFail)
    this.answerAfter(taken.answer)
    this.parts.committed(Math.min(committed, taken.answer.has.index, journal.lastIndex()))
  }

  replaced({ epoch, at, replaces, time, entries }: JournalReplace): void {
    const { journal, log } = this.parts
    const taken = takeSnapshot(viewOf(journal), this.followed, { epoch, at, replaces })
    if (taken.kind === 'refused') return
    this.followed = epoch
    if (taken.kind === 'replaces') {
      const parsed = parseEntries(entries)
      if (parsed === undefined) return
      log.warn('pair.journal.replaced', { index: at.index })
      journal.install({ index: at.index, epoch: at.epoch, at: time, entries: parsed }, this.orFail)
    }
    this.answerAfter(taken.answer)
  }

  /** Once everything before is durable. */
  private answerAfter({ epoch, isSame, has, last, baseIndex }: FollowAnswer): void {
    const { journal, send } = this.parts
    const answer: JournalHave = {
      type: 'journal.have',
      epoch,
      isSame,
      has: { index: has.index, epoch: has.epoch },
      last: { index: last.index, epoch: last.epoch },
      baseIndex,
    }
    if (journal.lastIndex() === journal.lastWritten() && journal.lastIndex() >= has.index) send(answer)
    else
      journal.append([], (kept) => {
        if (kept.ok) send(answer)
        else this.parts.failed(kept)
      })
  }

  private readonly orFail: Answer<void> = (kept) => {
    if (!kept.ok) this.parts.failed(kept)
  }
}

/** What its memory is made of. */
export function entriesOf(journal: PairJournal): readonly JournalEntry[] {
  const { index = 0, entries = [] } = journal.snapshot() ?? {}
  return [...entries, ...journal.records(index, Number.POSITIVE_INFINITY).map(({ entry }) => entry)]
}

function viewOf(journal: PairJournal): JournalView {
  return {
    lastIndex: journal.lastWritten(),
    baseIndex: journal.snapshot()?.index ?? 0,
    epochAt: (index) => (index === 0 ? 0 : (journal.epochAt(index) ?? null)),
  }
}

function shipmentOf(records: readonly PairRecord[]): readonly ShippedRecord[] {
  const shipment: ShippedRecord[] = []
  let size = 0
  for (const { index, epoch, at, entry } of records) {
    const text = JSON.stringify(entry)
    if (shipment.length > 0 && size + text.length > shipmentTextMax) break
    size += text.length
    shipment.push({ index, epoch, at, entry: text })
  }
  return shipment
}

function parseRecord({ index, epoch, at, entry }: ShippedRecord): PairRecord | undefined {
  const parsed = parseEntries(`[${entry}]`)
  return parsed?.length === 1 && parsed[0] !== undefined ? { index, epoch, at, entry: parsed[0] } : undefined
}

function parseEntries(text: string): readonly JournalEntry[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) && parsed.every(isEntry) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is JournalEntry {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
