// Who wants to hear that whom ended. A watch is kept with both ends: here by the watcher, so that a lost link can be told, and
// at the target, so that its end can. Ended means for good or without its state: a restart from the snapshot is no end.
//
// Every watch ends in exactly one `actor.ended`: the entry is removed before the message is posted, and a message from
// another node counts only while its entry is there.
import type { Address } from '../protocol/address.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import type { LocalPath } from './effects.ts'

export type Ended = MessageOf<'actor.ended'>
export type EndedWhy = Ended['why']

export interface RemoteTarget {
  readonly node: NodeId
  readonly path: LocalPath
  readonly address: Address
}

export interface RemoteWatcher {
  readonly node: NodeId
  readonly address: Address
}

export interface DeathWatchParts {
  tellHere(watcher: LocalPath, target: Address, message: Ended): void
  tellThere(watcher: Address, target: Address, message: Ended): void
  addressOf(path: LocalPath): Address
}

/** Bound on what other nodes may make this one remember. */
const watchesFromMax = 65_536

interface WatchThere {
  readonly watcher: LocalPath
  readonly target: RemoteTarget
}

interface WatchFrom {
  readonly watcher: RemoteWatcher
  readonly path: LocalPath
}

export class DeathWatch {
  private readonly parts: DeathWatchParts
  /** Of a path here: who is told when it ends. */
  private readonly watchersOf = new Map<LocalPath, Set<LocalPath | WatchFrom>>()
  /** Of a watcher here: what it watches. */
  private readonly targetsOf = new Map<LocalPath, Set<LocalPath | WatchThere>>()
  /** Both by node, then by `<watcher> <path>`: for messages from there, and for the loss of the link. */
  private readonly watchesThere = new Map<NodeId, Map<string, WatchThere>>()
  private readonly watchesFrom = new Map<NodeId, Map<string, WatchFrom>>()
  private watchesFromCount = 0

  constructor(parts: DeathWatchParts) {
    this.parts = parts
  }

  watchHere(watcher: LocalPath, path: LocalPath, isAlive: boolean): void {
    if (isAlive) {
      entryOf(this.watchersOf, path, () => new Set()).add(watcher)
      entryOf(this.targetsOf, watcher, () => new Set()).add(path)
    } else this.tellHere(watcher, path, 'unknown')
  }

  /** True when the target's node is to be asked; false when it was asked before. */
  watchThere(watcher: LocalPath, target: RemoteTarget): boolean {
    const watches = entryOf(this.watchesThere, target.node, () => new Map())
    const key = keyOf(watcher, target.path)
    if (watches.has(key)) return false
    const watch: WatchThere = { watcher, target }
    watches.set(key, watch)
    entryOf(this.targetsOf, watcher, () => new Set()).add(watch)
    return true
  }

  /** Another node watches a path of this one. */
  watchFrom(watcher: RemoteWatcher, path: LocalPath, isAlive: boolean): void {
    const watches = entryOf(this.watchesFrom, watcher.node, () => new Map())
    const key = keyOf(watcher.address, path)
    if (watches.has(key)) return
    if (!isAlive || this.watchesFromCount >= watchesFromMax) {
      this.tellThere(watcher, path, 'unknown')
      return
    }
    const watch: WatchFrom = { watcher, path }
    watches.set(key, watch)
    this.watchesFromCount += 1
    entryOf(this.watchersOf, path, () => new Set()).add(watch)
  }

  unwatchFrom(watcher: RemoteWatcher, path: LocalPath): void {
    const watch = this.watchesFrom.get(watcher.node)?.get(keyOf(watcher.address, path))
    if (!watch) return
    this.forgetWatchFrom(watch)
    dropFrom(this.watchersOf, path, watch)
  }

  /** A cell of this process has ended. */
  endedHere(path: LocalPath, why: EndedWhy): void {
    const watchers = this.watchersOf.get(path)
    if (!watchers) return
    this.watchersOf.delete(path)
    for (const watcher of watchers) {
      if (typeof watcher === 'string') {
        dropFrom(this.targetsOf, watcher, path)
        this.tellHere(watcher, path, why)
      } else {
        this.forgetWatchFrom(watcher)
        this.tellThere(watcher.watcher, path, why)
      }
    }
  }

  /** A message from another node. False when nobody waits for it. */
  endedThere(watcher: LocalPath, node: NodeId, message: Ended): boolean {
    const watch = this.watchesThere.get(node)?.get(keyOf(watcher, message.path))
    if (watch) this.endThere(watch, message.why)
    return watch !== undefined
  }

  linkLost(node: NodeId): void {
    for (const watch of [...(this.watchesThere.get(node)?.values() ?? [])]) this.endThere(watch, 'link.lost')
    for (const { watcher, path } of [...(this.watchesFrom.get(node)?.values() ?? [])]) this.unwatchFrom(watcher, path)
    this.watchesThere.delete(node)
    this.watchesFrom.delete(node)
  }

  /** The watcher will not come back. Returns the targets elsewhere that are to be told. */
  forgetWatcher(watcher: LocalPath): RemoteTarget[] {
    const remote: RemoteTarget[] = []
    for (const target of this.targetsOf.get(watcher) ?? []) {
      if (typeof target === 'string') dropFrom(this.watchersOf, target, watcher)
      else {
        this.forgetWatchThere(target)
        remote.push(target.target)
      }
    }
    this.targetsOf.delete(watcher)
    return remote
  }

  watchers(): LocalPath[] {
    return [...this.targetsOf.keys()]
  }

  private endThere(watch: WatchThere, why: EndedWhy): void {
    const { watcher, target } = watch
    this.forgetWatchThere(watch)
    dropFrom(this.targetsOf, watcher, watch)
    this.parts.tellHere(watcher, target.address, { type: 'actor.ended', path: target.path, why })
  }

  private forgetWatchThere({ watcher, target }: WatchThere): void {
    this.watchesThere.get(target.node)?.delete(keyOf(watcher, target.path))
  }

  private forgetWatchFrom({ watcher, path }: WatchFrom): void {
    if (this.watchesFrom.get(watcher.node)?.delete(keyOf(watcher.address, path))) this.watchesFromCount -= 1
  }

  private tellHere(watcher: LocalPath, path: LocalPath, why: EndedWhy): void {
    this.parts.tellHere(watcher, this.parts.addressOf(path), { type: 'actor.ended', path, why })
  }

  private tellThere(watcher: RemoteWatcher, path: LocalPath, why: EndedWhy): void {
    this.parts.tellThere(watcher.address, this.parts.addressOf(path), { type: 'actor.ended', path, why })
  }
}

function keyOf(watcher: string, path: LocalPath): string {
  return `${watcher} ${path}`
}

function entryOf<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = create()
    map.set(key, value)
  }
  return value
}

function dropFrom<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const values = map.get(key)
  if (values?.delete(value) && values.size === 0) map.delete(key)
}
