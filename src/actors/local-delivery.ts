// A message that has reached its node: for a cell, for a question that waits, or for the system itself. What only the system
// may say (a link is up or lost, an actor has ended) is believed from nobody else.
import { type Address, type AddressParts, parseAddress } from '../protocol/address.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { DeadLetter } from './actor-system.ts'
import { type Asks, askPrefix } from './asks.ts'
import type { DeathWatch } from './death-watch.ts'
import type { LocalPath } from './effects.ts'
import type { Registry } from './registry.ts'
import type { Letter, RouterParts } from './router.ts'

export interface LocalDeliveryParts {
  readonly node: NodeId
  readonly registry: Registry
  readonly asks: Asks
  readonly deathWatch: DeathWatch
  isStopped(): boolean
  deadLetter(to: string, type: string, why: DeadLetter['why']): void
}

/** Who may answer a question, and who did. */
export function replierOf({ site, node, path }: Pick<AddressParts, 'site' | 'node' | 'path'>): string {
  return `${site}/${node}/${path}`
}

export function createLocalDelivery(parts: LocalDeliveryParts): Pick<RouterParts, 'deliverHere' | 'deliverToFormer'> {
  const { registry, asks, deathWatch } = parts

  /** False when nobody takes it. */
  function take(path: LocalPath, letter: Letter): boolean {
    const { message } = letter
    switch (message.type) {
      case 'link.up':
      case 'link.lost':
        return false
      case 'actor.watch':
        return watch(path, letter.from, message.watcher, registry.cell(path) !== undefined)
      case 'actor.unwatch':
        return unwatch(path, letter.from, message.watcher)
      case 'actor.ended': {
        const from = parse(letter.from)
        return from !== undefined && deathWatch.endedThere(path, from.node, message)
      }
      default:
        return path.startsWith(askPrefix) ? answer(path, letter) : toCell(path, letter)
    }
  }

  function toCell(path: LocalPath, { message, options, from, cause }: Letter): boolean {
    const cell = registry.cell(path)
    cell?.post(options?.lane ?? 'normal', message, from, cause, options?.key)
    return cell !== undefined
  }

  function answer(path: LocalPath, { message, from }: Letter): boolean {
    const replier = parse(from)
    return replier !== undefined && asks.offer(path, replierOf(replier), message)
  }

  function watch(path: LocalPath, from: Address | undefined, address: Address, isAlive: boolean): boolean {
    const watcher = watcherOf(from, address)
    if (watcher) deathWatch.watchFrom({ node: watcher.node, address }, path, isAlive)
    return watcher !== undefined
  }

  function unwatch(path: LocalPath, from: Address | undefined, address: Address): boolean {
    const watcher = watcherOf(from, address)
    if (watcher) deathWatch.unwatchFrom({ node: watcher.node, address }, path)
    return watcher !== undefined
  }

  /** A node watches for itself only. */
  function watcherOf(from: Address | undefined, watcher: Address): AddressParts | undefined {
    const parsed = parse(watcher)
    return parsed && parsed.node === parse(from)?.node ? parsed : undefined
  }

  return {
    deliverHere(path, letter) {
      if (parts.isStopped()) parts.deadLetter(path, letter.message.type, 'stopped')
      else if (!take(path, letter)) parts.deadLetter(path, letter.message.type, 'unknown')
    },
    deliverToFormer(path, { from, message }) {
      // Whoever watches it must hear that it is gone: nothing else would ever say so.
      const isWatch = message.type === 'actor.watch' && watch(path, from, message.watcher, false)
      if (!isWatch) parts.deadLetter(path, message.type, 'incarnation')
    },
  }
}

function parse(address: Address | undefined): AddressParts | undefined {
  return address === undefined ? undefined : parseAddress(address)
}
