// Where a message goes: to a cell here, to another node, or to the dead letters; never back into its sender as an error.
// `leader` is resolved where a message enters the system and written into it, so that two nodes with different opinions of
// who leads cannot pass it to and fro.
import type { Address, AddressParts } from '../protocol/address.ts'
import { formatAddress, leaderNode, parseAddress } from '../protocol/address.ts'
import type { Envelope, Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'
import type { ActorSystemOptions, DeadLetter } from './actor-system.ts'
import type { LocalPath } from './effects.ts'
import type { Cause, Inspection } from './inspection.ts'
import type { SendOptions } from './outbox.ts'

/** The sender of what no cell sends. */
const systemPath = 'system'

export interface Letter {
  /** Absent when the embedder sends. */
  readonly from: Address | undefined
  readonly message: Message
  readonly options: SendOptions | undefined
  readonly cause: Cause
}

export interface RouterParts {
  readonly options: Pick<ActorSystemOptions, 'site' | 'node' | 'incarnation' | 'route' | 'leader' | 'log'>
  readonly inspection: Inspection
  deliverHere(path: LocalPath, letter: Letter): void
  /** The cell that is meant lived in a former life of this process. */
  deliverToFormer(path: LocalPath, letter: Letter): void
  deadLetter(to: string, type: string, why: DeadLetter['why']): void
}

export class Router {
  private readonly parts: RouterParts

  constructor(parts: RouterParts) {
    this.parts = parts
  }

  addressOf(path: LocalPath): Address {
    const { site, node, incarnation } = this.parts.options
    return formatAddress(site, node, path, incarnation)
  }

  /** False when it became a dead letter on the way; here it may still become one. */
  send(to: string, letter: Letter): boolean {
    if (!to.startsWith('bw://')) {
      this.parts.deliverHere(to, letter)
      return true
    }
    const address = parseAddress(to)
    return address ? this.sendTo(to, address, letter) : this.refuse(to, letter, 'unknown')
  }

  /** The node meant by an address of this site; undefined when nobody leads. */
  nodeOf({ site, node }: AddressParts): NodeId | undefined {
    const isLeaderHere = node === leaderNode && site === this.parts.options.site
    return isLeaderHere ? this.parts.options.leader?.() : node
  }

  isHere({ site }: AddressParts, node: NodeId): boolean {
    return node === this.parts.options.node && site === this.parts.options.site
  }

  isPresentLife({ incarnation }: AddressParts): boolean {
    return incarnation === undefined || incarnation === this.parts.options.incarnation
  }

  /** With the node that `leader` stands for at present. */
  resolved({ site, path, incarnation }: AddressParts, node: NodeId): Address {
    return formatAddress(site, node, path, incarnation)
  }

  private sendTo(to: string, address: AddressParts, letter: Letter): boolean {
    const node = this.nodeOf(address)
    if (node === undefined) return this.refuse(to, letter, 'noRoute')
    if (!this.isHere(address, node)) return this.sendAway(this.resolved(address, node), node, letter)
    if (this.isPresentLife(address)) this.parts.deliverHere(address.path, letter)
    else this.parts.deliverToFormer(address.path, letter)
    return true
  }

  private sendAway(to: Address, node: NodeId, letter: Letter): boolean {
    const { from, message, options } = letter
    const cause = this.parts.inspection.idOf(letter.cause)
    const envelope: Envelope = {
      from: from ?? this.addressOf(systemPath),
      to,
      lane: options?.lane ?? 'normal',
      ...(options?.key !== undefined && { key: options.key }),
      ...(cause !== undefined && { cause }),
      body: message,
    }
    return this.route(envelope, node) || this.refuse(to, letter, 'noRoute')
  }

  private refuse(to: string, { message }: Letter, why: DeadLetter['why']): false {
    this.parts.deadLetter(to, message.type, why)
    return false
  }

  private route(envelope: Envelope, node: NodeId): boolean {
    const { route, log } = this.parts.options
    try {
      return route?.(envelope, node) === 'accepted'
    } catch (error) {
      log.error('actors.route.failed', { node, detail: String(error) })
      return false
    }
  }
}

export function letterOf({ from, lane, key, cause, body }: Envelope): Letter {
  const options: { lane: Lane; key?: string } = key === undefined ? { lane } : { lane, key }
  return { from, message: body, options, cause: cause ?? 0 }
}
