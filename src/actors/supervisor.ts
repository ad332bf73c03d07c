// Starts children in order, restarts those that crash, stops them in reverse, and gives up when they crash too often.
// Names and meanings are OTP's (erlang/otp supervisor.erl). Where this differs:
//
//   A restart keeps what the child held (snapshot, timers, mail), also for siblings that oneForAll and restForOne take down:
//   nothing of a crash was committed, so nothing is inconsistent; each gets `wake` to look around anew.
//   Giving up is what throws state away. The supervisor ends all below it at once and crashes itself; when its own supervisor
//   restarts it, its permanent and transient children start fresh from their specifications, those spawned later too.
//   One that ends by itself and is permanent starts fresh as well: its final snapshot leads nowhere.
//
// With oneForOne nothing here looks at siblings: spawn, stop and restart of a child cost the same among 10 and 100,000.
import { InvariantError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Child, ChildEnd, CrashCause, Parent } from './child.ts'
import type { Backoff, ChildSpec, RestartIntensity, SupervisorSpec } from './child-spec.ts'
import type { LocalPath } from './effects.ts'
import { BackoffDelay, RestartWindow } from './restart-limits.ts'

export interface SupervisorWorld {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Makes the child and enters its path. Throws INVARIANT_BROKEN when the path is taken. */
  create(spec: ChildSpec, path: LocalPath, parent: Parent): Child
  ended(supervisor: Supervisor): void
  /** The child will not come back: who listens for it need not any more. */
  forgotten(child: Child): void
}

/** Twice what poisoned mail costs five children. OTP's 1 in 5 s would give up on the first such event. */
const defaultIntensity: RestartIntensity = { restartCountMax: 10, periodMs: 10_000 }
const atOnce: Backoff = { firstMs: 0, maxMs: 0, jitterRatio: 0 }

/** What is remembered of a child that was restarted. The others cost nothing. */
interface History {
  readonly window: RestartWindow | undefined
  readonly backoff: BackoffDelay
  timer: Timer | undefined
}

export class Supervisor implements Child, Parent {
  readonly spec: SupervisorSpec
  readonly path: LocalPath
  readonly parent: Parent
  private readonly world: SupervisorWorld
  private state: 'down' | 'running' | 'stopping' | 'ended' = 'down'
  /** In the order of starting; a restart does not change it. */
  private readonly children = new Map<string, Child>()
  private readonly histories = new Map<string, History>()
  private window: RestartWindow
  /** To be created by the next start: all at first, those that come back after giving up. */
  private pending: readonly ChildSpec[]
  private groupTimer: Timer | undefined
  private stopTimer: Timer | undefined
  private onEnded: (() => void)[] = []

  constructor(spec: SupervisorSpec, path: LocalPath, parent: Parent, world: SupervisorWorld) {
    this.spec = spec
    this.path = path
    this.parent = parent
    this.world = world
    this.window = this.newWindow()
    this.pending = spec.children
  }

  get specToReturn(): SupervisorSpec {
    const returning = [...this.children.values()].filter(comesBack).map((child) => child.specToReturn)
    return { ...this.spec, children: [...this.pending, ...returning] }
  }

  // — children —————————————————————————————————————————————————————————————————————————————————

  /** Throws INVARIANT_BROKEN when it is stopping, or the path is taken. */
  spawn(spec: ChildSpec): void {
    if (this.state === 'stopping' || this.state === 'ended') {
      throw new InvariantError('INVARIANT_BROKEN', `its supervisor is stopping`, childPath(this.path, spec.id))
    }
    const child = this.create(spec)
    if (this.state === 'running') child.start()
  }

  stopChild(child: Child, stopped: () => void = () => {}): void {
    this.histories.get(child.spec.id)?.timer?.cancel()
    child.stop(() => {
      this.forget(child)
      stopped()
    })
  }

  private create(spec: ChildSpec): Child {
    const child = this.world.create(spec, childPath(this.path, spec.id), this)
    this.children.set(spec.id, child)
    return child
  }

  private forget(child: Child): void {
    if (this.children.get(child.spec.id) !== child) return
    this.children.delete(child.spec.id)
    this.histories.get(child.spec.id)?.timer?.cancel()
    this.histories.delete(child.spec.id)
    this.world.forgotten(child)
  }

  private endForGood(child: Child, why: ChildEnd): void {
    child.end(why)
    this.forget(child)
  }

  // — restarts —————————————————————————————————————————————————————————————————————————————————

  childCrashed(child: Child, cause: CrashCause): void {
    if (this.state === 'stopping' || child.spec.restart === 'temporary') this.endForGood(child, 'crashed')
    else this.restart(child, cause)
  }

  childDone(child: Child): void {
    const { restart = 'permanent', id } = child.spec
    if (this.state === 'stopping' || restart !== 'permanent') {
      this.endForGood(child, 'done')
      return
    }
    child.end('done')
    // The same place among its siblings, the same history, a new life.
    const renewed = this.create(child.spec)
    this.restart(renewed, {
      path: child.path,
      code: 'INVARIANT_BROKEN',
      detail: `permanent child ${id} ended by itself`,
    })
  }

  private restart(child: Child, cause: CrashCause): void {
    // Halted: start() starts it with the others.
    if (this.state !== 'running') return
    const nowMs = this.world.clock.monotonic()
    const history = this.historyOf(child)
    const isAdmitted = this.window.admit(nowMs) && history.window?.admit(nowMs) !== false
    if (!isAdmitted) {
      this.giveUp(cause)
      return
    }
    const delayMs = history.backoff.next(nowMs)
    if (this.spec.strategy === 'oneForOne') this.startLater(child, history, delayMs)
    else this.restartGroup(child, delayMs)
  }

  private startLater(child: Child, history: History, delayMs: number): void {
    history.timer = this.after(delayMs, () => {
      history.timer = undefined
      child.start()
    })
  }

  private restartGroup(crashed: Child, delayMs: number): void {
    const all = [...this.children.values()]
    const first = this.spec.strategy === 'oneForAll' ? 0 : all.indexOf(crashed)
    for (const child of all.slice(first).reverse()) child.halt()
    // One that crashes while others wait joins them: they start together, in order.
    this.groupTimer?.cancel()
    this.groupTimer = this.after(delayMs, () => {
      this.groupTimer = undefined
      this.startAll()
    })
  }

  /** At once when there is nothing to wait for. */
  private after(delayMs: number, work: () => void): Timer | undefined {
    if (delayMs > 0) return this.world.clock.setTimer(delayMs, work)
    work()
    return undefined
  }

  private startAll(): void {
    for (const child of [...this.children.values()]) child.start()
  }

  private historyOf({ spec }: Child): History {
    let history = this.histories.get(spec.id)
    if (!history) {
      const window = spec.intensity && new RestartWindow(spec.intensity)
      const random = this.world.random.fork(childPath(this.path, spec.id))
      const backoff = new BackoffDelay(spec.backoff ?? atOnce, random)
      history = { window, backoff, timer: undefined }
      this.histories.set(spec.id, history)
    }
    return history
  }

  private newWindow(): RestartWindow {
    return new RestartWindow(this.spec.intensity ?? defaultIntensity)
  }

  private giveUp(cause: CrashCause): void {
    this.world.log.error('actors.supervisor.gaveUp', { path: this.path, cause })
    const { children: comingBack } = this.specToReturn
    this.state = 'down'
    this.endChildren('crashed')
    this.pending = comingBack
    this.window = this.newWindow()
    this.parent.childCrashed(this, cause)
  }

  // — what its own supervisor does with it —————————————————————————————————————————————————————

  start(): void {
    if (this.state !== 'down') return
    this.state = 'running'
    const specs = this.pending
    this.pending = []
    for (const spec of specs) this.create(spec)
    this.startAll()
  }

  halt(): void {
    if (this.state === 'stopping') this.end('stopped')
    else if (this.state === 'running') {
      this.state = 'down'
      this.cancelTimers()
      for (const child of [...this.children.values()].reverse()) child.halt()
    }
  }

  stop(ended: () => void): void {
    if (this.state === 'ended') ended()
    else this.onEnded.push(ended)
    if (this.state === 'ended' || this.state === 'stopping') return
    this.state = 'stopping'
    this.cancelTimers()
    const { shutdownMs } = this.spec
    if (shutdownMs !== undefined) this.stopTimer = this.world.clock.setTimer(shutdownMs, () => this.end('stopped'))
    this.stopChildren([...this.children.values()])
  }

  /** Last started first, each after the one before has ended. A loop, not a recursion: there may be 100,000. */
  private stopChildren(children: Child[]): void {
    let isLooping = false
    let hasEnded = true
    const next = () => {
      hasEnded = true
      if (isLooping) return
      isLooping = true
      while (hasEnded && this.state === 'stopping') {
        const child = children.pop()
        if (!child) {
          this.end('stopped')
          break
        }
        hasEnded = false
        this.stopChild(child, next)
      }
      isLooping = false
    }
    next()
  }

  end(why: ChildEnd): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.stopTimer?.cancel()
    this.endChildren(why)
    this.world.ended(this)
    for (const ended of this.onEnded.splice(0)) ended()
  }

  private endChildren(why: ChildEnd): void {
    this.cancelTimers()
    const children = [...this.children.values()].reverse()
    this.children.clear()
    this.histories.clear()
    for (const child of children) child.end(why)
    for (const child of children) if (!comesBack(child)) this.world.forgotten(child)
  }

  private cancelTimers(): void {
    this.groupTimer?.cancel()
    this.groupTimer = undefined
    for (const history of this.histories.values()) history.timer?.cancel()
  }
}

function comesBack({ spec }: Child): boolean {
  return spec.restart !== 'temporary'
}

export function childPath(supervisor: LocalPath, id: string): LocalPath {
  return supervisor === '' || id === '' ? `${supervisor}${id}` : `${supervisor}/${id}`
}
