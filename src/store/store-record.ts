// What both stores agree on: which keys and values there can be, and how much is listed at once.
import { InvariantError } from '../errors.ts'

const listedDefault = 100
const listedMax = 1000

/** As JSON. A value that is none is a bug of whoever keeps it, who crashes. */
export function textOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new InvariantError('INVARIANT_BROKEN', `a store keeps JSON, not ${typeof value}`)
  return text
}

/** Half a surrogate pair would be written as another character, and two keys could become one. */
export function checkKey(table: string, key: string): void {
  if (!table.isWellFormed() || !key.isWellFormed())
    throw new InvariantError('INVARIANT_BROKEN', 'a table or key of a store is no Unicode text', table)
}

export function listedCount(limit = listedDefault): number {
  return Math.min(Math.max(1, Math.trunc(limit) || 1), listedMax)
}

/** For `transaction`, which does not nest: what would the inner one undo? */
export function createTransactionGuard(): (work: () => void) => void {
  let isInside = false
  return (work) => {
    if (isInside) throw new InvariantError('INVARIANT_BROKEN', 'transactions of a store do not nest')
    isInside = true
    try {
      work()
    } finally {
      isInside = false
    }
  }
}
