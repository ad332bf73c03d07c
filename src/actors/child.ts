// What a supervisor and its children say to each other. A child is a cell or a supervisor; both are started, halted, stopped
// and ended the same way.
import type { ErrorCode } from '../errors.ts'
import type { ChildSpec } from './child-spec.ts'
import type { LocalPath } from './effects.ts'

/** As in `actor.ended`. */
export type ChildEnd = 'done' | 'stopped' | 'crashed'

export interface CrashCause {
  /** Where it began, below whatever gave up since. */
  readonly path: LocalPath
  readonly code: ErrorCode
  readonly detail: string
}

export interface Child {
  readonly spec: ChildSpec
  readonly path: LocalPath
  readonly parent: Parent
  /** What it is started from when its supervisor starts afresh. */
  readonly specToReturn: ChildSpec
  /** Told to stop: it does not come back, whatever becomes of its supervisor meanwhile. */
  readonly isStopping: boolean
  /** Starts, or starts again with all that it held when it went down. Nothing when it runs. */
  start(): void
  /** Down at once, for start(): what it holds is kept. */
  halt(): void
  /** Ordered; calls back once when it has ended, maybe before this returns. */
  stop(ended: () => void): void
  /** At once and for good. */
  end(why: ChildEnd): void
}

export interface Parent {
  /** The child is down and waits for start() or end(). */
  childCrashed(child: Child, cause: CrashCause): void
  childDone(child: Child): void
  /** Ordered; it does not come back, whatever its restart kind. */
  stopChild(child: Child, stopped?: () => void): void
}
