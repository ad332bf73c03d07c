// What the demonstration's script sees and touches of a farm: a simulated one or one of processes.
import type { Clock } from '../../ports/clock.ts'
import type { Answer } from '../../ports/result.ts'
import type { BladeId, GroupId } from '../../protocol/ids.ts'
import type { MessageOf } from '../../protocol/messages.ts'
import type { FarmEvent } from '../../runtime/farm-control.ts'
import type { BladeStatus, FarmStatus, MoveRecord } from '../../runtime/farm-status.ts'

export interface DemoWorld {
  readonly clock: Clock
  subscribe(listener: (event: FarmEvent) => void): () => void
  status(answer: Answer<FarmStatus>): void
  explain(move: string, answer: Answer<MoveRecord>): void
  /** SIGKILL, or what stands for it. */
  kill(blade: BladeStatus): void
  setRate(account: string, ratePerSecond: number): void
  load(answer: Answer<MessageOf<'load.report'>>): void
  /** What the balancer publishes. */
  lists(answer: Answer<readonly { readonly group: GroupId; readonly blades: readonly BladeId[] }[]>): void
}
