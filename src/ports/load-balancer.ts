import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Member, MemberReport } from '../protocol/messages.ts'
import type { Answer } from './result.ts'

/**
 * R10: sends a group's requests to its members. It takes whole lists; versions and their fence belong to the balancer's gate above it.
 * A member in state `draining` gets no new request; its requests in flight finish. A member that is no longer listed is cut off.
 */
export interface LoadBalancer {
  apply(group: GroupId, members: readonly Member[], answer: Answer<void>): void
  /** What is in force. */
  read(group: GroupId): readonly Member[]
  inFlight(group: GroupId, blade: BladeId): number
  /** Called when a draining member's last request in flight ended (at once when there is none). */
  onDrained(listener: (group: GroupId, blade: BladeId) => void): void
  /** Counts since the last call, then starts anew. */
  takeReport(group: GroupId): { arrived: number; refused: number; members: readonly MemberReport[] }
  close(closed: () => void): void
}
