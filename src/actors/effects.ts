// The one door out of a machine. A machine's actions never act: provided once per runtime (`implement-….ts`), they append to
// the outbox of the cell whose event is being handled. The dispatcher flushes it after the event: journal first, durable,
// then timers, sends, spawns and port calls, in the order in which they were appended.
import type { EventObject } from 'xstate'
import type { Address } from '../protocol/address.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { Message } from '../protocol/messages.ts'
import type { ChildSpec } from './child-spec.ts'

export interface Effects {
  /** Path of the cell whose event is being handled. */
  readonly path: string
  readonly self: Address
  /** Monotonic-safe wall time of this dispatch, ms: one value for all effects of one event. */
  readonly now: number
  /** To a wire address, or to a path in this process. Unknown targets become dead letters, never an error for the sender. */
  send(to: Address | LocalPath, message: Message, options?: { lane?: Lane; key?: string }): void
  /** To a path in this process only, for events that never cross a wire. */
  tell(to: LocalPath, event: EventObject): void
  /** Durable before anything else of this flush happens. */
  journal(record: JournalEntry): void
  /** One timer a name; setting it again replaces it. Fires as an event to this cell. Kept with the snapshot, re-armed on restore. */
  setTimer(name: string, delayMs: number, event: EventObject): void
  cancelTimer(name: string): void
  /** Starts I/O after the flush; the answer comes back as an event to this incarnation of the cell, or never. */
  call(name: string, start: (answer: (event: EventObject) => void) => void): void
  spawn(supervisor: string, child: ChildSpec): void
  stop(path: string): void
  /** To embedders, console and log: a fact of public interest. */
  publish(event: PublicEvent): void
}

/** A path below this process's root, e.g. `groups/shop/web`. */
export type LocalPath = string

/** JSON; `type` first. What a restart needs, nothing else. */
export interface JournalEntry {
  readonly type: string
  readonly [field: string]: unknown
}

export interface PublicEvent {
  readonly type: string
  readonly [field: string]: unknown
}
