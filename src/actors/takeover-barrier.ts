// Until no command of a former leader can reach a board any more (P10): what couples several boards waits for that. Either every board has
// accepted the new epoch, and refuses older ones, or time has passed: the boards' leases, and the longest way of a command.
import type { BladeId } from '../protocol/ids.ts'

/** D: a command of a former leader may still be on its way for so long. */
const commandAgeMaxMs = 2_000
/** Of a board's clock. */
const driftMax = 1.02

export class TakeoverBarrier {
  private readonly boards: readonly BladeId[]
  private readonly leaseMs: number
  /** Those that granted their lease in this epoch. */
  private readonly granted = new Set<BladeId>()
  private wonAt = 0

  constructor(boards: readonly BladeId[], leaseMs: number) {
    this.boards = boards
    this.leaseMs = leaseMs
  }

  newEpoch(): void {
    this.granted.clear()
  }

  won(now: number): void {
    this.wonAt = now
  }

  grantedBy(board: BladeId): void {
    this.granted.add(board)
  }

  isOver(now: number): boolean {
    const isOldGone = now >= this.wonAt + this.leaseMs * driftMax + commandAgeMaxMs
    return isOldGone || this.boards.every((board) => this.granted.has(board))
  }
}
