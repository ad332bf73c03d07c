// Agreements, as a leader keeps them: those of the configuration are written down when they are new to the journal, and what operators agree
// with accounts is written down before it takes effect.
import { admit } from '../accounts/admission.ts'
import type { Ledger } from '../accounts/ledger.ts'
import { differences, SlaBook, type SlaVersion } from '../accounts/sla-book.ts'
import type { Effects, JournalEntry } from './effects.ts'
import { type RulesVersion, setRules } from './rule-versions.ts'
import type { SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'

/** Of the configuration: a file that says what it said the last time changes nothing that was agreed since. */
export function noteFileTerms(effects: Effects, book: SiteBook, { sla }: SiteMemory): void {
  for (const { account, terms } of book.agreements) {
    const before = sla.versionsOf(account).findLast(({ origin }) => origin === 'file')
    if (before !== undefined && differences(before.terms, terms).length === 0) continue
    const version = (sla.newest(account)?.version ?? 0) + 1
    agree(effects, sla, { account, version, origin: 'file', effectiveAt: Math.floor(effects.now), terms })
  }
}

/** What an operator agreed, with an account or about the rules, checked; it waits for the master's next event. */
export type Agreed =
  | { readonly kind: 'terms'; readonly version: SlaVersion }
  | { readonly kind: 'rules'; readonly rules: Omit<RulesVersion, 'version'> }
  | { readonly kind: 'consent'; readonly account: string; readonly upTo: number }

export function noteAgreed(effects: Effects, { sla, rules }: SiteMemory, agreed: Agreed): void {
  if (agreed.kind === 'rules') {
    setRules(effects, rules, agreed.rules)
    return
  }
  if (agreed.kind === 'terms') {
    agree(effects, sla, agreed.version)
    return
  }
  const { account, upTo } = agreed
  effects.journal({ type: 'sla.consented', account, upTo })
  effects.publish({ type: 'sla.consented', at: effects.now, account, upTo })
}

function agree(effects: Effects, sla: SlaBook, version: SlaVersion): void {
  effects.journal({ type: 'sla.set', ...version } as JournalEntry)
  sla.add(version)
  const { account, origin, effectiveAt } = version
  effects.publish({ type: 'sla.set', at: effects.now, account, version: version.version, origin, effectiveAt })
}

/** What would come of it. */
export function admission(book: SiteBook, sla: SlaBook, version: SlaVersion, ledger: Ledger, now: number) {
  const versions = [...sla.names()].flatMap((name) => sla.versionsOf(name))
  const all = new SlaBook([...versions, version])
  return admit(all, book.capacity, now, (item) => ledger.neededBy(item))
}
