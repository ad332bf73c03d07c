import type { EventObject } from 'xstate'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Address } from '../protocol/address.ts'
import type { ActorCounters, ActorSystemOptions, DeadLetter } from './actor-system.ts'
import type { Child, ChildEnd } from './child.ts'
import type { Runnable } from './dispatcher.ts'
import type { LocalPath } from './effects.ts'
import type { Cause, Inspection } from './inspection.ts'
import type { Effect, Outbox } from './outbox.ts'

/** What the effects of an event need of their cell. */
export interface ActingCell {
  readonly path: LocalPath
  readonly address: Address
  setTimer(name: string, delayMs: number, event: EventObject, cause: Cause): void
  cancelTimer(name: string): void
  answerOf(cause: Cause): (event: EventObject) => void
}

/** What a cell needs of its system. */
export interface CellWorld {
  readonly clock: Clock
  readonly log: Log
  readonly outbox: Outbox
  readonly inspection: Inspection
  readonly counters: ActorCounters
  readonly journal: ActorSystemOptions['journal']
  addressOf(path: LocalPath): Address
  ready(cell: Runnable): void
  /** In their order. Returns the first failure of a port call; the others are performed all the same. */
  perform(cell: ActingCell, effects: readonly Effect[], cause: Cause): Error | undefined
  deadLetter(to: string, type: string, why: DeadLetter['why']): void
  ended(cell: Child, why: ChildEnd): void
}
