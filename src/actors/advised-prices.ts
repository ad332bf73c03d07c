// R36: advice says what it would cost. A move into a group is priced at the level that its blade would be of.

import { pricesOf } from '../accounts/invoice.ts'
import type { Ledger } from '../accounts/ledger.ts'
import { levelAt } from '../accounts/meter.ts'
import { moneyText } from '../accounts/money.ts'
import { levelNames } from '../accounts/sla-terms.ts'
import type { PlanInput } from '../decision/plan-input.ts'
import type { PlannedMove } from '../decision/plan-result.ts'
import { accountOf } from '../protocol/ids.ts'
import type { Reason } from '../protocol/messages.ts'
import { roleKeyOf } from './plan-picture.ts'

/** As decided, each with its price among the reasons. */
export function priced(moves: readonly PlannedMove[], { blades }: PlanInput, ledger: Ledger): readonly PlannedMove[] {
  const held = new Map<string, number>()
  for (const { group, role, lifecycle } of blades)
    if (group !== null && role !== null && lifecycle === 'joined') {
      const item = roleKeyOf(group, role)
      held.set(item, (held.get(item) ?? 0) + 1)
    }
  return moves.map((move) => {
    if (move.to.kind !== 'group') return move
    const item = roleKeyOf(move.to.group, move.to.role)
    const count = (held.get(item) ?? 0) + 1
    held.set(item, count)
    const price = priceReason(ledger, item, count)
    return price === undefined ? move : { ...move, why: [...move.why, price] }
  })
}

function priceReason(ledger: Ledger, item: string, count: number): Reason | undefined {
  const terms = ledger.termsOf(accountOf(item))
  const levels = ledger.levelsOf(item)
  const prices = terms && pricesOf(terms, item)
  if (terms === undefined || levels === undefined || prices === undefined) return undefined
  const level = levelNames[levelAt(count, levels)] ?? 'extension'
  const isEntry = level !== 'committed' && levelAt(count - 1, levels) < levelAt(count, levels)
  const fee = isEntry ? `, and ${moneyText(Math.round(prices.entry), terms.currency)} to enter it` : ''
  const perHour = prices[level]
  const text = `as blade ${count} of ${item} it costs ${moneyText(Math.round(perHour), terms.currency)} an hour, of the ${level} level${fee}`
  return { code: 'PRICE', text, numbers: { blade: count, perHour, entry: isEntry ? prices.entry : 0 } }
}
