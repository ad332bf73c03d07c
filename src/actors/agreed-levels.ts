// What each role is owed by the agreements in effect (R34), looked up by every weighing: worked out once for each version of an agreement.
import type { SlaBook } from '../accounts/sla-book.ts'
import { type Levels, levelsOf } from '../accounts/sla-terms.ts'
import { accountOf, type GroupId, type RoleId } from '../protocol/ids.ts'

export interface AgreedLevels extends Levels {
  /** Lending limit, in blades. */
  readonly keeps: number
}

interface OfVersion {
  readonly version: number
  readonly roles: ReadonlyMap<string, AgreedLevels>
}

export class AgreedRoles {
  private readonly known = new Map<string, OfVersion>()

  /** Undefined where no agreement names the role. */
  levelsOf(sla: SlaBook, group: GroupId, role: RoleId, now: number): AgreedLevels | undefined {
    const account = accountOf(group)
    const found = sla.at(account, now)
    if (found === undefined) return undefined
    const known = this.known.get(account)
    if (known?.version === found.version) return known.roles.get(`${group}/${role}`)
    const levels = found.terms.roles.map((one) => {
      return [`${one.group}/${one.role}`, { ...levelsOf(one), keeps: one.keeps }] as const
    })
    const fresh = { version: found.version, roles: new Map(levels) }
    this.known.set(account, fresh)
    return fresh.roles.get(`${group}/${role}`)
  }
}
