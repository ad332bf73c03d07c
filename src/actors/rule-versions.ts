// The fuzzy rules of a site, every version that was in force (R23, R30). The newest counts. As agreements, what the file says becomes a version
// when the file says something new, so that a restart does not undo what an operator changed since.
import { z } from 'zod'
import type { Effects, JournalEntry } from './effects.ts'

export const rulesCharactersMax = 16_384
/** Of former ones, so many are kept to go back to. */
const versionsKept = 20

export const rulesSet = z.object({
  type: z.literal('rules.set'),
  /** From 1, without gaps. */
  version: z.number().int().positive(),
  origin: z.enum(['file', 'operator', 'rollback']),
  text: z.string().max(rulesCharactersMax),
})
export type RulesVersion = Omit<z.output<typeof rulesSet>, 'type'>

/** Oldest first. */
export type RulesVersions = RulesVersion[]

export function noteVersion(versions: RulesVersions, { version, origin, text }: RulesVersion): void {
  versions.push({ version, origin, text })
  // The last one of the file says whether the file is new.
  const last = versions.findLast((one) => one.origin === 'file')
  const dropped = versions.findIndex((one, i) => i < versions.length - versionsKept && one !== last)
  if (dropped !== -1) versions.splice(dropped, 1)
}

/** Durable before it takes effect. */
export function setRules(effects: Effects, versions: RulesVersions, next: Omit<RulesVersion, 'version'>): void {
  const version = (versions.at(-1)?.version ?? 0) + 1
  effects.journal({ type: 'rules.set', version, ...next } as JournalEntry)
  noteVersion(versions, { version, ...next })
  effects.publish({ type: 'rules.set', at: effects.now, version, origin: next.origin })
}

export function noteFileRules(effects: Effects, versions: RulesVersions, text: string): void {
  const before = versions.findLast(({ origin }) => origin === 'file')
  if (before?.text !== text) setRules(effects, versions, { origin: 'file', text })
}
