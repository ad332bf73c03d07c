// The actor system of one process: registry, dispatcher, supervisors, death watch, routing to other nodes.
// This file is the surface; the parts are beside it.
import type { AnyActor, AnyMachineSnapshot, EventObject, Snapshot } from 'xstate'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Answer } from '../ports/result.ts'
import type { Address } from '../protocol/address.ts'
import type { Envelope, Lane } from '../protocol/envelope.ts'
import type { NodeId, SiteId } from '../protocol/ids.ts'
import type { Message, MessageOf, MessageType } from '../protocol/messages.ts'
import type { ChildSpec, SupervisorSpec } from './child-spec.ts'
import type { Effects, JournalEntry, LocalPath, PublicEvent } from './effects.ts'

export interface ActorSystemOptions {
  readonly site: SiteId
  readonly node: NodeId
  /** Grows with each life of this process (R44): part of every address that must not reach a former life. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Makes entries durable, in order, then answers. Without it, journalling is an invariant error. */
  readonly journal?: (entries: readonly JournalEntry[], answer: Answer<void>) => void
  /** Sends to another node; `refused` makes a dead letter. */
  readonly route?: (envelope: Envelope, to: NodeId) => 'accepted' | 'refused'
  /** Who `leader` is at present; undefined makes a dead letter. */
  readonly leader?: () => NodeId | undefined
  readonly onPublish?: (event: PublicEvent) => void
}

/** What every event carries when a machine sees it, besides its own fields. */
export interface Stamp {
  /** Time of the dispatch, ms (Effects.now). */
  readonly at: number
  /** Absent for timers, port answers and local tells. */
  readonly from?: Address
}

export interface ActorSystem {
  /** Give this to `implementX(effects)`, once per machine and runtime. */
  readonly effects: Effects
  /** Starts a tree below the root; children start in order. */
  start(tree: SupervisorSpec): void
  spawn(supervisor: LocalPath, child: ChildSpec): void
  stopChild(path: LocalPath): void
  /** From a channel: to a cell here, or onwards to its node. */
  deliver(envelope: Envelope): void
  send(to: Address | LocalPath, message: Message, options?: { lane?: Lane; key?: string; from?: Address }): void
  tell(to: LocalPath, event: EventObject): void
  /** One question, one answer of the given type from the target, or ASK_TIMED_OUT. Never both, never twice. */
  ask<T extends MessageType>(
    to: Address | LocalPath,
    question: Message,
    answerType: T,
    deadlineMs: number,
    answer: Answer<MessageOf<T>>,
  ): void
  /** The watcher gets `actor.ended` once, also when the target is unknown or its link is lost. */
  watch(watcher: LocalPath, target: Address | LocalPath): void
  /** Turns the loss of a link into `actor.ended` for watches across it, and tells cells that listen (`link.lost`). */
  linkLost(peer: NodeId, why: string): void
  linkUp(peer: NodeId, incarnation: number): void
  subscribeLinks(path: LocalPath): void
  has(path: LocalPath): boolean
  paths(prefix?: string): readonly LocalPath[]
  snapshot(path: LocalPath): AnyMachineSnapshot | undefined
  persistedSnapshot(path: LocalPath): Snapshot<unknown> | undefined
  /** The running xstate root, for xstate's own tools (R40, R61): to look at, never to send to. Another one after a restart. */
  root(path: LocalPath): AnyActor | undefined
  /** The debugging interface: as Erlang's sys. A suspended cell keeps its mail. */
  suspend(path: LocalPath): void
  resume(path: LocalPath): void
  /** What the cell has set and what it has not handled yet. Undefined when there is no such cell. */
  waiting(path: LocalPath): Waiting | undefined
  inspect(observer: (observation: Observation) => void): () => void
  counters(): Readonly<ActorCounters>
  /** The last dead letters, newest last, at most 256. */
  deadLetters(): readonly DeadLetter[]
  /** Ordered: last started first. */
  stop(stopped: () => void): void
}

export interface Waiting {
  readonly timers: readonly { readonly name: string; readonly event: EventObject; readonly deadline: number }[]
  /** Lane by lane in the order in which lanes are taken, oldest first. Not the event whose journal entries are being written. */
  readonly mail: readonly EventObject[]
}

export interface Observation {
  readonly sequence: number
  /** Monotonic ms. */
  readonly at: number
  readonly path: LocalPath
  readonly kind: 'started' | 'event' | 'stopped' | 'crashed' | 'restarted'
  readonly event?: EventObject
  readonly state?: unknown
  /** `<node>:<sequence>` of the observation that caused this one. */
  readonly cause?: string
}

export interface DeadLetter {
  readonly at: number
  readonly to: string
  readonly type: string
  readonly why: 'unknown' | 'mailboxFull' | 'poison' | 'noRoute' | 'stopped' | 'incarnation'
}

export interface ActorCounters {
  events: number
  deadLetters: number
  crashes: number
  restarts: number
  cells: number
}
