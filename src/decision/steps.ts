// Which steps a move has. The order is always that of R03; what varies is where the blade starts and where it is to end.
//
// A move is leaving, cleaning, becoming and entering, and each part is there or not:
//   leaving   drain, unjoin, disconnect, powerOff   a member of a group; a lost blade has nothing left to drain;
//             powerOff                              a blade that runs for somebody else than the target
//   cleaning  scrub, verifyScrub                    unless the blade stays with its own group (repair, change of role), or a
//                                                   receipt exists and nothing was booted since, or it is warm for the target
//   becoming  setPointers … verifyIdentity          attaches volumes only when it is to enter: a warm blade has no data
//   entering  connectNetwork, probe, join
// A blade that goes from its group to warm for that group is scrubbed too: warm means without the account's data (R18).
import type { MoveStep } from '../protocol/board.ts'
import type { GroupId, RoleId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'

export interface StepsInput {
  /** Where the blade is: a member (also a failed one), warm in the pool, or cold. */
  readonly from: 'group' | 'warm' | 'cold'
  /** Whose member it is or for whom it is warm. */
  readonly group: GroupId | null
  readonly role: RoleId | null
  readonly to: Placement
  /** Scrubbed since its last group; of a warm blade: before it was prepared. */
  readonly hasReceipt: boolean
  /** It stopped by itself. */
  readonly lost: boolean
}

const cleaning: readonly MoveStep[] = ['scrub', 'verifyScrub']
const starting: readonly MoveStep[] = ['powerOn', 'boot', 'verifyIdentity']
const entering: readonly MoveStep[] = ['connectNetwork', 'probe', 'join']

/** Empty when the blade is where it is to be. */
export function stepsOf(input: StepsInput): MoveStep[] {
  const { to } = input
  if (isReadyFor(input)) return to.kind === 'group' ? ['attachVolumes', 'verifyIdentity', ...entering] : []
  const scrubs = needsScrub(input)
  const away = [...leavingSteps(input, scrubs), ...(scrubs ? cleaning : [])]
  if (to.kind === 'cold') return away
  if (to.kind === 'warm') return [...away, 'setPointers', ...starting]
  return [...away, 'setPointers', 'attachVolumes', ...starting, ...entering]
}

/**
 * The way out of a move whose step failed for good: wherever it stopped, the blade ends off, scrubbed and cold. No drain: it may
 * be what failed, and a way out must not wait for what broke.
 */
export function rollbackSteps(input: StepsInput): MoveStep[] {
  const mayBeMember = input.from === 'group' || input.to.kind === 'group'
  return [...(mayBeMember ? (['unjoin'] as const) : []), 'disconnect', 'powerOff', ...cleaning]
}

/** Warm for exactly the target, running, and of known history. */
function isReadyFor({ from, group, role, to, hasReceipt, lost }: StepsInput): boolean {
  return from === 'warm' && !lost && hasReceipt && to.kind !== 'cold' && to.group === group && to.role === role
}

function needsScrub({ from, group, to, hasReceipt }: StepsInput): boolean {
  if (from === 'cold') return !hasReceipt
  const staysWithItsGroup = to.kind !== 'cold' && to.group === group
  if (!staysWithItsGroup) return true
  return from === 'group' ? to.kind === 'warm' : !hasReceipt
}

function leavingSteps({ from, lost }: StepsInput, scrubs: boolean): MoveStep[] {
  if (from === 'group') return [...(lost ? [] : (['drain'] as const)), 'unjoin', 'disconnect', 'powerOff']
  if (from === 'warm') return ['powerOff']
  // Nobody knows what a blade without receipt is connected to, or whether it is off.
  return scrubs ? ['disconnect', 'powerOff'] : []
}
