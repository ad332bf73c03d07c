// Who is asked first for a blade: roles that offer, then from the lowest priority, then from who has most above its commitment. The order is
// kept, and corrected where a decision changed it.
import type { RoleBook } from './plan-books.ts'

export interface Giver {
  readonly book: RoleBook
  /** 0 it offers, 1 it does not. */
  readonly offers: number
  /** Above its commitment. */
  readonly surplus: number
}

export interface GiverOrder {
  givers(): readonly Giver[]
  /** What it holds or serves with has changed. */
  touch(book: RoleBook): void
}

/** @param look what a role offers and has above its commitment, as it is now */
export function orderGivers(
  books: readonly RoleBook[],
  look: (book: RoleBook) => { readonly offered: number; readonly surplus: number },
): GiverOrder {
  let order: Giver[] | undefined
  const known = new Map<RoleBook, Giver>()
  const touched = new Set<RoleBook>()

  function giverOf(book: RoleBook): Giver {
    const { offered, surplus } = look(book)
    const giver = { book, offers: offered > 0 ? 0 : 1, surplus }
    known.set(book, giver)
    return giver
  }

  return {
    givers() {
      order ??= books.map(giverOf).sort(byTurn)
      for (const book of touched) {
        const before = known.get(book)
        if (before) order.splice(placeOf(order, before), 1)
        const after = giverOf(book)
        order.splice(placeOf(order, after), 0, after)
      }
      touched.clear()
      return order
    },
    touch: (book) => order && touched.add(book),
  }
}

function byTurn(a: Giver, b: Giver): number {
  return (
    a.offers - b.offers ||
    a.book.role.priority - b.book.role.priority ||
    b.surplus - a.surplus ||
    (a.book.key < b.book.key ? -1 : 1)
  )
}

/** Where it is, or would be. */
function placeOf(order: readonly Giver[], giver: Giver): number {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = order[middle]
    if (other && other !== giver && byTurn(other, giver) < 0) low = middle + 1
    else high = middle
  }
  return low
}
