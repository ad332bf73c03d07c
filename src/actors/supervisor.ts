// Starts children in order, restarts those that crash, stops them in reverse, and gives up when they crash too often.
// Names and meanings are OTP's (erlang/otp supervisor.erl). Where this differs:
//
//   A restart keeps what the child held (snapshot, timers, mail), also for siblings that oneForAll and restForOne take down:
//   nothing of a crash was committed, so nothing is inconsistent; each gets `wake` to look around anew.
//   Giving up is what throws state away. The supervisor ends all below it at once and crashes itself; when its own supervisor
//   restarts it, its permanent and transient children start fresh from their specifications, those spawned later too. One that
//   `escalates` is not restarted: the one above gives up with it.
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
import { attempt, codeOf } from './failure.ts'
import { BackoffDelay, RestartWindow } from './restart-limits.ts'
import { withoutChild } from './without-child.ts'

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
  /** fresh: its children are specifications yet. halted: they are there and down. */
  private state: 'fresh' | 'halted' | 'running' | 'stopping' | 'ended' = 'fresh'
  /** In the order of starting; a restart does not change it. */
  private readonly children = new Map<string, Child>()
  private readonly histories = new Map<string, History>()
  private window: RestartWindow
  /** To be created by the next start: all at first, those that come back after giving up. */
  private pending: readonly ChildSpec[]
  private groupTimer: Timer | undefined
  private groupDueMs = 0
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

  get isStopping(): boolean {
    return this.state === 'stopping'
  }

  // — children —————————————————————————————————————————————————————————————————————————————————

  /** Throws INVARIANT_BROKEN when it is stopping, or the path is taken. */
  spawn(spec: ChildSpec): void {
    if (this.state === 'stopping' || this.state === 'ended') {
      throw new InvariantError('INVARIANT_BROKEN', `its supervisor is stopping`, childPath(this.path, spec.id))
    }
    if (this.state === 'fresh') this.spawnLater(spec)
    else this.spawnNow(spec)
  }

  /** Starts after those that come back. */
  private spawnLater(spec: ChildSpec): void {
    if (this.pending.some(({ id }) => id === spec.id)) {
      throw new InvariantError('INVARIANT_BROKEN', 'this path is taken', childPath(this.path, spec.id))
    }
    this.pending = [...this.pending, spec]
  }

  private spawnNow(spec: ChildSpec): void {
    const child = this.create(spec)
    if (this.state !== 'running') return
    const failure = attempt(() => child.start())
    if (!failure) return
    this.endForGood(child, 'stopped')
    throw failure
  }

  /** Stops a child, or one below it, that has not come back yet. */
  withdraw(path: LocalPath): void {
    const below = this.path === '' ? path : path.slice(this.path.length + 1)
    this.pending = withoutChild(this.pending, below)
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
    if (!isAdmitted || escalates(child)) {
      this.giveUp(cause)
      return
    }
    const delayMs = history.backoff.next(nowMs)
    if (this.spec.strategy === 'oneForOne') this.startLater(child, history, delayMs)
    else this.restartGroup(child, nowMs, delayMs)
  }

  private startLater(child: Child, history: History, delayMs: number): void {
    history.timer = this.after(delayMs, () => {
      history.timer = undefined
      this.startAgain(child)
    })
  }

  private restartGroup(crashed: Child, nowMs: number, delayMs: number): void {
    const all = [...this.children.values()]
    const first = this.spec.strategy === 'oneForAll' ? 0 : all.indexOf(crashed)
    for (const child of all.slice(first).reverse()) child.halt()
    // One that crashes while others wait joins them: they start together, in order, when the longest wait is over.
    this.groupDueMs = Math.max(nowMs + delayMs, this.groupTimer ? this.groupDueMs : nowMs)
    this.groupTimer?.cancel()
    this.groupTimer = this.after(this.groupDueMs - nowMs, () => {
      this.groupTimer = undefined
      for (const child of [...this.children.values()]) this.startAgain(child)
    })
  }

  /** At once when there is nothing to wait for. */
  private after(delayMs: number, work: () => void): Timer | undefined {
    if (delayMs > 0) return this.world.clock.setTimer(delayMs, work)
    work()
    return undefined
  }

  /** A supervisor whose children's paths were taken meanwhile cannot start: that is a crash of its own. */
  private startAgain(child: Child): void {
    const failure = attempt(() => child.start())
    if (failure) this.childCrashed(child, { path: child.path, code: codeOf(failure), detail: failure.message })
  }

  private historyOf({ spec }: Child): History {
    let history = this.histories.get(spec.id)
    if (!history) {
      const window = spec.kind === 'cell' && spec.intensity ? new RestartWindow(spec.intensity) : undefined
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
    this.state = 'fresh'
    this.endChildren('crashed')
    this.pending = comingBack
    this.window = this.newWindow()
    this.parent.childCrashed(this, cause)
  }

  // — what its own supervisor does with it —————————————————————————————————————————————————————

  /** All of it or, when it throws, nothing. */
  start(): void {
    if (this.state !== 'fresh' && this.state !== 'halted') return
    const { state, pending } = this
    this.state = 'running'
    this.pending = []
    try {
      for (const spec of pending) this.create(spec)
      for (const child of [...this.children.values()]) child.start()
    } catch (thrown) {
      const { children: returning } = this.specToReturn
      this.endChildren('stopped')
      this.pending = state === 'fresh' ? pending : returning
      this.state = 'fresh'
      throw thrown
    }
  }

  halt(): void {
    if (this.state === 'stopping') this.end('stopped')
    else if (this.state === 'running') {
      this.state = 'halted'
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
    const leaving = children.filter((child) => !comesBack(child))
    for (const child of children) child.end(why)
    for (const child of leaving) this.world.forgotten(child)
  }

  private cancelTimers(): void {
    this.groupTimer?.cancel()
    this.groupTimer = undefined
    for (const history of this.histories.values()) history.timer?.cancel()
  }
}

function comesBack({ spec, isStopping }: Child): boolean {
  return spec.restart !== 'temporary' && !isStopping
}

function escalates({ spec }: Child): boolean {
  return spec.kind === 'supervisor' && spec.escalates === true
}

export function childPath(supervisor: LocalPath, id: string): LocalPath {
  return supervisor === '' || id === '' ? `${supervisor}${id}` : `${supervisor}/${id}`
}
