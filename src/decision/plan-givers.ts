// Who is asked first for a blade: roles that offer, then from the lowest priority, then from who has most above its commitment. The order is
// kept, and corrected where a decision changed it.
import type { RoleBook } from './plan-books.ts'

interface Giver {
  readonly book: RoleBook
  readonly offers: number
  readonly surplus: number
}

export interface GiverOrder {
  givers(): Iterable<RoleBook>
  /** What it holds or serves with has changed. */
  touch(book: RoleBook): void
}

/** @param look what a role offers and has above its commitment, as it is now */
export function orderGivers(
  books: readonly RoleBook[],
  look: (book: RoleBook) => { readonly offered: number; readonly surplus: number },
): GiverOrder {
  let order: Giver[] | undefined
  const touched = new Set<RoleBook>()

  function giverOf(book: RoleBook): Giver {
    const { offered, surplus } = look(book)
    return { book, offers: offered > 0 ? 0 : 1, surplus }
  }

  function inOrder(): Giver[] {
    if (order === undefined) return books.map(giverOf).sort(byTurn)
    if (touched.size === 0) return order
    const rest = order.filter(({ book }) => !touched.has(book))
    for (const book of touched) insert(rest, giverOf(book))
    return rest
  }

  return {
    *givers() {
      order = inOrder()
      touched.clear()
      for (const { book } of order) yield book
    },
    touch: (book) => touched.add(book),
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

function insert(order: Giver[], giver: Giver): void {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const other = order[middle]
    if (other && byTurn(other, giver) < 0) low = middle + 1
    else high = middle
  }
  order.splice(low, 0, giver)
}
