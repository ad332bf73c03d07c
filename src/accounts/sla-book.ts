// The SLA database (R30, R34): every version of every account's agreement, from when on it is in effect, and who set it. Versions are only
// added. In effect at an instant is the newest of those whose time has come: who edits last is right, and a rollback is an edit too.
import { z } from 'zod'
import { type SlaTerms, slaTerms } from './sla-terms.ts'

export const slaVersion = z.object({
  account: z.string().max(32),
  /** From 1, without gaps. */
  version: z.number().int().positive(),
  origin: z.enum(['file', 'operator', 'rollback']),
  /** ms since the epoch, not before it was set. */
  effectiveAt: z.number(),
  terms: slaTerms,
})
export type SlaVersion = z.output<typeof slaVersion>

/** As journalled. */
export const slaSet = z.object({ type: z.literal('sla.set'), ...slaVersion.shape })

/** So many are kept of an account; what is in effect or still to come is kept whatever its age. */
export const versionsKept = 100

export class SlaBook {
  private readonly accounts = new Map<string, SlaVersion[]>()

  constructor(versions: readonly SlaVersion[] = []) {
    for (const one of versions) this.add(one)
  }

  /** One that is there already, told again, changes nothing. */
  add(version: SlaVersion): void {
    const known = this.accounts.get(version.account) ?? []
    if (version.version > (known.at(-1)?.version ?? 0)) this.accounts.set(version.account, [...known, version])
  }

  /** Oldest first. */
  versionsOf(account: string): readonly SlaVersion[] {
    return this.accounts.get(account) ?? []
  }

  names(): readonly string[] {
    return [...this.accounts.keys()]
  }

  newest(account: string): SlaVersion | undefined {
    return this.versionsOf(account).at(-1)
  }

  at(account: string, at: number): SlaVersion | undefined {
    return this.versionsOf(account).findLast(({ effectiveAt }) => effectiveAt <= at)
  }

  /** Of all accounts, or of one: instants after `at` at which other terms take effect. */
  changesAfter(at: number, account?: string): readonly number[] {
    const names = account === undefined ? this.names() : [account]
    const instants = names.flatMap((name) => this.versionsOf(name).map(({ effectiveAt }) => effectiveAt))
    return [...new Set(instants)].filter((one) => one > at).sort((a, b) => a - b)
  }

  /** What is enough to go on with. */
  kept(at: number): readonly SlaVersion[] {
    return this.names().flatMap((name) => {
      const versions = this.versionsOf(name)
      const current = this.at(name, at)?.version ?? 0
      return versions.filter(
        ({ version, effectiveAt }, i) => i >= versions.length - versionsKept || version === current || effectiveAt > at,
      )
    })
  }
}

export interface Difference {
  /** `roles.0.committed` */
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

/** What an edit changes, leaf by leaf. */
export function differences(before: SlaTerms | undefined, after: SlaTerms): readonly Difference[] {
  const [old, young] = [leaves(before ?? {}), leaves(after)]
  return [...new Set([...old.keys(), ...young.keys()])]
    .filter((path) => old.get(path) !== young.get(path))
    .map((path) => ({ path, before: old.get(path) ?? null, after: young.get(path) ?? null }))
}

function leaves(value: unknown, path = '', found = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) found.set(path, value)
  else for (const [key, inner] of Object.entries(value)) leaves(inner, path === '' ? key : `${path}.${key}`, found)
  return found
}
