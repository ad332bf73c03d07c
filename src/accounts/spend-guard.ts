// What keeps a flood from becoming a bill (R37): how many blades a role may hold now, by its account's spend cap and growth-rate limit. The
// committed level is owed whatever it costs.
import { accountOf } from '../protocol/ids.ts'
import type { Reason } from '../protocol/messages.ts'
import { invoiceOf, pricesOf } from './invoice.ts'
import type { Ledger } from './ledger.ts'
import { costOf, moneyText } from './money.ts'

export interface HoldingCap {
  /** Blades. */
  readonly level: number
  readonly reason: Reason
}

const hourMs = 3_600_000

/**
 * @param heldNow what the role holds, those on their way included; asked only where there is a limit
 * @param now not before the ledger's last record
 */
export function holdingCap(ledger: Ledger, item: string, heldNow: () => number, now: number): HoldingCap | undefined {
  const account = accountOf(item)
  const terms = ledger.termsOf(account)
  const levels = ledger.levelsOf(item)
  if (terms === undefined || levels === undefined) return undefined
  if (terms.spendCap === undefined && terms.growthPerHour === undefined) return undefined
  const held = heldNow()
  return (
    spendCap(ledger, { item, account, held, now, terms, levels }) ??
    growthCap(ledger, { item, account, held, now, terms, levels })
  )
}

interface Role {
  readonly item: string
  readonly account: string
  readonly held: number
  readonly now: number
  readonly terms: NonNullable<ReturnType<Ledger['termsOf']>>
  readonly levels: NonNullable<ReturnType<Ledger['levelsOf']>>
}

/**
 * Growth ends when the period's bill, with what the committed levels cost until its end, has room for less than another hour of what is held
 * above them and one blade more; and where it has no room at all, only the committed level stays.
 */
function spendCap(ledger: Ledger, { item, account, held, now, terms, levels }: Role): HoldingCap | undefined {
  const bucket = ledger.periods(account).at(-1)
  if (bucket === undefined || terms.spendCap === undefined) return undefined
  const cap = Math.max(terms.spendCap, bucket.consentedTo ?? 0)
  const spent = invoiceOf(bucket, ledger.book, true).total
  const restMs = Math.max(0, Math.round(bucket.to - now))
  const owed = terms.roles.reduce((sum, role) => {
    const { committed = 0 } = ledger.levelsOf(`${role.group}/${role.role}`) ?? {}
    return sum + costOf(committed * restMs, role.prices.committed)
  }, 0)
  const prices = pricesOf(terms, item)
  const above = Math.max(0, held + 1 - levels.committed)
  const nextHour = costOf(above * hourMs, Math.max(prices?.expansion ?? 0, prices?.extension ?? 0))
  const numbers = { spendCap: cap, spent, owed, nextHour }
  const [capText, spentText] = [moneyText(cap, terms.currency), moneyText(spent + owed, terms.currency)]
  const text = `${account} has spent or owes ${spentText} of its ${capText} this period: consent is needed for more`
  const reason: Reason = { code: 'SPEND_CAP', text, numbers }
  if (spent + owed >= cap) return { level: levels.committed, reason }
  return spent + owed + nextHour > cap ? { level: Math.max(held, levels.committed), reason } : undefined
}

function growthCap(ledger: Ledger, { account, held, now, terms, levels }: Role): HoldingCap | undefined {
  const { growthPerHour } = terms
  if (growthPerHour === undefined) return undefined
  const grown = ledger.grownBy(account, now)
  const text = `requests of ${account} added ${grown} blades within an hour, of ${growthPerHour} that it agreed to`
  const level = Math.max(levels.committed, held + Math.max(0, growthPerHour - grown))
  return { level, reason: { code: 'GROWTH_LIMIT', text, numbers: { grown, growthPerHour } } }
}
