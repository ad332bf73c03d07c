// Puts the parts together. What is decided here is only who hears what; everything else is in the parts beside this file.
import { InvariantError } from '../errors.ts'
import { type Address, parseAddress } from '../protocol/address.ts'
import type { ActorCounters, ActorSystem, ActorSystemOptions } from './actor-system.ts'
import { Asks } from './asks.ts'
import { Cell } from './cell.ts'
import type { CellWorld } from './cell-world.ts'
import type { Child, Parent } from './child.ts'
import type { ChildSpec } from './child-spec.ts'
import { DeadLetters } from './dead-letters.ts'
import { DeathWatch } from './death-watch.ts'
import { Dispatcher } from './dispatcher.ts'
import type { LocalPath, PublicEvent } from './effects.ts'
import { Inspection } from './inspection.ts'
import { Links } from './links.ts'
import { createLocalDelivery, replierOf } from './local-delivery.ts'
import { Outbox } from './outbox.ts'
import { type EffectTargets, performEffects } from './perform-effects.ts'
import { Registry } from './registry.ts'
import { letterOf, Router } from './router.ts'
import { Supervisor, type SupervisorWorld } from './supervisor.ts'
import { Trees } from './trees.ts'

export function createActorSystem(options: ActorSystemOptions): ActorSystem {
  const { clock, random, log, node, site, journal } = options
  const counters: ActorCounters = { events: 0, deadLetters: 0, crashes: 0, restarts: 0, cells: 0 }
  let isStopped = false

  const inspection = new Inspection(node, clock, log)
  const letters = new DeadLetters(clock, log, counters)
  const deadLetter: CellWorld['deadLetter'] = (to, type, why) => letters.add(to, type, why)
  const outbox = new Outbox(clock)
  const dispatcher = new Dispatcher(clock)
  const registry = new Registry()
  const asks = new Asks(clock, log)
  const links = new Links((path, message) => registry.cell(path)?.postOwn(message, undefined, 0))
  const deathWatch = new DeathWatch({
    addressOf: (path) => router.addressOf(path),
    tellHere: (watcher, target, message) => registry.cell(watcher)?.postOwn(message, target, 0),
    tellThere: (watcher, target, message) => {
      router.send(watcher, { from: target, message, options: { lane: 'control' }, cause: 0 })
    },
  })
  const delivery = createLocalDelivery({ node, registry, asks, deathWatch, deadLetter, isStopped: () => isStopped })
  const router = new Router({ options, inspection, ...delivery, deadLetter })

  // — the tree —————————————————————————————————————————————————————————————————————————————————

  function create(spec: ChildSpec, path: LocalPath, parent: Parent): Cell | Supervisor {
    if (spec.kind === 'cell') registry.refuseUnaddressable(path, router.addressOf(path))
    const child =
      spec.kind === 'cell'
        ? new Cell(spec, path, parent, cellWorld)
        : new Supervisor(spec, path, parent, supervisorWorld)
    registry.add(child)
    counters.cells = registry.cellCount
    return child
  }

  function ended(child: Child): void {
    registry.remove(child)
    counters.cells = registry.cellCount
  }

  function forgotten(child: Child): void {
    const isBelow = (path: LocalPath) => path.startsWith(child.path === '' ? '' : `${child.path}/`)
    const paths =
      child.spec.kind === 'cell' ? [child.path] : [...links.paths(), ...deathWatch.watchers()].filter(isBelow)
    for (const path of paths) {
      links.forget(path)
      for (const { address } of deathWatch.forgetWatcher(path)) {
        const watcher = router.addressOf(path)
        const message = { type: 'actor.unwatch', watcher } as const
        router.send(address, { from: watcher, message, options: { lane: 'control' }, cause: 0 })
      }
    }
  }

  function publish(event: PublicEvent): void {
    try {
      options.onPublish?.(event)
    } catch (error) {
      log.error('actors.publish.failed', { event: event.type, detail: String(error) })
    }
  }

  const system: ActorSystem = {
    effects: outbox.effects,
    start: (tree) => trees.start(tree),
    spawn(path, child) {
      const supervisor = registry.supervisor(path)
      if (!supervisor) throw new InvariantError('INVARIANT_BROKEN', `no supervisor for child ${child.id}`, path)
      supervisor.spawn(child)
    },
    stopChild(path) {
      const child = registry.find(path)
      if (child) child.parent.stopChild(child)
      else for (const supervisor of registry.supervisorsAbove(path)) supervisor.withdraw(path)
    },
    deliver: (envelope) => {
      router.send(envelope.to, letterOf(envelope))
    },
    send(to, message, sendOptions) {
      router.send(to, { from: sendOptions?.from, message, options: sendOptions, cause: 0 })
    },
    tell: (to, event) => tell(to, event, 0),
    ask(to, question, answerType, deadlineMs, answer) {
      const path = asks.open(replier(to), answerType, deadlineMs, answer)
      const from = router.addressOf(path)
      router.send(to, { from, message: question, options: { lane: 'control' }, cause: 0 })
    },
    watch,
    linkLost(peer, why) {
      deathWatch.linkLost(peer)
      links.lost(peer, why)
    },
    linkUp(peer, incarnation) {
      // A new life of the peer knows nothing of the watches that the former one held.
      const former = links.incarnationOf(peer)
      if (former !== undefined && former !== incarnation) deathWatch.linkLost(peer)
      links.up(peer, incarnation)
    },
    subscribeLinks: (path) => links.subscribe(path),
    has: (path) => registry.cell(path) !== undefined,
    paths: (prefix = '') => registry.cellPaths(prefix),
    snapshot: (path) => registry.cell(path)?.snapshot,
    persistedSnapshot: (path) => registry.cell(path)?.persistedSnapshot,
    root: (path) => registry.cell(path)?.xstateRoot,
    suspend: (path) => registry.cell(path)?.suspend(),
    resume: (path) => registry.cell(path)?.resume(),
    waiting: (path) => registry.cell(path)?.waiting,
    inspect: (observer) => inspection.add(observer),
    counters: () => ({ ...counters }),
    deadLetters: () => letters.list(),
    stop(stopped) {
      trees.stop(() => {
        isStopped = true
        asks.stop()
        stopped()
      })
    },
  }

  // — messages —————————————————————————————————————————————————————————————————————————————————

  function tell(to: LocalPath, event: Parameters<ActorSystem['tell']>[1], cause: number | string): void {
    const cell = registry.cell(to)
    if (cell) cell.post('normal', event, undefined, cause)
    else deadLetter(to, event.type, isStopped ? 'stopped' : 'unknown')
  }

  /** Who may answer what is sent there; nobody when it leads nowhere. */
  function replier(to: string): string {
    const address = parseAddress(to)
    if (!address) return replierOf({ site, node, path: to })
    return replierOf({ ...address, node: router.nodeOf(address) ?? address.node })
  }

  function watch(watcher: LocalPath, target: Address | LocalPath): void {
    if (!registry.cell(watcher)) return
    const address = parseAddress(target)
    const targetNode = address && router.nodeOf(address)
    if (!address) deathWatch.watchHere(watcher, target, registry.cell(target) !== undefined)
    else if (targetNode === undefined) deathWatch.watchHere(watcher, address.path, false)
    else if (router.isHere(address, targetNode)) {
      const isAlive = router.isPresentLife(address) && registry.cell(address.path) !== undefined
      deathWatch.watchHere(watcher, address.path, isAlive)
    } else watchThere(watcher, { node: targetNode, path: address.path, address: router.resolved(address, targetNode) })
  }

  function watchThere(watcher: LocalPath, target: Parameters<DeathWatch['watchThere']>[1]): void {
    if (!deathWatch.watchThere(watcher, target)) return
    const from = router.addressOf(watcher)
    const message = { type: 'actor.watch', watcher: from } as const
    if (router.send(target.address, { from, message, options: { lane: 'control' }, cause: 0 })) return
    deathWatch.endedThere(watcher, target.node, { type: 'actor.ended', path: target.path, why: 'link.lost' })
  }

  const targets: EffectTargets = {
    log,
    send: (to, letter) => router.send(to, letter),
    tell,
    spawn: system.spawn,
    stop: system.stopChild,
    publish,
  }
  const cellWorld: CellWorld = {
    clock,
    log,
    outbox,
    inspection,
    counters,
    journal,
    deadLetter,
    addressOf: (path) => router.addressOf(path),
    ready: (cell) => dispatcher.ready(cell),
    perform: (cell, effects, cause) => performEffects(targets, cell, effects, cause),
    ended(cell, why) {
      ended(cell)
      deathWatch.endedHere(cell.path, why)
    },
  }
  const supervisorWorld: SupervisorWorld = { clock, random, log, create, ended, forgotten }
  const trees = new Trees({ log, create, forgotten, publish })
  return system
}
