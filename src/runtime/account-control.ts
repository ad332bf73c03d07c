// What operators ask about accounts, and agree with them. Agreements are checked against the farm before they are taken (R37).
import { type AuditReport, auditInSlices } from '../accounts/audit.ts'
import { type Invoice, invoiceOf } from '../accounts/invoice.ts'
import { Ledger } from '../accounts/ledger.ts'
import { type Recommendation, recommend } from '../accounts/recommend.ts'
import { differences, type SlaVersion } from '../accounts/sla-book.ts'
import { levelsOf, type SlaTerms, slaTerms } from '../accounts/sla-terms.ts'
import { type Agreed, admission } from '../actors/agreements.ts'
import { rulesCharactersMax } from '../actors/rule-versions.ts'
import type { SiteBook } from '../actors/site-book.ts'
import type { SiteMemory } from '../actors/site-memory.ts'
import { parseRules } from '../decision/fuzzy-rules.ts'
import type { Clock } from '../ports/clock.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { AccountRecords } from './account-records.ts'
import type { FarmControl, SlaAnswer, SlaProposal } from './farm-control.ts'

export interface AccountControlParts {
  readonly book: SiteBook
  readonly accounts: AccountRecords
  /** Of the one that leads. */
  readonly memory: Pick<SiteMemory, 'sla' | 'rules'>
  readonly clock: Clock
}

export type AccountControl = Pick<
  FarmControl,
  'sla' | 'setSla' | 'consent' | 'bill' | 'recommend' | 'audit' | 'rules' | 'setRules'
>

type Refusal = Extract<Result<never>, { ok: false }>

/** A page of the ledger takes milliseconds; the leader has other things to do between two. */
const auditPauseMs = 1

/**
 * @param refusal why nothing can be agreed with this master now
 * @param agree durable when it is answered
 */
export function createAccountControl(
  parts: AccountControlParts,
  refusal: () => Refusal | undefined,
  agree: (agreed: Agreed, answer: Answer<void>) => void,
): AccountControl {
  const { book, accounts, clock } = parts

  function unknown(account: string): Refusal | undefined {
    const names = book.agreements.map((one) => one.account)
    if (names.includes(account)) return undefined
    return { ok: false, code: 'ACCOUNT_UNKNOWN', detail: `${account}; there are ${names.join(', ')}` }
  }

  /** With the time since the last record. */
  function ledgerNow(): Ledger {
    const ledger = new Ledger(accounts.ledger().state())
    ledger.advance(clock.now())
    return ledger
  }

  function propose(account: string, proposal: SlaProposal): Result<{ version: SlaVersion; answer: SlaAnswer }> {
    const { sla } = parts.memory
    const now = Math.floor(clock.now())
    const terms = termsOf(parts, account, proposal)
    if (!terms.ok) return terms
    const effectiveAt = Math.floor(proposal.effectiveAt ?? now)
    if (effectiveAt < now) return invalid('from: an instant that is not in the past')
    const version: SlaVersion = {
      ...{ account, version: (sla.newest(account)?.version ?? 0) + 1, effectiveAt, terms: terms.value },
      origin: proposal.rollbackTo === undefined ? 'operator' : 'rollback',
    }
    const { refusals, shortage } = admission(book, sla, version, accounts.ledger(), now)
    const [first] = refusals
    if (first) return { ok: false, code: 'SLA_REFUSED', detail: first.detail }
    const changes = differences(sla.at(account, effectiveAt)?.terms, terms.value)
    return {
      ok: true,
      value: { version, answer: { account, version: version.version, effectiveAt, changes, shortage } },
    }
  }

  return {
    sla(account) {
      const { sla } = parts.memory
      const inEffect = sla.at(account, clock.now())?.version ?? 0
      return unknown(account) ?? { ok: true, value: { account, inEffect, versions: sla.versionsOf(account) } }
    },
    setSla(account, proposal, answer) {
      const refused = refusal() ?? unknown(account)
      if (refused) return answer(refused)
      const proposed = propose(account, proposal)
      if (!proposed.ok) return answer(proposed)
      const { version, answer: said } = proposed.value
      // Said again, because the answer was lost: it is so already.
      if (proposal.dryRun === true || said.changes.length === 0) return answer({ ok: true, value: said })
      agree({ kind: 'terms', version }, (done) => answer(done.ok ? { ok: true, value: said } : done))
    },
    consent(account, upTo, answer) {
      const refused = refusal() ?? unknown(account)
      if (refused) answer(refused)
      else agree({ kind: 'consent', account, upTo }, answer)
    },
    bill(account): Result<readonly Invoice[]> {
      const ledger = ledgerNow()
      const periods = ledger.periods(account)
      const invoices = periods.map((bucket, i) => invoiceOf(bucket, ledger.book, i === periods.length - 1))
      return unknown(account) ?? { ok: true, value: invoices }
    },
    recommend(account): Result<readonly Recommendation[]> {
      const ledger = ledgerNow()
      const roles = ledger.termsOf(account)?.roles ?? []
      const advice = roles.flatMap((role) => {
        const item = `${role.group}/${role.role}`
        return recommend({ item, levels: levelsOf(role), prices: role.prices, needed: ledger.neededBy(item) }) ?? []
      })
      return unknown(account) ?? { ok: true, value: advice }
    },
    rules: () => parts.memory.rules,
    setRules({ text, rollbackTo, dryRun = false }, answer) {
      const refused = refusal()
      if (refused) return answer(refused)
      const versions = parts.memory.rules
      const wanted = text ?? versions.find(({ version }) => version === rollbackTo)?.text
      if (wanted === undefined) return answer(wrongRules(`there is no version ${rollbackTo} of the rules`))
      if (wanted.length > rulesCharactersMax) return answer(wrongRules(`more than ${rulesCharactersMax} characters`))
      const parsed = parseRules(wanted)
      if (!parsed.ok) {
        const [first] = parsed.errors
        return answer(wrongRules(`line ${first?.line}, column ${first?.column}: ${first?.message}`))
      }
      const last = versions.at(-1)
      const isSame = last?.text === wanted
      const said = { version: (last?.version ?? 0) + (isSame ? 0 : 1), rules: parsed.rules.length }
      // Said again, because the answer was lost: it is so already.
      if (dryRun || isSame) return answer({ ok: true, value: said })
      const rules = { origin: text === undefined ? 'rollback' : 'operator', text: wanted } as const
      agree({ kind: 'rules', rules }, (done) => answer(done.ok ? { ok: true, value: said } : done))
    },
    audit(answer) {
      const { base, records } = accounts.sources()
      const slices = auditInSlices({ base, records, page: (after) => accounts.lines(after) })
      const next = () => {
        const { done, value } = slices.next()
        if (done) answer({ ok: true, value: value as AuditReport })
        else clock.setTimer(auditPauseMs, next)
      }
      next()
    },
  }
}

function termsOf(
  { memory }: AccountControlParts,
  account: string,
  { terms, rollbackTo }: SlaProposal,
): Result<SlaTerms> {
  if (rollbackTo !== undefined) {
    const former = memory.sla.versionsOf(account).find(({ version }) => version === rollbackTo)
    return former ? { ok: true, value: former.terms } : invalid(`there is no version ${rollbackTo} of ${account}`)
  }
  const parsed = slaTerms.safeParse(terms)
  if (!parsed.success) {
    const [first] = parsed.error.issues
    return invalid(`${first?.path.join('.') || 'terms'}: ${first?.message ?? 'not understood'}`)
  }
  const strange = parsed.data.roles.find(({ group }) => !group.startsWith(`${account}/`))
  return strange ? invalid(`roles: ${strange.group} is no group of ${account}`) : { ok: true, value: parsed.data }
}

function wrongRules(detail: string): Refusal {
  return { ok: false, code: 'RULES_INVALID', detail }
}

function invalid(detail: string): Refusal {
  return { ok: false, code: 'SLA_INVALID', detail }
}
