// `bladewright move <blade> <group>` (R36): an operator may do what the plan would not, but nothing that breaks a promise. What is
// merely unwise is said as a warning; the same answer serves the dry run.
import type { ErrorCode } from '../errors.ts'
import type { BladeId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import { roleKey } from './plan-books.ts'
import { heldBy, isAsking, isReserved, type PlanDraft, plannedMove, startDraft, surplusOf } from './plan-draft.ts'
import type { PlanBlade, PlanInput, PlanRole } from './plan-input.ts'
import { canCarry } from './plan-pool.ts'
import type { PlannedMove } from './plan-result.ts'

export type OperatorMoveCode = Extract<
  ErrorCode,
  | 'BLADE_UNKNOWN'
  | 'GROUP_UNKNOWN'
  | 'BLADE_BUSY'
  | 'BLADE_CORDONED'
  | 'BLADE_UNREACHABLE'
  | 'BLADE_UNSUITABLE'
  | 'COMMITMENT_BROKEN'
>

export type OperatorMoveCheck =
  | { readonly ok: true; readonly move: PlannedMove; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly code: OperatorMoveCode; readonly detail: string }

export function checkOperatorMove(input: PlanInput, blade: BladeId, to: Placement, now: number): OperatorMoveCheck {
  const found = input.blades.find((one) => one.blade === blade)
  if (found === undefined) return refuse('BLADE_UNKNOWN', blade)
  const draft = startDraft(input, now)
  const refusal = refusalOf(found, to) ?? refusalOfTarget(input, found, to) ?? refusalOfLeaving(draft, found, to)
  if (refusal !== undefined) return refusal
  const text = `an operator moves ${blade}`
  // Where it is to be is a state to be set: one that serves there already needs nothing.
  const isThere = servesAt(found, to)
  const move = plannedMove(found, to, 'operator', [{ code: 'OPERATOR', text, numbers: {} }])
  if (isThere) return { ok: true, move: { ...move, steps: [], rollback: [] }, warnings: [] }
  if (move.steps.length === 0 && to.kind !== 'cold') return refuse('BLADE_UNSUITABLE', `${blade} is there already`)
  return { ok: true, move, warnings: warningsOf(draft, found, to) }
}

function servesAt({ group, role, lifecycle }: PlanBlade, to: Placement): boolean {
  return lifecycle === 'joined' && to.kind === 'group' && to.group === group && to.role === role
}

type Refusal = Extract<OperatorMoveCheck, { ok: false }>

function refusalOf(blade: PlanBlade, to: Placement): Refusal | undefined {
  const name = blade.blade
  if (isReserved(blade)) return refuse('BLADE_UNSUITABLE', `${name} carries ${blade.carries}`)
  if (blade.inMove !== null) return refuse('BLADE_BUSY', `${name} is in ${blade.inMove.move}`)
  // Who drains a blade has often cordoned it first.
  if (blade.cordoned && to.kind !== 'cold') return refuse('BLADE_CORDONED', name)
  if (!blade.reachable || blade.lifecycle === 'unknown')
    return refuse('BLADE_UNREACHABLE', `the board of ${name} does not answer`)
  if (blade.lifecycle === 'quarantined') return refuse('BLADE_UNSUITABLE', `${name} is quarantined: release it first`)
  return undefined
}

function refusalOfTarget(input: PlanInput, blade: PlanBlade, to: Placement): Refusal | undefined {
  if (to.kind === 'cold') return undefined
  const role = roleAt(input, to.group, to.role)
  if (role === undefined) return refuse('GROUP_UNKNOWN', `${to.group} has no role ${to.role}`)
  if (!canCarry(role, blade))
    return refuse(
      'BLADE_UNSUITABLE',
      `${roleKey(role)} runs on ${role.boardTypes.join(', ')}, ${blade.blade} is ${blade.boardType}`,
    )
  return undefined
}

/** A failed blade serves nobody: moving it away breaks nothing. */
function refusalOfLeaving(draft: PlanDraft, blade: PlanBlade, to: Placement): Refusal | undefined {
  if (blade.group === null) return undefined
  const stays = to.kind === 'group' && to.group === blade.group && to.role === blade.role
  if (blade.base === true && !(to.kind === 'group' && to.group === blade.group))
    return refuse('BLADE_UNSUITABLE', `${blade.blade} is permanently cabled to ${blade.group}`)
  const role = roleAt(draft.input, blade.group, blade.role)
  if (role === undefined || stays || blade.lifecycle !== 'joined' || surplusOf(draft, role) > 0) return undefined
  return refuse('COMMITMENT_BROKEN', `${roleKey(role)} would fall below its committed level of ${role.committed}`)
}

function warningsOf(draft: PlanDraft, blade: PlanBlade, to: Placement): string[] {
  const warnings: string[] = []
  const { input, now } = draft
  const giver = blade.group === null ? undefined : roleAt(input, blade.group, blade.role)
  if (giver !== undefined && isAsking(draft, giver)) warnings.push(`${roleKey(giver)} asks for blades itself`)
  if (giver !== undefined && now - blade.since < input.limits.minResidenceMs)
    warnings.push(`${blade.blade} came to ${roleKey(giver)} only ${now - blade.since} ms ago`)
  if (blade.preparedFor !== null && !(to.kind !== 'cold' && to.group === blade.preparedFor))
    warnings.push(`${blade.blade} is kept warm for ${blade.preparedFor}`)
  const taker = to.kind === 'group' ? roleAt(input, to.group, to.role) : undefined
  if (taker !== undefined && heldBy(draft, taker) >= taker.max)
    warnings.push(`${roleKey(taker)} holds its maximum of ${taker.max} already`)
  for (const role of [giver, taker])
    if (role?.operatorHeld) warnings.push(`${roleKey(role)} is held: only operators change it`)
  return warnings
}

function roleAt(input: PlanInput, group: string, role: string | null): PlanRole | undefined {
  return input.roles.find((one) => one.group === group && one.role === role)
}

function refuse(code: OperatorMoveCode, detail: string): Refusal {
  return { ok: false, code, detail }
}
