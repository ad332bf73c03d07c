// Which peers this process has a session with, and which cells want to know. Who subscribes hears at once of the links that
// are up, so it does not matter which came first.
import type { NodeId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import type { LocalPath } from './effects.ts'

type LinkMessage = MessageOf<'link.up'> | MessageOf<'link.lost'>

/** Bound of the message. */
const whyCharsMax = 128

export class Links {
  private readonly tell: (path: LocalPath, message: LinkMessage) => void
  private readonly subscribers = new Set<LocalPath>()
  private readonly incarnations = new Map<NodeId, number>()

  constructor(tell: (path: LocalPath, message: LinkMessage) => void) {
    this.tell = tell
  }

  subscribe(path: LocalPath): void {
    this.subscribers.add(path)
    for (const [peer, incarnation] of this.incarnations) this.tell(path, { type: 'link.up', peer, incarnation })
  }

  /** The path will not come back. */
  forget(path: LocalPath): void {
    this.subscribers.delete(path)
  }

  paths(): LocalPath[] {
    return [...this.subscribers]
  }

  incarnationOf(peer: NodeId): number | undefined {
    return this.incarnations.get(peer)
  }

  up(peer: NodeId, incarnation: number): void {
    this.incarnations.set(peer, incarnation)
    this.tellAll({ type: 'link.up', peer, incarnation })
  }

  lost(peer: NodeId, why: string): void {
    this.incarnations.delete(peer)
    this.tellAll({ type: 'link.lost', peer, why: why.slice(0, whyCharsMax) })
  }

  private tellAll(message: LinkMessage): void {
    for (const path of this.subscribers) this.tell(path, message)
  }
}
