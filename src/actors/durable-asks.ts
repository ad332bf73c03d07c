// No epoch is asked for before it is on this master's own disk: no two of its lives ask for the same one.
import type { Answer, Failure } from '../ports/result.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'
import type { LeaseAsk } from '../protocol/pair.ts'

export interface DurableAsksParts {
  readonly agents: readonly NodeId[]
  /** Highest epoch that it asked for in any life. */
  readonly epochSeen: number
  /** Durable when it answers. */
  keepEpoch(epoch: number, kept: Answer<void>): void
  send(node: NodeId, message: Message): void
  /** Its disk fails: it cannot go on. */
  failed(failure: Failure): void
}

export class DurableAsks {
  private readonly parts: DurableAsksParts
  private keptEpoch: number

  constructor(parts: DurableAsksParts) {
    this.parts = parts
    this.keptEpoch = parts.epochSeen
  }

  /** To every board. @param isWanted still, when the epoch is durable */
  ask(ask: LeaseAsk, isWanted: () => boolean): void {
    const { agents, keepEpoch, failed, send } = this.parts
    const sendAll = () => {
      for (const agent of agents) send(agent, ask)
    }
    if (ask.epoch <= this.keptEpoch) {
      sendAll()
      return
    }
    keepEpoch(ask.epoch, (kept) => {
      if (!kept.ok) {
        failed(kept)
        return
      }
      this.keptEpoch = Math.max(this.keptEpoch, ask.epoch)
      if (isWanted()) sendAll()
    })
  }
}
