// The picture that a weighing rests on, taken from the cells at one instant.
import type { AnyMachineSnapshot } from 'xstate'
import type { BladeLifecycle, PlanBlade, PlanInput, PlanRole, StandingWish } from '../decision/plan-input.ts'
import type { PlanMemory } from '../decision/plan-memory.ts'
import type { BladeContext } from '../machines/blade-machine.ts'
import type { GroupContext } from '../machines/group-machine.ts'
import type { MoveContext } from '../machines/move-machine.ts'
import type { BladeId, GroupId, MoveId, RoleId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import type { AgreedLevels } from './agreed-levels.ts'
import { bladePath, groupPath, movePath } from './paths.ts'
import type { BookGroup, BookRole, SiteBook } from './site-book.ts'
import type { SitePicture } from './site-picture.ts'

/** A wish that is not said again counts no more: its local decision is gone. */
const wishAgeMaxMs = 5_000
/** A board that answers and fits no state for so long holds a blade that nobody can use as it is. */
const unclearAfterMs = 5_000

export interface PlanPictureParts {
  readonly book: SiteBook
  readonly picture: SitePicture
  snapshot(path: string): AnyMachineSnapshot | undefined
  /** Moves that are dispatched and not seen by their blades yet. */
  readonly reserved: ReadonlyMap<BladeId, { readonly move: MoveId; readonly to: Placement }>
  readonly initialised: ReadonlySet<string>
  /** By the agreement in effect; undefined where none names the role. */
  levelsOf(group: GroupId, role: RoleId): AgreedLevels | undefined
  /** What its account's limits let the role hold now. */
  capOf(item: string, held: () => number): NonNullable<PlanRole['cap']> | null
}

export function planInput(parts: PlanPictureParts, memory: PlanMemory, decidedIndex: number, now: number): PlanInput {
  const blades = parts.book.blades.flatMap(({ blade }) => planBlade(parts, blade) ?? [])
  const roles = parts.book.groups.flatMap((group) =>
    group.roles.map((role) => planRole(parts, group, role, blades, now)),
  )
  return { blades, roles, limits: parts.book.limits, memory, decidedIndex }
}

export function roleKeyOf(group: GroupId, role: RoleId): string {
  return `${group}/${role}`
}

function planBlade(parts: PlanPictureParts, blade: BladeId): PlanBlade | undefined {
  const snapshot = parts.snapshot(bladePath(blade))
  if (snapshot === undefined) return undefined
  const context = snapshot.context as BladeContext
  const { boardType, cabinet, group, role, preparedFor, cordoned, hasReceipt, since, reachable } = context
  const found = snapshot.value as BladeLifecycle
  // A board that has not promised this epoch takes no command yet: it is asked again until it does.
  const isGranted = parts.picture.statusOf(blade)?.promisedEpoch === parts.picture.epoch
  const reserved = parts.reserved.get(blade)
  const inMove = context.move === null ? (reserved ?? null) : { move: context.move, to: targetOf(parts, context.move) }
  const isUnclear = found === 'unknown' && reachable && inMove === null && isHeardLong(parts, blade)
  const lifecycle = isUnclear ? 'failed' : found
  return {
    blade,
    boardType,
    cabinet,
    lifecycle,
    group,
    role,
    preparedFor,
    inMove,
    cordoned,
    hasReceipt,
    since,
    reachable: reachable && isGranted,
    silent: !reachable,
  }
}

function isHeardLong({ picture }: PlanPictureParts, blade: BladeId): boolean {
  const first = picture.firstHeardAt(blade)
  const last = picture.heardAt(blade)
  return first !== undefined && last !== undefined && last - first >= unclearAfterMs
}

function targetOf({ snapshot }: PlanPictureParts, move: MoveId): Placement {
  const found = snapshot(movePath(move))
  return found === undefined ? { kind: 'cold' } : (found.context as MoveContext).to
}

function planRole(
  { picture, snapshot, initialised, levelsOf, capOf }: PlanPictureParts,
  group: BookGroup,
  role: BookRole,
  blades: readonly PlanBlade[],
  now: number,
): PlanRole {
  const context = snapshot(groupPath(group.group))?.context as GroupContext | undefined
  const said = context?.wishes[role.role]
  const wish: StandingWish | null = said !== undefined && now - said.at <= wishAgeMaxMs ? said : null
  const item = roleKeyOf(group.group, role.role)
  const { keeps = 0, guaranteed = 0, ...agreed } = { ...role, ...levelsOf(group.group, role.role) }
  const counts = () => countsOf(blades, group.group, role.role)
  const levels = picture.isSuspended(item, now) ? capped(agreed, counts()) : agreed
  const expansion = Math.max(0, Math.min(guaranteed, levels.max) - levels.committed)
  return {
    group: group.group,
    role: role.role,
    boardTypes: role.boardTypes,
    committed: levels.committed,
    initial: levels.initial,
    ...(expansion > 0 && { expansion }),
    max: levels.max,
    ...(keeps > 0 && { keeps }),
    cap: capOf(item, () => counts().held),
    warm: levels.warm,
    priority: group.priority,
    operatorHeld: context?.held ?? false,
    initialised: initialised.has(roleKeyOf(group.group, role.role)),
    wish,
  }
}

/** A role whose blades do not come up takes no more for a while: a bad image must not eat the pool. What it has, it keeps. */
function capped(role: BookRole, { held, warm }: { held: number; warm: number }) {
  const atMost = (level: number) => Math.min(level, held)
  return {
    committed: atMost(role.committed),
    initial: atMost(role.initial),
    max: atMost(role.max),
    warm: Math.min(role.warm, warm),
  }
}

function countsOf(blades: readonly PlanBlade[], group: GroupId, role: RoleId): { held: number; warm: number } {
  let held = 0
  let warm = 0
  for (const blade of blades) {
    const to = blade.inMove?.to
    const isTarget = to !== undefined && to.kind !== 'cold' && to.group === group && to.role === role
    if (to !== undefined) {
      if (isTarget && to.kind === 'group') held += 1
      if (isTarget && to.kind === 'warm') warm += 1
    } else if (blade.group === group && blade.role === role && blade.lifecycle === 'joined') held += 1
    else if (blade.preparedFor === group && blade.role === role && blade.lifecycle === 'warm') warm += 1
  }
  return { held, warm }
}
