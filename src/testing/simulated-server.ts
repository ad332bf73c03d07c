import type { BootIdentity } from '../protocol/board.ts'
import type { BulkOutcome } from './simulated-service.ts'

/** How a simulated balancer or load source reaches simulated blades: by leased address, on the virtual clock. */
export interface SimulatedServer {
  /**
   * One request. `refused` = 503 from a full queue; `failed` = connection lost (powered off, killed, cut off); `unreachable` = nobody listens
   * there, known at once and safe to send elsewhere. Answers exactly once, after the blade's own queueing and service time.
   */
  submit(address: string, finished: (outcome: 'ok' | 'refused' | 'failed' | 'unreachable') => void): void
  identityAt(address: string): BootIdentity | undefined
}

export interface BulkServer extends SimulatedServer {
  /** So many requests over a period that has passed; undefined when nobody listens there. */
  submitInBulk(address: string, count: number, periodMs: number): BulkOutcome | undefined
}
