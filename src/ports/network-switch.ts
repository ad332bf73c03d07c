import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Answer } from './result.ts'

/** R05: which networks a blade is on. A blade is on one group's networks at most. State-setting and repeatable. */
export interface NetworkSwitch {
  /** Leases an address on the group's front network. Errors: NETWORK_TAKEN (on another group's networks), NETWORK_UNKNOWN, BLADE_UNREACHABLE. */
  connect(blade: BladeId, group: GroupId, networks: readonly string[], answer: Answer<{ address: string }>): void
  /** Off every group's networks; open connections end. */
  disconnect(blade: BladeId, answer: Answer<void>): void
  read(
    blade: BladeId,
    answer: Answer<{ group: GroupId | null; networks: readonly string[]; address: string | null }>,
  ): void
}
