import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Answer } from './result.ts'

/** R06: which volumes a blade is attached to. State-setting and repeatable. */
export interface StorageSwitch {
  /** Errors: VOLUME_UNKNOWN, VOLUME_TAKEN (the blade holds another group's), VOLUME_FAILED. */
  attach(blade: BladeId, group: GroupId, volumes: readonly string[], answer: Answer<void>): void
  /** From all. */
  detach(blade: BladeId, answer: Answer<void>): void
  read(blade: BladeId, answer: Answer<{ group: GroupId | null; volumes: readonly string[] }>): void
}
