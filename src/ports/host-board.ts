import type { BootIdentity, BootPointers, Receipt } from '../protocol/board.ts'
import type { GroupId } from '../protocol/ids.ts'
import type { Answer } from './result.ts'

/**
 * The hardware *below* the agent, one blade: power, boot pointers, scrub, read. It decides nothing and fences nothing:
 * fence, votes and command records belong to the host-board actor above it (one implementation, real and simulated).
 * State-setting and repeatable: setting what is set answers `ok` and changes nothing.
 */
export interface HostBoard {
  readonly boardType: string
  /** Survives an agent's restart and power cycles. Error: IMAGE_UNKNOWN, IMAGE_DIGEST_MISMATCH, IMAGE_HAS_SYMLINK. */
  setPointers(pointers: BootPointers | null, answer: Answer<void>): void
  /** `bootId` names this boot and comes back in the blade's identity. Error: BOARD_NO_POINTERS, BOARD_POWER_FAILED. */
  powerOn(bootId: string, answer: Answer<void>): void
  /** Answers when the blade is verifiably off. */
  powerOff(answer: Answer<void>): void
  /** Asks the blade's own health check once. Error: BLADE_UNREACHABLE, BLADE_UNHEALTHY. */
  readIdentity(answer: Answer<BootIdentity>): void
  /** Removes everything the blade held (image, data, environment, logs, open connections). Only while off: BOARD_POWERED_ON. */
  scrub(answer: Answer<{ removed: readonly string[] }>): void
  /** Searches from outside the blade for the canary planted at power-on and for any remains. Error: SCRUB_INCOMPLETE. */
  verifyScrub(formerGroup: GroupId | 'unknown', answer: Answer<Receipt>): void
  /** What is, read now. */
  read(answer: Answer<HostBoardReading>): void
  /** Called when the blade stops by itself; never for a powerOff. */
  onLost(listener: () => void): void
  /** Leaves the blade running and lets go of it (an agent that stops). */
  close(): void
}

export interface HostBoardReading {
  readonly power: 'on' | 'off'
  readonly pid: number | null
  readonly pointers: BootPointers | null
  readonly bootId: string | null
  /** Share of one core since the last reading. */
  readonly cpuRatio: number
  readonly memoryBytes: number
  /** True when it is off although nobody powered it off. */
  readonly lost: boolean
}
