// Who did what after what. Every observation has a number and names the one that caused it. With nobody looking, all that is
// paid for is counting.
import type { EventObject } from 'xstate'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Observation } from './actor-system.ts'
import type { LocalPath } from './effects.ts'

/** A number of this process, an id from another one, or 0: nothing that was observed. */
export type Cause = number | string

export class Inspection {
  private readonly node: NodeId
  private readonly clock: Clock
  private readonly log: Log
  private readonly observers = new Set<(observation: Observation) => void>()
  private sequence = 0

  constructor(node: NodeId, clock: Clock, log: Log) {
    this.node = node
    this.clock = clock
    this.log = log
  }

  add(observer: (observation: Observation) => void): () => void {
    // Wrapped, so that one function added twice is removed once.
    const added = (observation: Observation) => observer(observation)
    this.observers.add(added)
    return () => this.observers.delete(added)
  }

  /** Returns the number of the observation. */
  record(kind: Observation['kind'], path: LocalPath, cause: Cause, event?: EventObject, state?: unknown): number {
    this.sequence += 1
    if (this.observers.size > 0) this.show(kind, path, cause, event, state)
    return this.sequence
  }

  /** As it travels: `<node>:<sequence>`. */
  idOf(cause: Cause): string | undefined {
    if (cause === 0) return undefined
    return typeof cause === 'string' ? cause : `${this.node}:${cause}`
  }

  private show(kind: Observation['kind'], path: LocalPath, cause: Cause, event?: EventObject, state?: unknown): void {
    const causeId = this.idOf(cause)
    const observation: Observation = {
      sequence: this.sequence,
      at: this.clock.monotonic(),
      path,
      kind,
      ...(event !== undefined && { event }),
      ...(state !== undefined && { state }),
      ...(causeId !== undefined && { cause: causeId }),
    }
    for (const observer of this.observers) this.showTo(observer, observation)
  }

  private showTo(observer: (observation: Observation) => void, observation: Observation): void {
    try {
      observer(observation)
    } catch (error) {
      this.log.error('actors.observer.failed', { detail: String(error) })
    }
  }
}
