// The newest commands that boards say they obeyed. A command names the record that announced it, so a master whose journal ends before
// such a record has lost its memory, whatever its disk says.
import type { BoardVote } from '../protocol/pair.ts'

export class ObeyedOrders {
  /** Highest index, by epoch. */
  private readonly newest = new Map<number, number>()

  heard(votes: readonly BoardVote[]): void {
    for (const { lastOrder } of votes)
      this.newest.set(lastOrder.epoch, Math.max(lastOrder.index, this.newest.get(lastOrder.epoch) ?? 0))
  }

  /** @param since epoch in which an operator accepted a loss: what was obeyed before is forgiven */
  isBeyond(lastIndex: number, since: number): boolean {
    return this.highest(since) > lastIndex
  }

  highest(since: number): number {
    return Math.max(0, ...[...this.newest].filter(([epoch]) => epoch >= since).map(([, index]) => index))
  }
}
