// What a configuration promises to its accounts, as the ledger and admission read it.
import type { Capacity } from '../accounts/admission.ts'
import type { RoleTerms } from '../accounts/sla-terms.ts'
import type { Agreement } from '../actors/site-book.ts'
import type { AccountConfig, FarmConfig, RoleConfig } from './farm-config-schema.ts'
import { bladesOf, groupsOf, masterBladesOf } from './farm-layout.ts'

export function agreementsOf({ accounts }: FarmConfig): readonly Agreement[] {
  return accounts.map(agreementOf)
}

/** Blades that carry site masters serve nobody. */
export function capacityOf(config: FarmConfig): Capacity {
  const reserved = new Set(Object.values(masterBladesOf(config)))
  const blades: Record<string, number> = {}
  for (const { blade, boardType } of bladesOf(config))
    if (!reserved.has(blade)) blades[boardType] = (blades[boardType] ?? 0) + 1
  const roles = groupsOf(config).flatMap(({ group, roles: all }) =>
    all.map((role) => [`${group}/${role.id}`, role] as const),
  )
  const byItem = new Map<string, RoleConfig>(roles)
  return { ...config.admission, blades, boardTypesOf: (item) => byItem.get(item)?.boardTypes }
}

function agreementOf({ id, sla, groups }: AccountConfig): Agreement {
  const roles = groups.flatMap((group) => group.roles.map((role) => roleTermsOf(`${id}/${group.id}`, role)))
  return { account: id, terms: { ...sla, roles } as Agreement['terms'] }
}

function roleTermsOf(group: string, { id: role, committed, expansion, max, keeps, prices }: RoleConfig): RoleTerms {
  const extension = Math.max(0, max - committed - expansion)
  return { group, role, committed, expansion, extension, keeps, prices, combine: 'largest' }
}
