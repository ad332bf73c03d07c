// The top of the tree: whatever is started here has nobody above it. When one of these gives up there is no one left to ask;
// the embedder is told, and decides.
import type { Log } from '../ports/log.ts'
import type { Child, CrashCause, Parent } from './child.ts'
import type { SupervisorSpec } from './child-spec.ts'
import type { LocalPath, PublicEvent } from './effects.ts'
import { attempt } from './failure.ts'

export interface TreesParts {
  readonly log: Log
  create(spec: SupervisorSpec, path: LocalPath, parent: Parent): Child
  forgotten(child: Child): void
  publish(event: PublicEvent): void
}

export class Trees implements Parent {
  private readonly parts: TreesParts
  /** In the order of starting. */
  private readonly trees = new Set<Child>()

  constructor(parts: TreesParts) {
    this.parts = parts
  }

  start(spec: SupervisorSpec): void {
    const tree = this.parts.create(spec, spec.id, this)
    this.trees.add(tree)
    const failure = attempt(() => tree.start())
    if (!failure) return
    tree.end('stopped')
    this.forget(tree)
    throw failure
  }

  childCrashed(tree: Child, cause: CrashCause): void {
    tree.end('crashed')
    this.forget(tree)
    this.parts.log.error('actors.system.failed', { tree: tree.path, cause })
    this.parts.publish({ type: 'system.failed', tree: tree.path, ...cause })
  }

  childDone(tree: Child): void {
    tree.end('done')
    this.forget(tree)
  }

  stopChild(tree: Child, stopped: () => void = () => {}): void {
    tree.stop(() => {
      this.forget(tree)
      stopped()
    })
  }

  /** Last started first. */
  stop(stopped: () => void): void {
    const last = [...this.trees].at(-1)
    if (last) this.stopChild(last, () => this.stop(stopped))
    else stopped()
  }

  private forget(tree: Child): void {
    this.trees.delete(tree)
    this.parts.forgotten(tree)
  }
}
