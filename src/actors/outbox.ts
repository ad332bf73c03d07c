// Where the actions of all machines write. One event is handled at a time, so one outbox serves every cell: it is opened for
// a cell, the machine runs, it is closed, and what was appended in between belongs to that event, or to nobody if it crashed.
import type { EventObject } from 'xstate'
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Address } from '../protocol/address.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { Message } from '../protocol/messages.ts'
import type { ChildSpec } from './child-spec.ts'
import type { Effects, JournalEntry, LocalPath, PublicEvent } from './effects.ts'

export interface SendOptions {
  readonly lane?: Lane
  readonly key?: string
}

export type Effect =
  | { readonly kind: 'send'; readonly to: string; readonly message: Message; readonly options: SendOptions | undefined }
  | { readonly kind: 'tell'; readonly to: LocalPath; readonly event: EventObject }
  | { readonly kind: 'setTimer'; readonly name: string; readonly delayMs: number; readonly event: EventObject }
  | { readonly kind: 'cancelTimer'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly start: Start }
  | { readonly kind: 'spawn'; readonly supervisor: LocalPath; readonly child: ChildSpec }
  | { readonly kind: 'stop'; readonly path: LocalPath }
  | { readonly kind: 'publish'; readonly event: PublicEvent }

type Start = (answer: (event: EventObject) => void) => void

/** What one event asked for. */
export interface Flush {
  readonly entries: readonly JournalEntry[]
  readonly effects: readonly Effect[]
}

export interface OutboxOwner {
  readonly path: LocalPath
  readonly address: Address
}

export class Outbox {
  readonly effects: Effects
  private readonly clock: Clock
  private owner: OutboxOwner | undefined
  private entries: JournalEntry[] = []
  private appended: Effect[] = []
  private nowMs = 0

  constructor(clock: Clock) {
    this.clock = clock
    this.effects = createEffects(this)
  }

  /** Returns the time of this dispatch. A wall clock that is set back does not take the actors with it. */
  open(owner: OutboxOwner): number {
    if (this.owner) throw new InvariantError('INVARIANT_BROKEN', `${this.owner.path} is handling an event`, owner.path)
    this.owner = owner
    this.nowMs = Math.max(this.nowMs, this.clock.now())
    return this.nowMs
  }

  close(): Flush {
    const flush = { entries: this.entries, effects: this.appended }
    if (flush.entries.length > 0) this.entries = []
    if (flush.effects.length > 0) this.appended = []
    this.owner = undefined
    return flush
  }

  isOpenFor(owner: OutboxOwner): boolean {
    return this.owner === owner
  }

  now(): number {
    this.opened()
    return this.nowMs
  }

  opened(): OutboxOwner {
    if (!this.owner)
      throw new InvariantError('INVARIANT_BROKEN', 'effects belong to an event, and none is being handled')
    return this.owner
  }

  append(effect: Effect): void {
    this.opened()
    this.appended.push(effect)
  }

  appendEntry(entry: JournalEntry): void {
    this.opened()
    this.entries.push(entry)
  }
}

function createEffects(outbox: Outbox): Effects {
  return {
    get path() {
      return outbox.opened().path
    },
    get self() {
      return outbox.opened().address
    },
    get now() {
      return outbox.now()
    },
    send: (to, message, options) => outbox.append({ kind: 'send', to, message, options }),
    tell: (to, event) => outbox.append({ kind: 'tell', to, event }),
    journal: (record) => outbox.appendEntry(record),
    setTimer(name, delayMs, event) {
      // Here, where the machine can still be taken back; the clock would refuse it after the commit.
      if (!(delayMs >= 0)) throw new InvariantError('INVARIANT_BROKEN', `timer ${name} cannot wait ${delayMs} ms`)
      outbox.append({ kind: 'setTimer', name, delayMs, event })
    },
    cancelTimer: (name) => outbox.append({ kind: 'cancelTimer', name }),
    call: (name, start) => outbox.append({ kind: 'call', name, start }),
    spawn: (supervisor, child) => outbox.append({ kind: 'spawn', supervisor, child }),
    stop: (path) => outbox.append({ kind: 'stop', path }),
    publish: (event) => outbox.append({ kind: 'publish', event }),
  }
}
