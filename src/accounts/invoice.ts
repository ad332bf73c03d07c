// An invoice of one period, from the ledger's totals and the agreements that were in effect, and nothing else (R33). Every line is exact
// unit-milliseconds times a price an hour, rounded once to hundredths, halves up; the total is the sum of the lines.
import type { Period } from './calendar.ts'
import type { Bucket, Total } from './meter.ts'
import { costOf, times } from './money.ts'
import type { SlaBook } from './sla-book.ts'
import type { Level } from './sla-terms.ts'

export interface InvoiceLine {
  /** `shop/web/front`, `shop:bandwidth` */
  readonly item: string
  readonly level: Level
  readonly what: 'hours' | 'entry' | 'credit'
  /** Of the agreement. */
  readonly version: number
  /** Blade-milliseconds (or Mbit/s-, GB-milliseconds); times entered; violated milliseconds. */
  readonly quantity: number
  /** Of hours: how many of them served. */
  readonly serving: number
  /** Hundredths an hour, a time, a minute. */
  readonly price: number
  /** Hundredths; a credit is negative. */
  readonly amount: number
}

export interface Invoice extends Period {
  readonly account: string
  readonly currency: string
  readonly isOpen: boolean
  readonly lines: readonly InvoiceLine[]
  /** Hundredths. */
  readonly total: number
}

type Prices = Readonly<Record<Level | 'entry', number>>

export function invoiceOf(bucket: Bucket, book: SlaBook, isOpen: boolean): Invoice {
  const { account, from, to } = bucket
  const versions = book.versionsOf(account)
  const lines = [...bucket.totals.values()]
    .toSorted((a, b) => (a.item < b.item ? -1 : a.item > b.item ? 1 : a.version - b.version))
    .flatMap((total) => linesOf(total, versions.find(({ version }) => version === total.version)?.terms))
  const currency = versions.findLast(({ version }) => lines.some((line) => line.version === version))?.terms.currency
  const total = lines.reduce((sum, { amount }) => sum + amount, 0)
  return { account, from, to, currency: currency ?? versions.at(-1)?.terms.currency ?? 'EUR', isOpen, lines, total }
}

type Terms = ReturnType<SlaBook['versionsOf']>[number]['terms']

function linesOf(
  { item, level, version, allocatedMs, servingMs, entries, violatedMs }: Total,
  terms?: Terms,
): InvoiceLine[] {
  const prices = terms && pricesOf(terms, item)
  const common = { item, level, version, serving: 0 }
  const lines: InvoiceLine[] = []
  if (allocatedMs > 0) {
    const price = prices?.[level] ?? 0
    const amount = costOf(allocatedMs, price)
    lines.push({ ...common, what: 'hours', quantity: allocatedMs, serving: servingMs, price, amount })
  }
  if (entries > 0) {
    const price = prices?.entry ?? 0
    lines.push({ ...common, what: 'entry', quantity: entries, price, amount: times(entries, price) })
  }
  const credit = level === 'extension' ? 0 : (terms?.credit[level] ?? 0)
  // A price a minute is sixty times as much an hour.
  if (violatedMs > 0 && credit > 0)
    lines.push({
      ...common,
      what: 'credit',
      quantity: violatedMs,
      price: credit,
      amount: -costOf(violatedMs, 60 * credit),
    })
  return lines
}

export function pricesOf(terms: Terms, item: string): Prices | undefined {
  const role = terms.roles.find((one) => `${one.group}/${one.role}` === item)
  if (role) return role.prices
  const resource = item.slice(item.indexOf(':') + 1)
  return resource === 'bandwidth' || resource === 'volume' ? terms[resource]?.prices : undefined
}
