// Which roles have reached their level of the start once: from then on it is asked for no more.
import type { PlanInput } from '../decision/plan-input.ts'
import type { Effects } from './effects.ts'
import { roleKeyOf } from './plan-picture.ts'
import { bookRole, type SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'

export function noteInitialised(
  effects: Effects,
  { book, memory }: { readonly book: SiteBook; readonly memory: SiteMemory },
  { roles, blades }: PlanInput,
): void {
  for (const { group, role, initialised } of roles) {
    if (initialised) continue
    const joined = blades.filter((one) => one.group === group && one.role === role && one.lifecycle === 'joined').length
    const initial = bookRole(book, group, role)?.initial
    if (initial === undefined || joined < initial) continue
    const key = roleKeyOf(group, role)
    memory.initialised.add(key)
    effects.journal({ type: 'role.initialised', role: key })
  }
}
