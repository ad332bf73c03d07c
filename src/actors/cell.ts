// One xstate root behind a mailbox. An event is handled in one go: stamped, sent to the root, whose actions only write to the
// outbox; then it is committed, or it never was.
//
//   commit     journal entries durable first; the cell waits for that, others do not. Then the snapshot is the committed one,
//              and the effects are performed in their order.
//   crash      the root is gone, what it wrote is forgotten. Snapshot, timers and mail are as before the event, and the
//              supervisor decides. Started again, the cell gets `wake`, then the same event once more; if that crashes too,
//              the event is a dead letter and the cell goes on without it.
//
// So a crash at any event is invisible from outside, but for the time that it takes. A journal that fails is no fault of the
// event: it is offered again until the supervisor's patience ends.
import type { AnyMachineSnapshot, EventObject, Observer, Snapshot } from 'xstate'
import { InvariantError } from '../errors.ts'
import type { Timer } from '../ports/clock.ts'
import type { Result } from '../ports/result.ts'
import type { Address } from '../protocol/address.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { ActorSystemOptions, Waiting } from './actor-system.ts'
import { type ArmedTimer, CellTimers } from './cell-timers.ts'
import type { ActingCell, CellWorld } from './cell-world.ts'
import type { Child, ChildEnd, Parent } from './child.ts'
import type { CellSpec } from './child-spec.ts'
import { withContainedObservers } from './contained-observers.ts'
import type { Runnable } from './dispatcher.ts'
import type { JournalEntry, LocalPath } from './effects.ts'
import { asError, attempt, codeOf } from './failure.ts'
import type { Cause } from './inspection.ts'
import { type Mail, Mailbox } from './mailbox.ts'
import type { Effect, Flush } from './outbox.ts'
import { createRoot, failureOf, refuseUnsupervised, type XstateRoot } from './xstate-root.ts'

/** An event that is handled but waits for the journal. */
interface Flight {
  readonly mail: Mail | undefined
  readonly snapshot: AnyMachineSnapshot
  readonly effects: readonly Effect[]
  readonly cause: Cause
}

interface StopRequest {
  /** It was told, and ends by itself; otherwise only the journal is waited for. */
  readonly isTold: boolean
  readonly ended: (() => void)[]
  deadline: Timer | undefined
}

/** The first crash may be chance (an allocation, a port); the second on the same event is the event. */
const crashesMax = 2
const defaultShutdownMs = 5000

export class Cell implements Child, Runnable, ActingCell, Observer<AnyMachineSnapshot> {
  readonly spec: CellSpec
  readonly path: LocalPath
  queuedToStart = false
  queuedUrgent = false
  queuedOrdinary = false
  readonly parent: Parent
  private readonly world: CellWorld
  private readonly mailbox: Mailbox
  private state: 'down' | 'starting' | 'running' | 'ended' = 'down'
  private isSuspended = false
  private hasStarted = false
  private isWakePoisoned = false
  private root: XstateRoot | undefined
  /** What a restart starts from: the snapshot after the last event whose journal entries are durable. */
  private committed: AnyMachineSnapshot | undefined
  private flight: Flight | undefined
  private timers: CellTimers | undefined
  private wakeMail: Mail | undefined
  private stopping: StopRequest | undefined
  private cachedAddress: Address | undefined

  constructor(spec: CellSpec, path: LocalPath, parent: Parent, world: CellWorld) {
    refuseUnsupervised(spec.machine, path)
    this.spec = spec
    this.path = path
    this.parent = parent
    this.world = world
    this.mailbox = new Mailbox(spec.mailboxBounds)
  }

  get address(): Address {
    this.cachedAddress ??= this.world.addressOf(this.path)
    return this.cachedAddress
  }

  get specToReturn(): CellSpec {
    return this.spec
  }

  get isStopping(): boolean {
    return this.stopping !== undefined
  }

  get xstateRoot(): XstateRoot | undefined {
    return this.root && withContainedObservers(this.root, this.path, this.world.log)
  }

  /** The committed one: what an event did is not seen before it is durable. Kept after a crash, for the post-mortem. */
  get snapshot(): AnyMachineSnapshot | undefined {
    return this.committed
  }

  get persistedSnapshot(): Snapshot<unknown> | undefined {
    return this.committed && this.spec.machine.getPersistedSnapshot(this.committed)
  }

  get waiting(): Waiting {
    const timers = this.timers?.list() ?? []
    return {
      timers: timers.map(({ name, deadline, event }) => ({ name, deadline, event })),
      mail: this.mailbox.list().map(({ event }) => event),
    }
  }

  // — mail ————————————————————————————————————————————————————————————————————————————————————

  post(lane: Lane, event: EventObject, from: Address | undefined, cause: Cause, key?: string): void {
    const isTaken = this.mailbox.offer(lane, { event, from, cause, timer: undefined, crashes: 0 }, key)
    this.posted(isTaken, event)
  }

  /** What the system owes the cell, in the lane that no one else can fill. */
  postOwn(event: EventObject, from: Address | undefined, cause: Cause, timer?: ArmedTimer): void {
    this.posted(this.mailbox.offerOwn({ event, from, cause, timer, crashes: 0 }), event)
  }

  private posted(isTaken: boolean, event: EventObject): void {
    if (isTaken) this.world.ready(this)
    else this.world.deadLetter(this.path, event.type, 'mailboxFull')
  }

  // — effects that belong to the cell ——————————————————————————————————————————————————————————

  setTimer(name: string, delayMs: number, event: EventObject, cause: Cause): void {
    if (this.state === 'ended') return
    this.timers ??= new CellTimers(this.world.clock)
    this.timers.set(name, delayMs, event, (timer) => this.postOwn(event, undefined, cause, timer))
  }

  cancelTimer(name: string): void {
    this.timers?.cancel(name)
  }

  /** The answer of a port: the first counts, and only while this cell lives. */
  answerOf(cause: Cause): (event: EventObject) => void {
    let isAnswered = false
    return (event) => {
      if (isAnswered || this.state === 'ended') return
      isAnswered = true
      this.postOwn(event, undefined, cause)
    }
  }

  // — turns ————————————————————————————————————————————————————————————————————————————————————

  get isReady(): boolean {
    if (this.flight) return false
    if (this.state === 'starting') return true
    return this.state === 'running' && this.mailbox.size > 0 && !this.isSuspended
  }

  get isStarting(): boolean {
    return this.state === 'starting'
  }

  get isUrgent(): boolean {
    return this.mailbox.isUrgent
  }

  turn(eventsMax: number): number {
    if (this.isStarting && this.isReady) {
      this.begin()
      return 1
    }
    let handled = 0
    for (; handled < eventsMax && this.isReady && !this.isStarting; handled += 1) this.handleNext()
    return handled
  }

  private begin(): void {
    const { world, spec, path } = this
    this.state = 'running'
    world.outbox.open(this)
    const { machine, input } = spec
    const root = createRoot({ path, machine, input, snapshot: this.committed, log: world.log, observer: this })
    this.root = root
    const failure = attempt(() => root.start())
    const flush = world.outbox.close()
    const cause = world.inspection.record(this.hasStarted ? 'restarted' : 'started', path, 0)
    this.hasStarted = true
    this.wake(cause)
    this.settle(root, failure, undefined, flush, cause)
  }

  private wake(cause: Cause): void {
    const { wake } = this.spec
    if (!wake || this.wakeMail || this.isWakePoisoned) return
    this.wakeMail = { event: wake, from: undefined, cause, timer: undefined, crashes: 0 }
    this.mailbox.putFirst(this.wakeMail)
  }

  private handleNext(): void {
    const mail = this.mailbox.take()
    const { root, world } = this
    if (!mail || !root) return
    // Cancelled or set anew after it fired: it must not be heard of any more.
    if (mail.timer && !this.timers?.isArmed(mail.timer)) return
    const at = world.outbox.open(this)
    const event = mail.from === undefined ? { ...mail.event, at } : { ...mail.event, at, from: mail.from }
    const failure = attempt(() => root.send(event))
    const flush = world.outbox.close()
    world.counters.events += 1
    const cause = world.inspection.record('event', this.path, mail.cause, event, root.getSnapshot().value)
    this.settle(root, failure, mail, flush, cause)
  }

  // — commit ———————————————————————————————————————————————————————————————————————————————————

  private settle(
    root: XstateRoot,
    thrown: Error | undefined,
    mail: Mail | undefined,
    flush: Flush,
    cause: Cause,
  ): void {
    const snapshot: AnyMachineSnapshot = root.getSnapshot()
    const { journal } = this.world
    const failure = thrown ?? failureOf(snapshot, this.path)
    if (failure) this.crash(failure, mail)
    else if (flush.entries.length === 0) this.commit(mail, snapshot, flush.effects, cause)
    else if (!journal) this.crash(new InvariantError('INVARIANT_BROKEN', 'this system has no journal', this.path), mail)
    else this.launch({ mail, snapshot, effects: flush.effects, cause }, flush.entries, journal)
  }

  private launch(
    flight: Flight,
    entries: readonly JournalEntry[],
    journal: NonNullable<ActorSystemOptions['journal']>,
  ): void {
    this.flight = flight
    const failure = attempt(() => journal(entries, (result) => this.land(flight, result)))
    if (!failure) return
    this.world.log.error('actors.journal.failed', { path: this.path, detail: failure.message })
    this.land(flight, { ok: false, code: codeOf(failure), detail: failure.message })
  }

  private land(flight: Flight, result: Result<void>): void {
    // Answered twice, or ended while it was written.
    if (this.flight !== flight) return
    this.flight = undefined
    if (result.ok) this.commit(flight.mail, flight.snapshot, flight.effects, flight.cause)
    else this.bounce(flight, new InvariantError(result.code, result.detail, this.path))
    if (this.stopping && !this.stopping.isTold) this.end('stopped')
    this.world.ready(this)
  }

  /** The journal refused: no fault of the mail, so it is not counted against it. */
  private bounce({ mail }: Flight, failure: Error): void {
    if (mail) this.mailbox.putFirst(mail)
    if (this.state === 'running') this.fail(failure, mail)
  }

  private commit(mail: Mail | undefined, snapshot: AnyMachineSnapshot, effects: readonly Effect[], cause: Cause): void {
    this.committed = snapshot
    if (mail?.timer) this.timers?.settle(mail.timer)
    if (mail !== undefined && mail === this.wakeMail) this.wakeMail = undefined
    const failure = effects.length > 0 ? this.world.perform(this, effects, cause) : undefined
    if (this.state === 'ended') return
    if (snapshot.status === 'done') this.finish()
    else if (failure && this.state === 'running') this.fail(failure, undefined)
  }

  private finish(): void {
    this.goDown()
    if (this.stopping) this.end('stopped')
    else this.parent.childDone(this)
  }

  // — crash ————————————————————————————————————————————————————————————————————————————————————

  /** The machine threw on this mail, or at its start. */
  private crash(failure: Error, mail: Mail | undefined): void {
    if (mail) this.retryOrBury(mail)
    this.fail(failure, mail)
  }

  private retryOrBury(mail: Mail): void {
    mail.crashes += 1
    if (mail.crashes < crashesMax) {
      this.mailbox.putFirst(mail)
      return
    }
    this.world.deadLetter(this.path, mail.event.type, 'poison')
    if (mail.timer) this.timers?.settle(mail.timer)
    if (mail !== this.wakeMail) return
    this.isWakePoisoned = true
    this.wakeMail = undefined
  }

  private fail(failure: Error, mail: Mail | undefined): void {
    const { world, path } = this
    const code = codeOf(failure)
    world.counters.crashes += 1
    world.log.error('actors.cell.crashed', { path, code, detail: failure.message, event: mail?.event.type })
    world.inspection.record('crashed', path, mail?.cause ?? 0, mail?.event)
    this.goDown()
    if (this.stopping) this.end('crashed')
    else this.parent.childCrashed(this, { path, code, detail: failure.message })
  }

  /** xstate calls this. In a dispatch the snapshot says the same; outside of one, a stranger sent to the root directly. */
  error(failure: unknown): void {
    if (this.state === 'running' && !this.world.outbox.isOpenFor(this)) this.fail(asError(failure), undefined)
  }

  // — what its supervisor does with it —————————————————————————————————————————————————————————

  start(): void {
    if (this.state !== 'down') return
    this.state = 'starting'
    if (this.hasStarted) this.world.counters.restarts += 1
    this.world.ready(this)
  }

  halt(): void {
    if (this.stopping) this.end('stopped')
    else if (this.state !== 'ended') this.goDown()
  }

  stop(ended: () => void): void {
    if (this.state === 'ended') ended()
    else if (this.stopping) this.stopping.ended.push(ended)
    else this.beginStop(ended)
  }

  private beginStop(ended: () => void): void {
    const { shutdownEvent, shutdownMs = defaultShutdownMs } = this.spec
    const isTold = shutdownEvent !== undefined && this.state === 'running'
    this.stopping = { isTold, ended: [ended], deadline: undefined }
    if (!isTold && !this.flight) {
      this.end('stopped')
      return
    }
    this.stopping.deadline = this.world.clock.setTimer(shutdownMs, () => {
      this.world.log.warn('actors.cell.stopForced', { path: this.path, shutdownMs })
      this.end('stopped')
    })
    if (isTold) this.postOwn(shutdownEvent, undefined, 0)
  }

  end(why: ChildEnd): void {
    if (this.state === 'ended') return
    this.goDown()
    this.state = 'ended'
    this.timers?.cancelAll()
    this.stopping?.deadline?.cancel()
    this.buryAll()
    this.world.inspection.record('stopped', this.path, 0)
    this.world.ended(this, why)
    for (const ended of this.stopping?.ended ?? []) ended()
  }

  suspend(): void {
    this.isSuspended = true
  }

  resume(): void {
    this.isSuspended = false
    this.world.ready(this)
  }

  /** Snapshot, timers and mail stay. */
  private goDown(): void {
    this.state = this.state === 'ended' ? 'ended' : 'down'
    this.root?.stop()
    this.root = undefined
  }

  private buryAll(): void {
    const { mail: inFlight } = this.flight ?? {}
    this.flight = undefined
    if (inFlight) this.world.deadLetter(this.path, inFlight.event.type, 'stopped')
    for (let mail = this.mailbox.take(); mail; mail = this.mailbox.take()) {
      this.world.deadLetter(this.path, mail.event.type, 'stopped')
    }
  }
}
