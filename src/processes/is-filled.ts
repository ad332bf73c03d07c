// Whether a farm has reached what its configuration asks for.
import type { FarmStatus } from '../runtime/farm-status.ts'

/** Led, every committed level reached, every warm blade warm, and nothing under way. */
export function isFilled({ master, groups, blades, moves }: FarmStatus): boolean {
  const roles = groups.flatMap((group) => group.roles)
  const warm = roles.reduce((total, role) => total + role.warm, 0)
  return (
    master.state === 'leading' &&
    groups.length > 0 &&
    roles.every(({ committed, joined }) => joined >= committed) &&
    blades.filter(({ lifecycle }) => lifecycle === 'warm').length >= warm &&
    moves.length === 0
  )
}
